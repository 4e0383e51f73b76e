"""The register: every table of the installation, and what of a person is in it.

Of each table that has rows of people: which are this person's, what an export shows of them, and
what erasing leaves. The rest is named below with the reason why nobody is in it.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.db.models import Q

from accounts.models import (
    ApiToken,
    AuditEvent,
    Care,
    EmergencyAccess,
    Patient,
    SignIn,
    TreatingRelationship,
    User,
)
from booking.keeping.person import Person
from booking.keeping.register import Fate, Table
from booking.models import (
    AffectedVisit,
    Appointment,
    AppointmentSlot,
    ChangeRequest,
    IdempotencyKey,
    Offer,
    Override,
    Proposal,
    ResourceUse,
    WaitlistEntry,
    WantedDocument,
)
from documents.models import Document, Page, Share
from notifications.models import Attempt, Call, Message, ProviderEvent, Suppression

ERASED = "erased"
SECRET = "a secret, or its digest: it opens something"  # noqa: S105
INNER = "says where or how the program keeps it, nothing of the person"
WORD_OF_OURS = "a word of the program's own"
WHO = "the kind of actor or a person's id"
LOGIN_STANDS = "only where the login stands for another reason, which the report gives"


def _patient(person: Person) -> Q:
    return Q(patient__in=person.ids)


def _visit(person: Person) -> Q:
    return Q(appointment__patient__in=person.ids)


def _user(person: Person) -> Q:
    return Q(user=person.login) if person.login else Q(pk__in=[])


def _own_messages(person: Person) -> Q:
    """Of the patient; and what was written to the login, which names no patient."""
    written_to = Q(patient=None, recipient__in=person.addresses)
    login = Q(dedupe_key__startswith=f"user:{person.login}:") if person.login else Q(pk__in=[])
    return _patient(person) | written_to | login


def _of_messages(person: Person) -> Q:
    return Q(message__in=Message.objects.filter(_own_messages(person)).values("pk"))


def _messages_about_others(person: Person) -> Q:
    """What was written to this person of somebody in care: that one's record, in other words."""
    return Q(recipient__in=person.addresses) & ~Q(patient=None) & ~_patient(person)


def _names(person: Person) -> Q:
    return Q(username__in=person.addresses)


def _answers(person: Person) -> Q:
    """Kept for a day, so that a repeated request gets the same answer."""
    mine = Q(caller=f"user:{person.login}") if person.login else Q(pk__in=[])
    visits = Appointment.objects.filter(_patient(person)).values_list("pk", flat=True)
    for visit in visits:
        mine |= Q(body__icontains=str(visit))
    return mine


def _in_the_trail(person: Person) -> Q:
    """Of the patient, of lists the patient was on, and by the patient: each by its own index."""
    listed = Q(pk__in=[])
    for each in person.ids:
        listed |= Q(data__patients__contains=[str(each)])
    rows = AuditEvent.objects.order_by().values("pk")
    found = rows.filter(patient_id__in=person.ids).union(
        rows.filter(listed, data__has_key="patients"),
        rows.filter(user_id=person.user_id) if person.user_id else rows.none(),
    )
    return Q(pk__in=found)


def _in_djangos_log(person: Person) -> Q:
    ids = [str(each) for each in (*person.ids, person.login) if each]
    return Q(object_id__in=ids) | _user(person)


