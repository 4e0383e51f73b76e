"""The link in reminders. Whole by itself: who only sends mail need not load the site's others."""

from django.urls import path

from notifications.stopping import views

urlpatterns = [
    path("reminders/stop/<str:token>/", views.stop, name="stop_reminders"),
]
