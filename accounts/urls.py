"""Under /account/, before allauth's own."""

from django.urls import path

from accounts.views import people, tokens

urlpatterns = [
    path("after-login/", people.after_login, name="after_login"),
    path("profile/", people.profile, name="profile"),
    path("tokens/", tokens.index, name="tokens"),
    path("tokens/<uuid:pk>/revoke/", tokens.revoke, name="token_revoke"),
]