# In the order in which rows are removed: what points at others first.
TABLES: list[Table] = [
    # -- messages --
    Table(model=Attempt, of=_of_messages, fate=Fate.DELETED),
    Table(model=ProviderEvent, of=_of_messages, fate=Fate.DELETED),
    Table(
        model=Message,
        of=_own_messages,
        fate=Fate.DELETED,
        withheld={"lease": INNER, "leased_until": INNER},
    ),
    Table(
        model=Message,
        of=_messages_about_others,
        fate=Fate.EMPTIED,
        exported=False,
        why="it tells of another patient, whose record it belongs to",
        not_exported="it tells of another patient",
        empties={"recipient": "", "context": {}},
        harmless={
            "dedupe_key": "ids and versions",
            "template": WORD_OF_OURS,
            "language": "a code",
            "about": "an id",
            "provider": WORD_OF_OURS,
            "provider_id": "the provider's own id",
            "error": "codes, never an address or a text",
        },
    ),
    Table(model=Call, of=_patient, fate=Fate.DELETED),
    Table(
        model=Suppression,
        of=lambda person: Q(address__in=person.addresses),
        fate=Fate.DELETED,
    ),
    # -- the waiting list --
    Table(
        model=WaitlistEntry.doctors.through,
        of=lambda person: Q(waitlistentry__patient__in=person.ids),
        fate=Fate.DELETED,
    ),
    Table(model=Offer, of=lambda person: Q(entry__patient__in=person.ids), fate=Fate.DELETED),
    Table(model=WaitlistEntry, of=_patient, fate=Fate.DELETED),
    # -- visits --
    Table(model=ChangeRequest, of=_visit, fate=Fate.DELETED),
    Table(model=WantedDocument, of=_visit, fate=Fate.DELETED),
    Table(model=Proposal, of=_visit, fate=Fate.DELETED),
    Table(
        model=AffectedVisit,
        of=_visit,
        fate=Fate.EMPTIED,
        why="the doctor's time off lay over a visit; what became of it is counted",
        empties={"kept_reason": ""},
        harmless={"kept_by": WHO},
    ),
    Table(
        model=Override,
        of=_visit,
        fate=Fate.EMPTIED,
        why="the clinic broke a rule of its own; that it did stands",
        empties={"reason": ERASED},
        harmless={"rules": WORD_OF_OURS},
    ),
    Table(
        model=AppointmentSlot,
        of=_visit,
        fate=Fate.STANDS,
        exported=False,
        why="which cells of the doctor's time a visit took",
        not_exported="see the visit's times",
    ),
    Table(
        model=ResourceUse,
        of=_visit,
        fate=Fate.STANDS,
        why="which room or equipment was in use",
    ),
    Table(
        model=Appointment,
        of=_patient,
        fate=Fate.EMPTIED,
        why="that a doctor's time was taken is the clinic's own record, and is in its figures",
        withheld={"holder": SECRET, "origin": INNER},
        empties={
            "reason": "",
            "decision_reason": "",
            "cancel_reason": "",
            "documents_asked": "",
            "internal_note": "",
            "holder": "",
            "origin": "",
            "group": None,
        },
        harmless={
            "source": WORD_OF_OURS,
            "booked_by": WHO,
            "decided_by": WHO,
            "ended_by": WHO,
        },
    ),
    Table(
        model=IdempotencyKey,
        of=_answers,
        fate=Fate.DELETED,
        exported=False,
        not_exported="a copy of an answer to a program, kept for a day",
    ),
    # -- documents: their rows go before all others, each after its bytes --
    Table(
        model=Page,
        of=lambda person: Q(document__patient__in=person.ids),
        fate=Fate.DELETED,
        withheld={"key": INNER, "version": INNER},
    ),
    Table(
        model=Share,
        of=lambda person: Q(document__patient__in=person.ids),
        fate=Fate.DELETED,
    ),
    Table(
        model=Document,
        of=_patient,
        fate=Fate.DELETED,
        withheld={
            **dict.fromkeys(
                (
                    "upload_key",
                    "upload_version",
                    "key",
                    "version",
                    "lease",
                    "leased_until",
                    "losses",
                    "purging_at",
                ),
                INNER,
            ),
            "held_reason": "what lawyers ask for is between them and the clinic",
        },
    ),
    # -- who the person is to others --
    Table(
        model=Care,
        of=lambda person: _patient(person) | _user(person),
        fate=Fate.DELETED,
    ),
    Table(model=TreatingRelationship, of=_patient, fate=Fate.DELETED),
    Table(
        model=EmergencyAccess,
        of=_patient,
        fate=Fate.EMPTIED,
        why="that a doctor broke the glass, when, and who looked into it, stands",
        empties={"reason": ERASED},
    ),
    # -- sign-in --
    Table(
        model=AccessAttemptExpiration,
        of=lambda person: Q(access_attempt__username__in=person.addresses),
        fate=Fate.DELETED,
    ),
    Table(
        model=AccessAttempt,
        of=_names,
        fate=Fate.DELETED,
        withheld={"get_data": INNER, "post_data": INNER},
    ),
    Table(model=AccessFailureLog, of=_names, fate=Fate.DELETED),
    Table(model=AccessLog, of=_names, fate=Fate.DELETED, withheld={"session_hash": SECRET}),
    Table(
        model=LogEntry,
        of=_in_djangos_log,
        fate=Fate.DELETED,
    ),
    Table(
        model=EmailConfirmation,
        of=lambda person: Q(email_address__user=person.login) if person.login else Q(pk__in=[]),
        fate=Fate.DELETED,
        withheld={"key": SECRET},
    ),
    Table(model=EmailAddress, of=_user, fate=Fate.DELETED),
    Table(model=Authenticator, of=_user, fate=Fate.DELETED, withheld={"data": SECRET}),
    Table(model=SignIn, of=_user, fate=Fate.DELETED, withheld={"session_key": SECRET}),
    Table(model=ApiToken, of=_user, fate=Fate.DELETED, withheld={"digest": SECRET}),
    Table(model=User.groups.through, of=_user, fate=Fate.DELETED),
    Table(model=User.user_permissions.through, of=_user, fate=Fate.DELETED),
    Table(
        model=Patient,
        of=lambda person: Q(pk=person.patient_id),
        fate=Fate.EMPTIED,
        why="its visits need somebody to be of: a record without a name",
        empties={
            "user": None,
            "name": ERASED,
            "date_of_birth": None,
            "phone": "",
            "email": "",
            "language": "en",
            "time_zone": "",
            "contact_by": "email",
            "texts_agreed_at": None,
        },
    ),
    Table(
        model=User,
        of=lambda person: Q(pk=person.login) if person.login else Q(pk__in=[]),
        fate=Fate.DELETED,
        withheld={"password": SECRET, "session_generation": INNER},
    ),
    # -- what was done --
    Table(
        model=AuditEvent,
        of=_in_the_trail,
        fate=Fate.STANDS,
        why="it holds ids and codes, no name, and proves who saw what; it takes no change",
        withheld={
            "address": "the network of whoever did it",
            "request_id": INNER,
        },
    ),
]

# Tables that no person is in, or none that is a patient; the reason where it does not go without
# saying. A login that stands is the clinic's own.
NOBODY: dict[str, str] = {
    "accounts.auditseal": "hashes over the trail",
    "accounts.clinic": "",
    "accounts.doctor": "a doctor's own page; as a patient the doctor has another row",
    "auth.group": "",
    "auth.group_permissions": "",
    "auth.permission": "",
    "booking.calendarfeed": "a doctor's address",
    "booking.delay": "",
    "booking.freedtime": "a doctor's time, whoever had it",
    "booking.need": "",
    "booking.need_resources": "",
    "booking.reminderclock": "",
    "booking.resource": "",
    "booking.slot": "a doctor's time",
    "booking.timeoff": "",
    "booking.visittype": "",
    "booking.visittype_doctors": "",
    "booking.workinghours": "",
    "contenttypes.contenttype": "",
    "sessions.session": "what a browser is known by; `signing_out` ends each that is theirs",
}
