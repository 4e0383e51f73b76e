"""What the audit trail says to a patient: each look in a sentence. New actions go into `WHAT`."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Patient, Role
from accounts.queries import Look
from documents.models import Document

# What was done, by the action; of a document also how.
WHAT = {
    "document.read": gettext_lazy("Looked at a document"),
    "document.read/file": gettext_lazy("Downloaded a document"),
    "documents.listed": gettext_lazy("Saw the list of documents"),
    "patient.viewed": gettext_lazy("Opened the record"),
    "patient.exported": gettext_lazy("Exported the record"),
    "appointment.viewed": gettext_lazy("Looked at a visit"),
    "appointments.listed": gettext_lazy("Saw a list of visits"),
    "appointments.exported": gettext_lazy("Exported a list of visits"),
    "schedule.viewed": gettext_lazy("Saw the visits of a day"),
    "desk.day_viewed": gettext_lazy("Saw the visits of a day"),
    "agenda.mailed": gettext_lazy("Was sent the visits of a day"),
    "feed.read": gettext_lazy("Saw the visits of a day"),
    "message.viewed": gettext_lazy("Looked at a message that was sent"),
    "desk.patients_found": gettext_lazy("Found the name by a search"),
    "patients.listed": gettext_lazy("Saw the name on a list"),
    "looks.viewed": gettext_lazy("Saw this page"),
    "emergency.opened": gettext_lazy("Opened the record in an emergency"),
}
ON_A_LIST = gettext_lazy("Saw the name on a list")
ANYTHING = gettext_lazy("Looked at the record")

# Why it was allowed, by the ground.
WHY = {
    "own": gettext_lazy("own record"),
    "care": gettext_lazy("looks after the patient"),
    "treating": gettext_lazy("treats the patient"),
    "shared": gettext_lazy("it was shared with this doctor"),
    "emergency": gettext_lazy("emergency"),
    "staff": gettext_lazy("works at the clinic"),
}

WHO = {
    Role.DOCTOR.value: pgettext_lazy("who looked", "doctor"),
    Role.STAFF.value: pgettext_lazy("who looked", "clinic staff"),
    Role.OPERATOR.value: pgettext_lazy("who looked", "technical staff"),
    "self": pgettext_lazy("who looked", "the patient"),
    Role.PATIENT.value: pgettext_lazy("who looked", "family"),
    "system": pgettext_lazy("who looked", "automatic"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One look, as the page says it."""

    id: int
    at: dt.datetime
    who: str
    role: str
    what: str
    which: str  # the document's name, as the patient called it; may be ""
    why: str
    reason: str  # an emergency's
    is_emergency: bool


def lines_of(looks: list[Look], *, patient: Patient) -> list[Line]:
    """Looks at this patient's record in words."""
    names = _names(looks, patient)
    return [
        Line(
            id=look.id,
            at=look.at,
            who=_who(look, patient),
            role=_role(look, patient) if look.name or look.role == "system" else "",
            what=_what(look),
            which=names.get(look.subject_id, ""),
            why=str(WHY.get(look.ground, "")),
            reason=look.reason,
            is_emergency=look.ground == "emergency" or look.action.startswith("emergency"),
        )
        for look in looks
    ]


def _is_self(look: Look, patient: Patient) -> bool:
    return look.user_id is not None and look.user_id == patient.user_id


def _what(look: Look) -> str:
    how = f"{look.action}/{look.data.get('how', '')}"
    if said := WHAT.get(how) or WHAT.get(look.action):
        return str(said)
    return str(ON_A_LIST if look.is_list else ANYTHING)


def _role(look: Look, patient: Patient) -> str:
    return str(WHO.get("self" if _is_self(look, patient) else look.role, ""))


def _who(look: Look, patient: Patient) -> str:
    """A login without a name is told by its role: its address is not for others to know."""
    if look.name:
        return look.name
    if look.role == "system":
        return _("The clinic’s system")
    if role := _role(look, patient):
        return capfirst(role)
    return _("Somebody who is no longer here") if look.user_id else _("By a link that was sent")


def _names(looks: list[Look], patient: Patient) -> dict[str, str]:
    of_documents = {
        uuid.UUID(look.subject_id)
        for look in looks
        if look.subject_type == Document._meta.label_lower and look.subject_id
    }
    found = Document.objects.kept().filter(patient=patient, pk__in=of_documents)
    return {str(pk): name for pk, name in found.values_list("pk", "name")}
