"""The pages of patients and guests."""

from django.urls import include, path

from booking.views import (
    appointments,
    away,
    choosing,
    guests,
    holds,
    home,
    linked,
    offers,
    times,
    waiting,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("book/hold/<uuid:pk>/", holds.confirm, name="confirm"),
    path("book/hold/<uuid:pk>/release/", holds.release, name="release"),
    path("book/<slug:slug>/", times.times, name="times"),
    path("book/<slug:slug>/hold/", holds.hold, name="hold"),
    path("appointments/", appointments.appointments, name="appointments"),
    path("appointments/<uuid:pk>/", appointments.appointment, name="appointment"),
    path("appointments/<uuid:pk>/booked/", appointments.booked, name="booked"),
    path("appointments/<uuid:pk>/cancel/", appointments.cancel, name="cancel"),
    path("appointments/<uuid:pk>/move/", appointments.move, name="move"),
    path("appointments/<uuid:pk>/calendar.ics", appointments.calendar, name="calendar"),
    path("away/", away.away_list, name="away_list"),
    path("away/<int:pk>/", away.away, name="away"),
    path("away/<int:pk>/calls/", away.calls, name="away_calls"),
    path("away/<int:pk>/reassign/", away.reassign, name="away_reassign"),
    path("away/<int:pk>/propose/", away.propose_all, name="away_propose"),
    path("away/<int:pk>/visits/<int:affected_pk>/", away.deal, name="away_deal"),
    path("choose/<str:token>/", choosing.choose, name="choose"),
    path("waiting/new/<slug:slug>/", waiting.join, name="waiting_join"),
    path("waiting/<uuid:pk>/", waiting.entry, name="waiting"),
    path("waiting/<uuid:pk>/leave/", waiting.leave, name="waiting_leave"),
    path("offer/<str:token>/", offers.offer, name="offer"),
    path("request/<str:token>/", guests.guest_confirm, name="guest_confirm"),
    path("v/<str:token>/", linked.visit, name="visit"),
    path("v/<str:token>/move/", linked.move, name="visit_move"),
    path("v/<str:token>/calendar.ics", linked.calendar, name="visit_calendar"),
    path("", include("booking.doctor_urls")),
    path("", include("booking.family_urls")),
]
