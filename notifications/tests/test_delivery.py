"""Sending: each message alone, each state true, and nothing lost with a worker."""

from __future__ import annotations

import datetime as dt
import smtplib
import threading
import uuid

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.utils import timezone

from notifications import delivery, outbox, tasks
from notifications.catalog import SAMPLE_CONTEXT
from notifications.models import Message, MessageStatus

MINUTE = dt.timedelta(minutes=1)


class Provider(EmailBackend):
    """A mail server that answers as a test tells it to."""

    opened = 0
    closed = 0
    away = False
    answers: dict[str, Exception] = {}
    before = staticmethod(lambda message: None)

    def open(self):
        type(self).opened += 1
        if self.away:
            raise ConnectionRefusedError

    def close(self):
        type(self).closed += 1

    def send_messages(self, messages):
        type(self).before(messages[0])
        error = self.answers.get(messages[0].to[0])
        if error:
            raise error
        return super().send_messages(messages)


@pytest.fixture
def provider(monkeypatch):
    class Fresh(Provider):
        answers: dict[str, Exception] = {}

    monkeypatch.setattr(delivery, "get_connection", lambda: Fresh())
    return Fresh


def put(to: str = "maria@example.org", *, template: str = "booked", **changes: object) -> Message:
    now = timezone.now() - MINUTE
    message = outbox.enqueue(
        template=template,
        recipient=to,
        dedupe_key=f"test:{uuid.uuid4()}",
        context=SAMPLE_CONTEXT[template],
        about="appointment:1",
        now=now,
        **changes,
    )
    assert message is not None
    return message


def state(message: Message) -> str:
    message.refresh_from_db()
    return message.status


@pytest.mark.django_db
class TestSending:
    def test_what_is_due_leaves_and_is_recorded_as_sent(self):
        message = put()
        assert tasks.deliver_due() == {"sent": 1}
        assert state(message) == "sent"
        assert message.sent_at is not None and message.lease is None and message.attempts == 1
        assert mail.outbox[0].to == ["maria@example.org"]
        assert tasks.deliver_due() == {}, "and only once"

    def test_what_is_for_later_stays(self):
        message = put(send_after=timezone.now() + MINUTE)
        assert delivery.deliver_due() == {}
        assert state(message) == "queued"

    def test_what_comes_too_late_is_not_sent_and_forgets_its_code(self):
        message = put(template="code", expires_at=timezone.now() - MINUTE)
        delivery.deliver_due()
        assert (state(message), message.error, message.context) == ("void", "expired", {})
        assert mail.outbox == []

    def test_a_code_is_wiped_once_it_has_left(self):
        message = put(template="code")
        delivery.deliver_due()
        assert "BCDF-GHJK" in mail.outbox[0].body
        assert (state(message), message.context) == ("sent", {})

    def test_more_than_a_batch_leaves_in_one_run_over_one_line(self, provider, monkeypatch):
        monkeypatch.setattr(delivery, "BATCH", 50)
        for number in range(60):
            put(f"p{number}@example.org")
        assert delivery.deliver_due() == {"sent": 60}
        assert provider.closed == 2, "one connection for each batch"

    def test_a_message_speaks_its_language(self):
        put(language="es")
        delivery.deliver_due()
        assert 'lang="es"' in mail.outbox[0].alternatives[0][0]


