"""What changes people and the record of what they did. The only way in for other apps."""

from accounts.operations.audit import record_audit, record_list, seal_audit
from accounts.operations.care import add_dependant, end_care, open_care
from accounts.operations.emergency import (
    end_emergency_access,
    find_in_emergency,
    open_emergency_access,
    review_emergency_access,
)
from accounts.operations.factors import remove_factors
from accounts.operations.forgetting import forget_sessions
from accounts.operations.people import (
    choose_language,
    claim_patient,
    complete_profile,
    confirm_address,
    create_login,
)
from accounts.operations.registering import register_patient
from accounts.operations.reminding import (
    choose_agenda,
    choose_channel,
    resume_reminders,
    stop_reminders,
)
from accounts.operations.sessions import end_sessions
from accounts.operations.treating import open_treating

__all__ = [
    "add_dependant",
    "choose_agenda",
    "choose_channel",
    "choose_language",
    "claim_patient",
    "complete_profile",
    "confirm_address",
    "create_login",
    "end_care",
    "end_emergency_access",
    "end_sessions",
    "find_in_emergency",
    "forget_sessions",
    "open_care",
    "open_emergency_access",
    "open_treating",
    "record_audit",
    "record_list",
    "register_patient",
    "remove_factors",
    "resume_reminders",
    "review_emergency_access",
    "seal_audit",
    "stop_reminders",
]
