"""What changes people and the record of what they did. The only way in for other apps."""

from accounts.operations.audit import record_audit, seal_audit
from accounts.operations.people import (
    claim_patient,
    complete_profile,
    confirm_address,
    create_login,
    end_sessions,
)
from accounts.operations.registering import register_patient
from accounts.operations.treating import open_treating

__all__ = [
    "claim_patient",
    "complete_profile",
    "confirm_address",
    "create_login",
    "end_sessions",
    "open_treating",
    "record_audit",
    "register_patient",
    "seal_audit",
]