@pytest.mark.django_db
class TestTrouble:
    def test_one_bad_message_fails_alone(self, provider):
        broken = put("broken@example.org")
        Message.objects.filter(pk=broken.pk).update(template="no-such-folder")
        refused = put("refused@example.org")
        provider.answers = {
            "refused@example.org": smtplib.SMTPRecipientsRefused({"r": (550, b"no such user")})
        }
        good = put("good@example.org")
        assert delivery.deliver_due() == {"failed": 2, "sent": 1}
        assert [state(each) for each in (broken, refused, good)] == ["failed", "failed", "sent"]
        assert "550" in refused.error and "no such user" not in refused.error

    @pytest.mark.parametrize(
        "error",
        [
            smtplib.SMTPDataError(451, b"try later"),
            smtplib.SMTPServerDisconnected("gone"),
            TimeoutError(),
        ],
    )
    def test_a_passing_trouble_is_tried_again_later(self, provider, error):
        provider.answers = {"maria@example.org": error}
        message = put()
        other = put("other@example.org")
        assert delivery.deliver_due() == {"queued": 1, "sent": 1}
        assert state(message) == "queued" and state(other) == "sent"
        wait = (message.send_after - timezone.now()).total_seconds()
        assert 20 < wait < 37

    def test_waits_grow_and_end(self, provider):
        provider.answers = {"maria@example.org": smtplib.SMTPDataError(451, b"")}
        message = put()
        waits = []
        while state(message) != "failed":
            Message.objects.filter(pk=message.pk).update(send_after=timezone.now())
            delivery.deliver_due()
            message.refresh_from_db()
            waits.append(round((message.send_after - timezone.now()).total_seconds()))
        assert 8 <= message.attempts <= 10
        assert max(waits) <= 4 * 3600
        assert waits[4] > 4 * waits[1]

    def test_a_provider_that_is_away_stops_the_run_and_loses_nothing(self, provider):
        provider.away = True
        messages = [put(f"p{number}@example.org") for number in range(5)]
        assert delivery.deliver_due() == {}
        assert {state(message) for message in messages} == {"queued"}
        assert provider.opened == 1, "it is not asked again for each message"

    def test_an_outage_of_a_day_costs_no_message(self, provider):
        start = timezone.now()
        messages = [put(f"p{number}@example.org") for number in range(3)]
        late = put(template="code", expires_at=start + dt.timedelta(hours=2))
        provider.away = True
        with time_machine.travel(start, tick=False) as clock:
            for _quarter in range(4 * 24):
                assert delivery.deliver_due() == {}
                clock.shift(dt.timedelta(minutes=15))
            assert {(state(each), each.attempts) for each in messages} == {("queued", 0)}
            assert (state(late), late.error) == ("void", "expired")
            provider.away = False
            assert delivery.deliver_due() == {"sent": 3}
        assert {(state(each), each.attempts) for each in messages} == {("sent", 1)}

    def test_a_provider_that_is_away_is_asked_again_in_a_minute(self, provider):
        provider.away = True
        message = put()
        delivery.deliver_due()
        message.refresh_from_db()
        assert 45 < (message.send_after - timezone.now()).total_seconds() < 75

    def test_one_that_is_taken_back_as_it_leaves_is_recorded_as_sent(self, provider):
        message = put()
        provider.before = staticmethod(
            lambda sent: outbox.void(about="appointment:1", now=timezone.now())
        )
        assert delivery.deliver_due() == {"sent": 1}
        assert len(mail.outbox) == 1
        assert state(message) == "sent" and message.sent_at is not None

    def test_one_that_is_taken_back_as_it_is_refused_stays_taken_back(self, provider):
        message = put()
        provider.answers = {"maria@example.org": smtplib.SMTPDataError(451, b"")}
        provider.before = staticmethod(
            lambda sent: outbox.void(about="appointment:1", now=timezone.now())
        )
        assert delivery.deliver_due() == {"overtaken": 1}
        assert state(message) == "void"

    def test_one_that_is_taken_back_while_its_batch_is_on_its_way_is_not_sent(self, provider):
        put("first@example.org", send_after=timezone.now() - 2 * MINUTE)
        second = put("second@example.org")
        Message.objects.filter(pk=second.pk).update(about="appointment:2")

        def cancel(message):
            outbox.void(about="appointment:2", now=timezone.now())

        provider.before = staticmethod(cancel)
        assert delivery.deliver_due() == {"sent": 1, "skipped": 1}
        assert state(second) == "void"
        assert [each.to for each in mail.outbox] == [["first@example.org"]]


@pytest.mark.django_db
class TestLeases:
    def test_a_killed_workers_messages_are_sent_by_the_sweep_once_its_lease_has_run_out(self):
        message = put()
        delivery.claim(lease=uuid.uuid4(), now=timezone.now())  # ... and it dies here
        assert delivery.deliver_due() == {}, "for now they are that worker's"
        assert state(message) == "sending"
        Message.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
        assert tasks.deliver_due() == {"sent": 1}
        assert (state(message), message.attempts) == ("sent", 2)

    def test_the_lease_lasts_two_minutes(self):
        put()
        now = timezone.now()
        claimed = delivery.claim(lease=uuid.uuid4(), now=now)
        assert claimed[0].leased_until - now == dt.timedelta(minutes=2)

    def test_a_worker_that_was_overtaken_records_nothing(self):
        message = put()
        slow, fast = uuid.uuid4(), uuid.uuid4()
        claimed = delivery.claim(lease=slow, now=timezone.now())
        later = timezone.now() + dt.timedelta(minutes=3)
        delivery.claim(lease=fast, now=later)
        counts: dict[str, int] = {}
        delivery._deliver(claimed, lease=slow, counts=counts)
        assert counts == {"skipped": 1}
        assert mail.outbox == [] and state(message) == MessageStatus.SENDING
        assert message.lease == fast


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work_and_send_nothing_twice():
    for number in range(40):
        put(f"p{number}@example.org")
    taken: list[list[uuid.UUID]] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        claimed = delivery.claim(lease=uuid.uuid4(), now=timezone.now(), limit=15)
        taken.append([message.pk for message in claimed])
        connections.close_all()

    threads = [threading.Thread(target=work) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [each for one in taken for each in one]
    assert len(ids) == len(set(ids))


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_mail_is_handed_over(provider):
    from django.db import connection

    seen = []
    provider.before = staticmethod(lambda message: seen.append(connection.in_atomic_block))
    put()
    delivery.deliver_due()
    assert seen == [False]


@pytest.mark.django_db(transaction=True)
def test_that_a_mail_left_is_recorded_though_somebody_holds_the_row_for_long(provider):
    from django.db import connection, transaction

    message = put()
    taken, leave = threading.Event(), threading.Event()

    def void_slowly() -> None:
        with transaction.atomic():
            outbox.void(about="appointment:1", now=timezone.now())
            taken.set()
            leave.wait(0.6)
        connections.close_all()

    thread = threading.Thread(target=void_slowly)

    def hold(sent):
        thread.start()
        taken.wait(5)

    provider.before = staticmethod(hold)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        assert delivery.deliver_due() == {"sent": 1}
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
        leave.set()
        thread.join()
    assert state(message) == "sent"
