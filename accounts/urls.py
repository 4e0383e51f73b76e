"""Under /account/, before allauth's own."""

from django.urls import path

from accounts.views import family, languages, people, sessions, tokens, writing

urlpatterns = [
    path("after-login/", people.after_login, name="after_login"),
    path("profile/", people.profile, name="profile"),
    path("writing/", writing.writing, name="writing"),
    path("language/", languages.choose, name="choose_language"),
    path("family/", family.index, name="family"),
    path("family/add/", family.add, name="family_add"),
    path("family/<uuid:patient_id>/end/", family.end, name="family_end"),
    path("family/carers/<uuid:user_id>/end/", family.end_carer, name="family_end_carer"),
    path("active/", sessions.active, name="active"),
    path("idle/", sessions.idle, name="idle"),
    path("sessions/", sessions.index, name="sessions"),
    path("sessions/end-others/", sessions.end_others, name="sessions_end_others"),
    path("sessions/<uuid:pk>/end/", sessions.end, name="session_end"),
    path("tokens/", tokens.index, name="tokens"),
    path("tokens/<uuid:pk>/revoke/", tokens.revoke, name="token_revoke"),
]
