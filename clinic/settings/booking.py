"""Free times, holds, guests and the waiting list."""

from datetime import time

from clinic.settings.environment import env

# The country whose phone numbers may be written without a country code (ISO 3166).
PHONE_REGION = env.str("PHONE_REGION", default="US")
HOLD_MINUTES = env.int("HOLD_MINUTES", default=10)
SLOT_HORIZON_DAYS = env.int("SLOT_HORIZON_DAYS", default=60)
# From how many days before a visit its patient is asked to confirm it.
CONFIRM_ATTENDANCE_DAYS = env.int("CONFIRM_ATTENDANCE_DAYS", default=7)
TREATING_DAYS_AFTER_VISIT = env.int("TREATING_DAYS_AFTER_VISIT", default=365)
API_TOKEN_HOURS = env.int("API_TOKEN_HOURS", default=12)
# The two plain endpoints for a static site: which visit type they offer, and how far ahead.
GUEST_VISIT_TYPE = env.str("GUEST_VISIT_TYPE", default="")
GUEST_DAYS = env.int("GUEST_DAYS", default=14)
GUEST_CONFIRM_HOURS = env.int("GUEST_CONFIRM_HOURS", default=2)
# How many times one network may keep without anybody having signed in or followed a mailed link.
HOLDS_PER_ADDRESS = env.int("HOLDS_PER_ADDRESS", default=10)
GUEST_REQUESTS_PER_ADDRESS = env.int("GUEST_REQUESTS_PER_ADDRESS", default=3)
# The waiting list: how long a freed time is kept for whom it is offered to, how many are asked
# before it is left to everybody, and from when to when (by the clinic's clock) nobody is asked.
WAITLIST_OFFER_MINUTES = env.int("WAITLIST_OFFER_MINUTES", default=30)
WAITLIST_MAX_OFFERS = env.int("WAITLIST_MAX_OFFERS", default=3)
WAITLIST_QUIET_FROM = time.fromisoformat(env.str("WAITLIST_QUIET_FROM", default="21:00"))
WAITLIST_QUIET_UNTIL = time.fromisoformat(env.str("WAITLIST_QUIET_UNTIL", default="08:00"))
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
