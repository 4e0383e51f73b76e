"""Who signs in, how, and for how long."""

from clinic.settings.environment import env
from clinic.settings.installation import DEMO

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    # Carries Django's own permissions too; a second backend would hash each wrong password twice.
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "after_login"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "notifications.allauth.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupDetailsForm"
ACCOUNT_FORMS = {"signup": "accounts.signup.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60  # mail may take minutes
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one counts once its code was entered
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before changing how one signs in
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# Who gets nowhere without a second factor: names of roles. Demo logins are spared the second step.
MFA_REQUIRED = env.list("MFA_REQUIRED", default=[] if DEMO else ["doctor", "staff", "operator"])
MFA_ADAPTER = "accounts.second_factors.adapter.Adapter"
MFA_FORMS = {
    "authenticate": "accounts.second_factors.forms.AuthenticateForm",
    "reauthenticate": "accounts.second_factors.forms.ReauthenticateForm",
    "activate_totp": "accounts.second_factors.forms.ActivateTOTPForm",
    "add_webauthn": "accounts.second_factors.forms.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A clock may be off by half a minute; a code counts once all the same (second_factors.codes).
MFA_TOTP_TOLERANCE = 1
# Wrong codes within fifteen minutes after which no code is tried any more.
MFA_WRONG_CODES = env.int("MFA_WRONG_CODES", default=5)

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "accounts.signin.attempted_email"
AXES_LOCKOUT_CALLABLE = "accounts.signin.locked_out"
AXES_CLIENT_IP_CALLABLE = "clinic.middleware.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # operators unlock people on the page of their login

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=60 * 60 * 12)
SESSION_COOKIE_NAME = "clinic_session"
# Doctors, staff and operators are signed out after so long without a request; 0: never.
IDLE_MINUTES = env.int("IDLE_MINUTES", default=15)
