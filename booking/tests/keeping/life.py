"""A patient of whom there is something in every table, and a word that is sought afterwards."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import Error, connection, models, transaction
from django.test import Client

from accounts.models import ApiToken, Care, EmergencyAccess, Patient, Role, SignIn
from booking import operations
from booking.keeping import person_of
from booking.keeping.register import Fate
from booking.keeping.tables import TABLES
from booking.models import (
    AffectedVisit,
    ChangeRequest,
    IdempotencyKey,
    Offer,
    Override,
    Proposal,
    TimeOff,
    WantedDocument,
)  # fmt: skip
from documents.models import Share
from documents.tests.factories import stored_document
from notifications import outbox
from notifications.models import Attempt, Call, Message, ProviderEvent, Suppression
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

CANARY = "xyzzy"
PHONE = "+15550987654"
EMAIL = f"{CANARY}@example.org"
AFTER = {"by": SYSTEM, "now": at("12:00")}
# What rows are found by, and what is no free text of anybody's.
FOUND_BY = {
    "key",
    "version",
    "upload_key",
    "caller",
    "recipient",
    "username",
    "address",
    "email",
    "object_id",
    "dedupe_key",
}


class Life:
    def __init__(self) -> None:
        self.world = World()
        login = factories.user(Role.PATIENT, email=EMAIL, name=f"Zoe {CANARY}")
        self.user = login
        self.patient = factories.patient(
            user=login, name=f"Zoe {CANARY}", email=EMAIL, phone=PHONE, texts_agreed_at=NOW
        )
        self.child = factories.patient(name="Kim", email="", phone="")
        self._visits()
        self._wait()
        self.document = stored_document(self.patient, pages=2, name=f"{CANARY}.pdf")
        self._around_documents()
        self._messages()
        self._sign_in()
        Care.objects.create(
            user=factories.user(Role.PATIENT), patient=self.patient, opened_at=NOW, opened_by="user"
        )
        self.glass = EmergencyAccess.objects.create(
            patient=self.patient, doctor=self.world.bob, user_id=login.pk,
            reason=f"{CANARY} is unconscious", opened_at=NOW, ends_at=NOW + dt.timedelta(hours=1),
        )  # fmt: skip

    def _visits(self) -> None:
        world = self.world
        room = factories.room(world.clinic)
        scan = factories.visit_type(world.clinic, world.ada)
        factories.need(scan, room)
        self.done = world.book("09:00", patient=self.patient, doctor=world.ada, visit_type=scan)
        operations.check_in(appointment=self.done, **AFTER)
        operations.complete(appointment=self.done, **AFTER)
        self.cancelled = world.book("10:00", patient=self.patient, doctor=world.ada)
        operations.cancel(appointment=self.cancelled, by=SYSTEM, now=NOW, reason=CANARY)
        visit = {"appointment": self.done}
        ChangeRequest.objects.create(
            **visit, kind="move", message=CANARY, status="void", asked_at=NOW, answered_at=NOW,
            answered_by="user",
        )  # fmt: skip
        off = TimeOff.objects.create(
            clinic=world.clinic, doctor=world.ada, start=at("09:00"), end=at("10:00")
        )
        affected = AffectedVisit.objects.create(
            **visit, time_off=off, noted_at=NOW, kept_at=NOW, kept_by="user", kept_reason=CANARY
        )
        Proposal.objects.create(
            **visit, affected=affected, version=1, options=[], status="void", made_at=NOW,
            made_by="user", answered_at=NOW,
        )  # fmt: skip
        Override.objects.create(**visit, version=1, rules=["notice"], reason=CANARY, at=NOW)
        IdempotencyKey.objects.create(
            caller=f"user:{self.user.pk}", key="k", fingerprint="f", lease=self.done.pk,
            leased_until=NOW, created_at=NOW, status_code=200, body={"reason": CANARY},
        )  # fmt: skip

    def _wait(self) -> None:
        """An offer that was declined, and the wish that waits on."""
        day, world = TOMORROW + dt.timedelta(days=1), self.world
        kind = factories.visit_type(world.clinic, world.bob)
        factories.cells(world.bob, at("09:00", day), 1)
        wish = operations.Wishes(earliest=day, latest=day, doctors=[world.bob])
        operations.join_waitlist(
            patient=self.patient, visit_type=kind, wish=wish, by=SYSTEM, now=NOW
        )
        others = world.book(start=at("09:00", day), visit_type=kind)
        operations.cancel(appointment=others, by=SYSTEM, now=NOW)
        operations.offer_freed_times(now=NOW)
        operations.decline_offer(offer=Offer.objects.get(), by=SYSTEM, now=NOW)

    def _around_documents(self) -> None:
        Share.objects.create(
            document=self.document, doctor=self.world.bob, opened_at=NOW, opened_by=self.user.pk
        )
        WantedDocument.objects.create(
            appointment=self.done, what=CANARY, asked_at=NOW, document=self.document
        )

    def _messages(self) -> None:
        message = Message.objects.filter(patient=self.patient).first()
        assert message is not None
        Attempt.objects.create(
            message=message, begun_at=NOW, ended_at=NOW, outcome="trouble", error=CANARY
        )
        ProviderEvent.objects.create(
            event_id="1", provider="ses", kind="bounce", message=message, at=NOW, received_at=NOW
        )
        Suppression.objects.create(channel="email", address=EMAIL, reason="opt_out", since=NOW)
        Call.objects.create(about="x", patient=self.patient, at=NOW, by="user")
        for key, patient in (("child", self.child), ("code", None)):
            outbox.enqueue(
                template="reminder" if patient else "code", recipient=EMAIL, dedupe_key=key,
                context={"patient_name": CANARY, "url": ""}, now=NOW,
                patient_id=patient.pk if patient else None,
            )  # fmt: skip

    def _sign_in(self) -> None:
        user = self.user
        EmailConfirmation.objects.create(
            email_address=user.emailaddress_set.get(), key="1", sent=NOW
        )
        Authenticator.objects.create(user=user, type="totp", data={"secret": CANARY})
        ApiToken.objects.create(user=user, digest="d", created_at=NOW, expires_at=NOW)
        SignIn.objects.create(
            user=user, session_key="k", started_at=NOW, seen_at=NOW, browser=CANARY
        )
        user.user_permissions.add(Permission.objects.order_by("pk")[0])
        tried = {"username": EMAIL, "ip_address": "192.0.2.1", "user_agent": CANARY}
        attempt = AccessAttempt.objects.create(
            **tried, get_data="", post_data=CANARY, failures_since_start=1
        )
        AccessAttemptExpiration.objects.create(access_attempt=attempt, expires_at=NOW)
        AccessFailureLog.objects.create(**tried)
        AccessLog.objects.create(**tried)
        LogEntry.objects.create(
            user=factories.user(Role.STAFF), object_id=str(self.patient.pk), action_flag=2,
            object_repr=f"Zoe {CANARY}",
        )  # fmt: skip
        self.browser = Client()
        self.browser.force_login(user)


def fill(patient: Patient) -> set[str]:
    """Put the word into every text of theirs that can hold it; returns which could."""
    person, filled = person_of(patient), set()
    for table in TABLES:
        if table.fate == Fate.STANDS:
            continue
        keys = list(table.rows(person).values_list("pk", flat=True))
        for column in texts(table.model):
            if column.name in table.harmless or column.name in FOUND_BY or not keys:
                continue
            word: Any = [CANARY] if column.get_internal_type() == "ArrayField" else CANARY
            word = {"word": CANARY} if isinstance(column, models.JSONField) else word
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    table.model._base_manager.filter(pk=keys[0]).update(**{column.name: word})
            except (Error, ValueError):
                continue  # its own shape, or too short
            filled.add(f"{table.label}.{column.name}")
    return filled


def texts(model: type[models.Model]) -> list[Any]:
    """Its columns with words that are not from a list of the program's."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.FileField)
    return [
        column
        for column in model._meta.concrete_fields
        if (isinstance(column, kinds) or column.get_internal_type() == "ArrayField")
        and not column.choices
        and not column.primary_key
    ]


def found_in_database(*words: str) -> list[str]:
    """The tables with a row in which one of the words stands, wherever."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        found = []
        for name in names:
            for word in words:
                cursor.execute(
                    f'SELECT count(*) FROM "{name}" t WHERE t::text ILIKE %s', [f"%{word}%"]
                )
                found += [f"{name}: {word}"] * bool(cursor.fetchone()[0])
    return found
