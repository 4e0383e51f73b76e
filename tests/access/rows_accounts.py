"""Health, people, sign-in, the demonstration's mailbox."""

from __future__ import annotations

from tests.access.matrix import LOGIN, Row, everyone, form, own, signed_in

# Pages for whoever is not signed in yet; the others are sent on.
ENTRANCE = everyone(302, anonymous=200)
# Steps of a sign-in or a reset that nobody here has begun.
STEP = everyone(302, anonymous=LOGIN)
# Whether or not one is signed in, nothing was begun: back to the sign-in page.
UNBEGUN = everyone(LOGIN)
# Before how one signs in is changed, the password is asked for once more.
AGAIN = signed_in(302)
NO_MAILBOX = everyone(404)  # tests are no demonstration

ROWS = [
    Row("livez", GET=everyone(200)),
    Row("readyz", GET=everyone(200)),
    Row(
        "doctors/<uuid:doctor_id>/photo",
        GET=everyone(404),  # this one has none
        at=lambda t: {"doctor_id": t.doctor.pk},
    ),
    Row(
        "api/v1/auth/token",
        POST=everyone(400),
        # A bearer token gives itself back; a session is none.
        DELETE=everyone(401),
        json=True,
        csrf=False,
    ),
    Row("account/after-login/", GET=signed_in(302)),
    Row("account/language/", POST=everyone(302), send=lambda t: {"language": "en"}),
    Row("account/profile/", GET=signed_in(200), POST=signed_in(200)),
    # These people have signed in long ago, so the password is asked for once more.
    Row("account/tokens/", GET=signed_in(200), POST=AGAIN),
    Row(
        "account/tokens/<uuid:pk>/revoke/",
        POST=own(302),
        at=lambda t: {"pk": t.rows["accounts/apitoken"].pk},
    ),
    Row("account/active/", GET=everyone(204)),
    Row("account/idle/", GET=everyone(302, anonymous=LOGIN)),
    Row("account/sessions/", GET=signed_in(200)),
    Row("account/sessions/end-others/", POST=signed_in(302)),
    Row(
        "account/sessions/<uuid:pk>/end/",
        POST=own(302),
        at=lambda t: {"pk": t.rows["accounts/signin"].pk},
    ),
    form("account/login/", ENTRANCE),
    form("account/signup/", ENTRANCE),
    Row(
        "account/logout/",
        GET=everyone(200, anonymous=302),
        POST=everyone(302),
    ),
    Row("account/inactive/", GET=everyone(200)),
    form("account/reauthenticate/", signed_in(200)),
    Row("account/email/", GET=signed_in(200), POST=signed_in(302), PUT=signed_in(302)),
    form("account/confirm-email/", everyone(302, anonymous=LOGIN)),
    form("account/password/change/", signed_in(200)),
    form("account/password/set/", signed_in(302)),
    form("account/password/reset/", everyone(200)),
    form("account/password/reset/confirm/", UNBEGUN),
    form("account/password/reset/complete/", everyone(302)),  # to the step before
    Row("account/password/reset/done/", GET=everyone(200)),
    form("account/login/code/confirm/", STEP),
    Row("account/2fa/", GET=signed_in(200)),
    form("account/2fa/authenticate/", everyone(302, anonymous=LOGIN)),
    form("account/2fa/reauthenticate/", signed_in(302)),
    form("account/2fa/totp/activate/", AGAIN),
    # Nobody here has a second factor.
    form("account/2fa/totp/deactivate/", signed_in(404)),
    Row("account/2fa/recovery-codes/", GET=signed_in(404)),
    form("account/2fa/recovery-codes/generate/", AGAIN),
    Row("account/2fa/recovery-codes/download/", GET=signed_in(404)),
    Row("account/2fa/webauthn/", GET=signed_in(200)),
    form("account/2fa/webauthn/add/", AGAIN),
    form("account/2fa/webauthn/login/", everyone(302, anonymous=LOGIN)),
    form("account/2fa/webauthn/reauthenticate/", signed_in(302)),
    # Nobody here has a passkey; the password comes first all the same.
    Row(
        "account/2fa/webauthn/keys/<int:pk>/remove/",
        GET=AGAIN,
        POST=AGAIN,
        PUT=AGAIN,
        DELETE=AGAIN,
        PATCH=AGAIN,
        at=lambda t: {"pk": 1},
    ),
    form("account/2fa/webauthn/keys/<int:pk>/edit/", AGAIN, at=lambda t: {"pk": 1}),
    Row("mailbox/", GET=NO_MAILBOX),
    Row("mailbox/<str:name>/", GET=NO_MAILBOX, at=lambda t: {"name": "x.eml"}),
    Row("mailbox/<str:name>/html", GET=NO_MAILBOX, at=lambda t: {"name": "x.eml"}),
    Row(
        "mailbox/<str:name>/attachments/<int:number>",
        GET=NO_MAILBOX,
        at=lambda t: {"name": "x.eml", "number": 0},
    ),
]
