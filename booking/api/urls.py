"""Addresses of the HTTP API. Ids are strings, so that an odd one is told of as a problem too."""

from django.urls import path

from booking.api import appointments, availability, catalogue, guests, holds, schema

urlpatterns = [
    path("api/v1/schema/", schema.SchemaView.as_view(), name="api-schema"),
    path("api/v1/docs/", schema.DocsView.as_view(), name="api-docs"),
    path("api/v1/visit-types", catalogue.VisitTypesView.as_view(), name="api-visit-types"),
    path("api/v1/doctors", catalogue.DoctorsView.as_view(), name="api-doctors"),
    path("api/v1/availability", availability.AvailabilityView.as_view(), name="api-availability"),
    path("api/v1/holds", holds.HoldsView.as_view(), name="api-holds"),
    path("api/v1/holds/<str:id>", holds.HoldView.as_view(), name="api-hold"),
    path("api/v1/appointments", appointments.AppointmentsView.as_view(), name="api-appointments"),
    path(
        "api/v1/appointments/<str:id>",
        appointments.AppointmentView.as_view(),
        name="api-appointment",
    ),
    path(
        "api/v1/appointments/<str:id>/cancel",
        appointments.CancelView.as_view(),
        name="api-appointment-cancel",
    ),
    path(
        "api/v1/appointments/<str:id>/reschedule",
        appointments.RescheduleView.as_view(),
        name="api-appointment-reschedule",
    ),
    path("appointment-slot", guests.PlacesView.as_view(), name="api-places"),
    path("appointment-slot/<str:id>", guests.PlaceView.as_view(), name="api-place"),
    path("book-appointment", guests.BookPlaceView.as_view(), name="api-book-place"),
]
