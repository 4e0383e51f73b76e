"""What a security notice says, by the last part of allauth's name for it."""

from django.utils.translation import gettext_lazy as _

NOTICES = {
    "": _("How you sign in was changed."),
    "password_changed": _("Your password was changed."),
    "password_set": _("A password was set."),
    "password_reset": _("Your password was reset."),
    "email_changed": _("Your email address was changed."),
    "email_confirm": _("An email address was confirmed."),
    "email_deleted": _("An email address was removed."),
    "totp_activated": _("An authenticator app was switched on."),
    "totp_deactivated": _("The authenticator app was switched off."),
    "recovery_codes_generated": _("New recovery codes were made; the old ones no longer work."),
    "webauthn_added": _("A passkey was added."),
    "webauthn_removed": _("A passkey was removed."),
    "factors_removed": _(
        "The clinic took your second factor away. Call it at once if you did not ask for this."
    ),
}
