"""Who people are, what they may do, what they did."""

from accounts.models.audit import AuditEvent, AuditSeal
from accounts.models.care import Care
from accounts.models.clinic import Clinic
from accounts.models.doctor import Doctor
from accounts.models.emergency import EmergencyAccess
from accounts.models.patient import ContactBy, Patient
from accounts.models.sign_in import SignIn
from accounts.models.token import ApiToken
from accounts.models.treating import TreatingRelationship
from accounts.models.user import Role, User

__all__ = [
    "ApiToken",
    "AuditEvent",
    "AuditSeal",
    "Care",
    "Clinic",
    "ContactBy",
    "Doctor",
    "EmergencyAccess",
    "Patient",
    "Role",
    "SignIn",
    "TreatingRelationship",
    "User",
]
