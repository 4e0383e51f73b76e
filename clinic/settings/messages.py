"""How mails and texts leave, and when."""

from datetime import time

from clinic.settings.environment import env
from clinic.settings.installation import MAILBOX_DIR

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Clinic <no-reply@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# How mail leaves: "smtp" (EMAIL_URL) or "ses". How text messages leave: "file" (the mailbox of
# this machine), "sns", or "none": everything goes by mail.
EMAIL_OUTLET = env.str("EMAIL_OUTLET", default="smtp")
SMS_OUTLET = env.str("SMS_OUTLET", default="file" if MAILBOX_DIR else "none")
# Messages a second, all workers together; 0: the account's quota (SES), or no limit.
EMAIL_PER_SECOND = env.float("EMAIL_PER_SECOND", default=0)
SMS_PER_SECOND = env.float("SMS_PER_SECOND", default=0)
# Only for stand-ins of the services, on this machine.
SES_ENDPOINT_URL = env.str("SES_ENDPOINT_URL", default="") or None
SNS_ENDPOINT_URL = env.str("SNS_ENDPOINT_URL", default="") or None
SES_CONFIGURATION_SET = env.str("SES_CONFIGURATION_SET", default="")
# The topics whose tellings of bounces and deliveries are believed (ARNs); others get 403.
SNS_TOPICS = env.list("SNS_TOPICS", default=[])
# Texts that one number gets within a day; what is beyond goes by mail. 0: no limit.
SMS_PER_NUMBER_A_DAY = env.int("SMS_PER_NUMBER_A_DAY", default=20)
SMS_SENDER_ID = env.str("SMS_SENDER_ID", default="")
# What one part of a text message costs, for the count; no provider's price is known here.
SMS_PART_PRICE = env.str("SMS_PART_PRICE", default="0.00645")
# Between these hours of the clinic's clock people may be reminded.
WAKING_FROM = time.fromisoformat(env.str("WAKING_FROM", default="08:00"))
WAKING_UNTIL = time.fromisoformat(env.str("WAKING_UNTIL", default="20:00"))
# What takes back the reminders that wait, for who wants none any more: people know of no messages.
TAKE_BACK_REMINDERS = "notifications.outbox.void_reminders"
# From then on, by the same clock, doctors are told what the next day holds.
AGENDA_AT = time.fromisoformat(env.str("AGENDA_AT", default="18:00"))
