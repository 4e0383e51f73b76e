"""“Why was it not sent?”: each reason, from the row that it is read off."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest

from notifications import outbox
from notifications.explaining import Reason, explain, why_none
from notifications.models import Attempt, Message
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/Chicago")
HOUR = dt.timedelta(hours=1)
LEASED = {"lease": uuid.uuid4(), "leased_until": NOW}


def message(key: str = "a", **changes: object) -> Message:
    fields = {name: changes.pop(name) for name in ("send_after", "priority") if name in changes}
    made = outbox.enqueue(
        template=changes.pop("template", "booked"),
        recipient="maria@example.org",
        dedupe_key=key,
        context={"when": "Tuesday"},
        patient_id=changes.pop("patient_id", None),
        now=NOW,
        **fields,
    )
    Message.objects.filter(pk=made.pk).update(**changes)
    return Message.objects.get(pk=made.pk)


def said(some: Message) -> Reason:
    return explain(some, zone=ZONE, now=NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"send_after": NOW + HOUR}, "later"),
        ({}, "turn"),
        ({"error": "ConnectionRefusedError"}, "provider-away"),
        ({"error": "Throttling", "attempts": 2}, "trying-again"),
        ({"status": "sending", **LEASED}, "sending"),
        ({"status": "sent", "sent_at": NOW}, "sent"),
        ({"status": "delivered", "sent_at": NOW}, "delivered"),
        ({"status": "sent", "sent_at": NOW, "overtaken_at": NOW - HOUR}, "overtaken"),
        ({"status": "sent", "sent_at": NOW, "overtaken_at": NOW + HOUR}, "sent"),
        ({"status": "bounced", "sent_at": NOW}, "bounced"),
        ({"status": "complained", "sent_at": NOW}, "complained"),
        ({"status": "void"}, "taken-back"),
        ({"status": "void", "error": "expired", "expires_at": NOW}, "expired"),
        ({"status": "failed", "error": "suppressed: bounce"}, "suppressed"),
        ({"status": "failed", "error": "BadAddress"}, "no-address"),
        ({"status": "failed", "error": "lost with 3 workers", "attempts": 3}, "lost"),
        ({"status": "failed", "error": "render TypeError", "attempts": 1}, "unwritable"),
        ({"status": "failed", "error": "Throttling", "attempts": 11}, "given-up"),
        ({"status": "failed", "error": "MessageRejected", "attempts": 1}, "refused"),
    ],
)
def test_each_state_has_its_reason_and_names_nobody(changes: dict, code: str) -> None:
    reason = said(message(**changes))

    assert reason.code == code
    assert "maria" not in reason.sentence


def test_how_many_are_before_it_in_the_queue_is_counted_by_priority() -> None:
    for number in range(2):
        message(f"urgent {number}", priority=0)
    message("of the same kind, and older", send_after=NOW - HOUR)
    message("less urgent", priority=20)
    message("not due yet", priority=0, send_after=NOW + HOUR)

    assert "behind 3 others" in said(message("this one")).sentence


def test_a_provider_that_was_away_took_no_try() -> None:
    waiting = message(error="ConnectionRefusedError")
    Attempt.objects.create(message=waiting, begun_at=NOW, ended_at=NOW, outcome="away")

    assert said(waiting).code == "provider-away"


def test_times_are_those_of_the_clinic() -> None:
    later = message(send_after=dt.datetime(2026, 12, 3, 15, 30, tzinfo=dt.UTC))

    assert "3 December 2026, 09:30" in said(later).sentence


def test_a_reminder_that_was_taken_back_by_its_reader_says_so() -> None:
    patient = factories.patient(reminders_stopped_at=NOW)
    stopped = message(template="reminder", patient_id=patient.pk, status="void")
    told = message("b", patient_id=patient.pk, status="void")

    assert said(stopped).code == "reminders-stopped"
    assert said(told).code == "taken-back"


def test_who_has_no_address_is_to_be_called() -> None:
    assert why_none(factories.patient(email="", phone="+15550123456")).code == "no-address"
    texted = factories.patient(email="", phone="+15550123457", texts_agreed_at=NOW)
    assert why_none(texted).code == "none"
