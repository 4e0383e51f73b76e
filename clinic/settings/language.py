"""Language and time."""

from clinic.settings.environment import BASE_DIR
from clinic.settings.transport import HTTPS

USE_TZ = True
TIME_ZONE = "UTC"  # the database's; pages use the clinic's zone
USE_I18N = True
LANGUAGE_CODE = "en"
# Each comes with its catalogue in locale/, whole: half-translated pages help nobody. Each is called
# by its own name: who looks for it may not read the others.
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "clinic_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS
