"""Words that tell what is wrong with somebody, sought wherever a message passes.

A story is lived through with a canary as every private text. Afterwards all that left, was logged,
queued or is shown to operators is searched for them.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import structlog
from celery import current_app
from django.conf import settings
from django.test import Client
from django_redis import get_redis_connection
from structlog.stdlib import ProcessorFormatter

from accounts.models import Patient, Role
from accounts.operations.roles import sync_role_permissions
from booking import messages, operations
from booking.messages import telling
from booking.models import AffectedVisit, Appointment, ChangeRequest
from booking.operations import Part, Wishes, steps
from booking.reminders import send_reminders
from clinic.lib.logs import forget_words
from notifications.catalog import KINDS
from notifications.channels import Letter
from notifications.models import Channel, Message
from notifications.rendering import render, shapes
from notifications.rendering.sms import sms_text
from notifications.tasks import deliver_due
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

pytestmark = pytest.mark.django_db(transaction=True)

# Told to nobody outside the pages: not in a mail's text either.
NOWHERE = {
    "visit type": "CanaryCardiology",
    "description": "CanaryDescription",
    "specialty": "CanarySpecialist",
    "patient's reason": "CanaryChestpain",
    "internal note": "CanaryNote",
    "patient's wish": "CanaryWish",
    "note of the time off": "CanaryLeave",
}
# What the text of a mail says and nothing around it: neither subject, text message, log nor queue.
IN_TEXT_ALONE = {
    "reason of cancelling": "CanaryCancelled",
    "reason of declining": "CanaryDeclined",
    "the clinic's answer": "CanaryAnswer",
    "what to bring": "CanaryBring",
    "documents": "CanaryDocuments",
    "documents of the visit type": "CanaryPapers",
    "doctor": "CanaryDoctor",
    "patient": "CanaryPatient",
    "child": "CanaryChild",
}
BODY = "text of a mail"
Surfaces = dict[str, str]


class Story:
    """All that is told to patients, one thing after the other."""

    def __init__(self) -> None:
        self.world = World()
        self.now = self.world.now
        clinic = self.world.clinic
        self.ada = factories.doctor(
            clinic, name=IN_TEXT_ALONE["doctor"], about=NOWHERE["specialty"]
        )
        words = {
            "name": NOWHERE["visit type"],
            "slug": "v1",
            "description": NOWHERE["description"],
            "what_to_bring": IN_TEXT_ALONE["what to bring"],
            "documents_asked": IN_TEXT_ALONE["documents of the visit type"],
        }
        self.agreed = factories.visit_type(clinic, self.ada, change_notice_minutes=60, **words)
        self.asked = factories.visit_type(
            clinic, self.ada, needs_approval=True, **words | {"slug": "v2"}
        )
        factories.cells(self.ada, at("09:00"), 24)
        self.patient = self.somebody(email="patient@example.org")

    def somebody(self, **fields: Any) -> Patient:
        named = {"name": IN_TEXT_ALONE["patient"], "phone": "+14155550123"}
        return factories.patient(**named | {"texts_agreed_at": self.now} | fields)

    def book(self, clock: str, **fields: Any) -> Appointment:
        wanted = {"visit_type": self.agreed, "patient": self.patient, "doctor": self.ada}
        return self.world.book(
            clock, **wanted | {"reason": NOWHERE["patient's reason"], "notify": True} | fields
        )

    def live(self, *, whole: bool = True) -> None:
        self._changes()
        if not whole:
            return
        self._requests()
        self._wishes()
        self._together()
        self._doctor_away()
        self._waiting()
        self._reminded()

    def _changes(self) -> None:
        visit = self.book("09:00")
        operations.set_note(
            appointment=visit, text=NOWHERE["internal note"], by=SYSTEM, now=self.now
        )
        visit = operations.reschedule(appointment=visit, start=at("09:30"), by=SYSTEM, now=self.now)
        messages.running_late(visit, minutes=20, now=self.now)
        operations.ask_documents(
            appointment=visit, text=IN_TEXT_ALONE["documents"], by=SYSTEM, now=self.now
        )
        operations.cancel(
            appointment=visit,
            reason=IN_TEXT_ALONE["reason of cancelling"],
            by=SYSTEM,
            now=self.now,
        )

    def _requests(self) -> None:
        first = self.book("10:00", visit_type=self.asked)
        operations.accept(appointment=first, by=SYSTEM, now=self.now)
        second = self.book("10:15", visit_type=self.asked)
        operations.decline(
            appointment=second,
            reason=IN_TEXT_ALONE["reason of declining"],
            by=SYSTEM,
            now=self.now,
        )
        third = self.book("10:30", visit_type=self.asked)
        messages.lapsed(third, now=self.now)

    def _wishes(self) -> None:
        request = ChangeRequest.objects.create(
            appointment=self.book("11:00"),
            kind=ChangeRequest.Kind.MOVE,
            message=NOWHERE["patient's wish"],
            answer=IN_TEXT_ALONE["the clinic's answer"],
            status=ChangeRequest.Status.REFUSED,
            asked_at=self.now,
            answered_at=self.now,
            answered_by="test",
        )
        messages.change_answered(request.appointment, request, now=self.now)

    def _together(self) -> None:
        child = Patient.objects.create(name=IN_TEXT_ALONE["child"])
        carer = factories.patient(with_login=True, name=IN_TEXT_ALONE["patient"])
        child.cared_for_by.create(user=carer.user, opened_at=self.now, opened_by="test")
        operations.book_together(
            bookings=[
                Part(child, self.agreed, at("12:00"), self.ada),
                Part(carer, self.agreed, at("12:15"), self.ada),
            ],
            by=SYSTEM,
            now=self.now,
        )

    def _doctor_away(self) -> None:
        visit = self.book("13:00")
        operations.add_time_off(
            clinic=self.world.clinic,
            doctor=self.ada,
            start=at("13:00"),
            end=at("13:15"),
            note=NOWHERE["note of the time off"],
            by=SYSTEM,
            now=self.now,
        )
        operations.propose(
            affected=AffectedVisit.objects.get(appointment=visit),
            options=[(at("13:30"), self.ada), (at("13:45"), self.ada)],
            by=SYSTEM,
            now=self.now,
        )

    def _waiting(self) -> None:
        operations.join_waitlist(
            patient=self.somebody(email="waits@example.org"),
            visit_type=self.agreed,
            wish=Wishes(earliest=TOMORROW, latest=TOMORROW + dt.timedelta(days=9)),
            by=SYSTEM,
            now=self.now,
        )
        operations.cancel(appointment=self.book("14:00"), by=SYSTEM, now=self.now)
        operations.offer_freed_times(now=self.now + dt.timedelta(minutes=1))

    def _reminded(self) -> None:
        visit = self.book("10:45")
        long_ago = self.now - dt.timedelta(days=30)
        Appointment.objects.filter(pk=visit.pk).update(booked_at=long_ago, created_at=long_ago)
        send_reminders(
            clinic=self.world.clinic, now=visit.start - dt.timedelta(hours=1, minutes=59)
        )
        self.ada.user = factories.user(Role.DOCTOR)
        self.ada.save()
        messages.send_agendas(clinic=self.world.clinic, now=self.now.replace(hour=18))


TOLD = {
    "agenda",
    "booked",
    "booked_together",
    "cancelled",
    "change_answered",
    "choose_time",
    "documents_asked",
    "moved",
    "reminder",
    "request_accepted",
    "request_declined",
    "request_lapsed",
    "request_received",
    "running_late",
    "waitlist_offer",
}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What stands in the log, written as in production."""
    root = logging.getLogger()
    formatters = [handler.formatter for handler in root.handlers]
    (ours,) = [each for each in formatters if isinstance(each, ProcessorFormatter)]
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(ours)
    root.addHandler(handler)
    yield handler.stream
    root.removeHandler(handler)


