"""Patients' documents: how long they are kept, who checks them."""

from clinic.settings.environment import env

# Where documents ask what a visit still wants, and say that it has come (`asked`, `fulfil`).
WANTED_DOCUMENTS = "booking.operations.wanted"
# For how long an upload form, and a link to read, may be used: seconds.
DOCUMENT_FORM_SECONDS = env.int("DOCUMENT_FORM_SECONDS", default=15 * 60)
DOCUMENT_LINK_SECONDS = env.int("DOCUMENT_LINK_SECONDS", default=60)
# What was deleted can be had back for so long.
DOCUMENT_UNDO_DAYS = env.int("DOCUMENT_UNDO_DAYS", default=30)
# Whether the family may delete what it sent; a clinic that is bound to keep it says no.
DOCUMENT_PATIENTS_DELETE = env.bool("DOCUMENT_PATIENTS_DELETE", default=True)
# For how many years documents are kept, by kind, where that is not what `documents.retention` says
# ("result=7,consent=6"); and until which age what is a child's.
DOCUMENT_KEEP_YEARS = env.dict("DOCUMENT_KEEP_YEARS", cast={"value": int}, default={})
DOCUMENT_KEEP_MINORS_UNTIL_AGE = env.int("DOCUMENT_KEEP_MINORS_UNTIL_AGE", default=21)
# The virus scanner (clamd): "host:port" or a socket's path; empty: files are not scanned.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", default="")
# What tells the operators that a record was opened in an emergency: people know of no messages.
TELL_OF_EMERGENCY = "notifications.emergencies.tell_operators"
EMERGENCY_ACCESS_MINUTES = env.int("EMERGENCY_ACCESS_MINUTES", default=60)
