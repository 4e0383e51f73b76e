"""Several visits at once, and what a patient tells the clinic about one."""

from django.urls import path

from booking.views import asking, course, together

urlpatterns = [
    path("book/<slug:slug>/together/", together.together, name="together"),
    path("book/<slug:slug>/together/check/", together.check, name="together_check"),
    path("book/<slug:slug>/course/", course.first, name="course_first"),
    path("book/<slug:slug>/course/dates/", course.course, name="course"),
    path("appointments/together/<uuid:group>/", together.group, name="group"),
    path("appointments/<uuid:pk>/ask/", asking.ask, name="ask"),
    path("appointments/<uuid:pk>/coming/", asking.coming, name="coming"),
]