@pytest.fixture
def look(logged: io.StringIO) -> Callable[..., Surfaces]:
    """Lives the story, or its beginning; what is then to be read where a message passes."""

    def lived(*, whole: bool = True) -> Surfaces:
        for store in _stores():
            store.flushdb()
        Story().live(whole=whole)
        queued = "\n".join(_in_valkey())
        Message.objects.update(expires_at=None, send_after=dt.datetime.now(dt.UTC))
        deliver_due.delay()
        deliver_due()
        found = {"queue": queued + "\n".join(_in_valkey()), "operators' pages": _portal()}
        found |= _said()
        found["logs"] = logged.getvalue()
        return found

    return lived


def _said() -> Surfaces:
    parts: dict[str, list[str]] = {"subject": [], "headers": [], BODY: [], "text message": []}
    parts["what is kept beside a message"] = []
    for message in Message.objects.all():
        mail = render(message)
        whole = mail.message()
        parts["subject"].append(mail.subject)
        parts["headers"] += [f"{name}: {value}" for name, value in whole.items()]
        for part in whole.walk():
            parts["headers"] += [f"{name}: {value}" for name, value in part.items()]
            if not part.is_multipart():
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                parts[BODY].append(content.decode())
        if Channel.SMS in KINDS[message.template].channels:
            letter = Letter(message.pk, message.template, "+1", message.language, message.context)
            parts["text message"].append(sms_text(letter))
        parts["what is kept beside a message"] += [
            message.dedupe_key, message.about, message.error, message.provider_id,
        ]  # fmt: skip
    return {place: "\n".join(texts) for place, texts in parts.items()}


