"""The link in reminders, under /reminders/stop/."""

from django.urls import path

from notifications.stopping import views

urlpatterns = [
    path("<str:token>/", views.stop, name="stop_reminders"),
]
