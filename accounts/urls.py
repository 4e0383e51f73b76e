"""Under /account/, before allauth's own."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("after-login/", views.after_login, name="after_login"),
    path("profile/", views.profile, name="profile"),
]