def _stores() -> list[redis.Redis]:
    """The cache and the broker."""
    return [get_redis_connection("default"), redis.Redis.from_url(settings.CELERY_BROKER_URL)]


def _in_valkey() -> Iterator[str]:
    """Every key and value, and what Celery packs into base64 in them."""
    for client in _stores():
        yield from _in_store(client)


def _in_store(client: redis.Redis) -> Iterator[str]:
    read = {
        b"string": lambda key: [client.get(key)],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": lambda key: [item for pair in client.hgetall(key).items() for item in pair],
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    for key in client.scan_iter():
        for value in (key, *read[client.type(key)](key)):
            text = value.decode(errors="replace")
            yield text
            if text.startswith("{") and isinstance(body := json.loads(text).get("body"), str):
                yield base64.b64decode(body).decode()


def _portal() -> str:
    sync_role_permissions()
    client = Client()
    client.force_login(factories.user(Role.OPERATOR, is_staff=True))
    addresses = ["/admin/", "/admin/notifications/message/"]
    addresses += [
        f"/admin/notifications/message/{pk}/change/"
        for pk in Message.objects.values_list("pk", flat=True)
    ]
    pages = [client.get(address) for address in addresses]
    assert {page.status_code for page in pages} == {200}
    return "\n".join(page.content.decode() for page in pages)


def leaks(surfaces: Surfaces) -> set[tuple[str, str]]:
    """Where which canary sings that should not."""
    found = {
        (place, what)
        for place, text in surfaces.items()
        for what, canary in NOWHERE.items()
        if canary.lower() in text.lower()
    }
    return found | {
        (place, what)
        for place, text in surfaces.items()
        if place != BODY
        for what, canary in IN_TEXT_ALONE.items()
        if canary.lower() in text.lower()
    }


def test_nothing_private_is_anywhere_a_message_passes(look: Callable[..., Surfaces]) -> None:
    surfaces = look()
    told = set(Message.objects.values_list("template", flat=True))
    assert told >= TOLD  # the story has told of all this
    assert "deliver_due" in surfaces["queue"]
    assert "delivered" in surfaces["logs"]
    assert leaks(surfaces) == set()


def test_what_the_text_of_a_mail_may_say_it_says(look: Callable[..., Surfaces]) -> None:
    """Or the search would find nothing for want of anything to find."""
    text = look()[BODY]
    assert [what for what, canary in IN_TEXT_ALONE.items() if canary not in text] == []


class TestTheSearchItself:
    """Each place is poisoned once, as a careless change would: the search has to notice."""

    @pytest.fixture
    def templates(self, settings: Any, tmp_path: Path) -> Path:
        *others, letters = settings.TEMPLATES
        settings.TEMPLATES = [*others, {**letters, "DIRS": [tmp_path, *letters["DIRS"]]}]
        folder = tmp_path / "notifications" / "booked"
        folder.mkdir(parents=True)
        return folder

    @pytest.mark.parametrize(
        ("file", "place"), [("subject.txt", "subject"), ("sms.txt", "text message")]
    )
    def test_a_doctor_in_what_is_read_on_a_locked_screen(
        self, look: Callable[..., Surfaces], templates: Path, file: str, place: str
    ) -> None:
        (templates / file).write_text("{{ doctor }} {{ when }}")
        assert (place, "doctor") in leaks(look(whole=False))

    def test_a_visit_type_in_a_mail(
        self, look: Callable[..., Surfaces], templates: Path, monkeypatch: Any
    ) -> None:
        plain = telling._context

        def wordy(visit: Appointment, *args: Any, **more: Any) -> dict[str, Any]:
            return plain(visit, *args, **more) | {"visit_type": visit.visit_type.name}

        monkeypatch.setattr(telling, "_context", wordy)
        (templates / "body.txt").write_text("{{ visit_type }}")
        assert (BODY, "visit type") in leaks(look(whole=False))

    def test_a_reason_in_a_log_line(self, look: Callable[..., Surfaces], monkeypatch: Any) -> None:
        record = steps.record

        def talkative(action: str, visit: Appointment, **more: Any) -> None:
            structlog.get_logger("clinic").warning(action, reason=visit.reason)
            record(action, visit, **more)

        monkeypatch.setattr(steps, "record", talkative)
        assert ("logs", "patient's reason") in leaks(look(whole=False))

    def test_a_name_in_a_tasks_arguments(
        self, look: Callable[..., Surfaces], monkeypatch: Any
    ) -> None:
        def hand_over(visit: Appointment) -> None:
            current_app.send_task("notifications.tasks.deliver_due", args=[visit.doctor.name])

        monkeypatch.setattr(steps, "record", _also(steps.record, hand_over))
        assert ("queue", "doctor") in leaks(look(whole=False))

    def test_a_context_on_the_operators_page(
        self, look: Callable[..., Surfaces], monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(Message, "__str__", lambda self: str(self.context))
        assert ("operators' pages", "doctor") in leaks(look(whole=False))


def _also(verb: Callable[..., Any], then: Callable[[Appointment], Any]) -> Callable[..., Any]:
    def both(action: str, visit: Appointment, **more: Any) -> Any:
        then(visit)
        return verb(action, visit, **more)

    return both


def test_an_error_is_kept_and_logged_without_what_it_says(
    logged: io.StringIO, monkeypatch: Any
) -> None:
    """A template's or the database's error quotes what it stumbled over."""

    def stumble(letter: Any) -> Any:
        raise ValueError(f"cannot write {letter.context}")

    Story().live(whole=False)
    monkeypatch.setattr(shapes, "write", stumble)
    Message.objects.update(expires_at=None, send_after=dt.datetime.now(dt.UTC))
    deliver_due()
    kept = " ".join(Message.objects.values_list("error", flat=True))
    assert "ValueError" in kept
    assert "Canary" not in kept + logged.getvalue()


def test_a_log_line_of_an_exception_has_none_of_its_words() -> None:
    error = ValueError("CanaryChestpain")
    line = forget_words(None, "error", {"event": "x", "exc_info": error})
    assert "Canary" not in str(line)
