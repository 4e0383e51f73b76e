"""Writing messages: once per cause, with the change, and never in its way."""

from __future__ import annotations

import datetime as dt
import socket
import time
from collections.abc import Iterator

import pytest
from django.db import transaction

from clinic.celery import app
from clinic.lib import hints
from notifications import outbox, ping
from notifications.models import Message, MessageStatus

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def enqueue(key: str = "appointment:1:v1:booked", **changes: object) -> Message | None:
    values = {
        "template": "booked",
        "recipient": "maria@example.org",
        "dedupe_key": key,
        "context": {"when": "Tuesday"},
        "about": "appointment:1",
        "now": NOW,
    }
    return outbox.enqueue(**{**values, **changes})


@pytest.fixture
def pings(monkeypatch):
    calls: list[float] = []
    monkeypatch.setattr(ping.hint, "publish", lambda: calls.append(time.monotonic()))
    return calls


@pytest.mark.django_db
class TestEnqueue:
    def test_the_same_cause_is_told_once(self):
        assert enqueue() is not None
        assert enqueue() is None
        assert Message.objects.count() == 1

    def test_it_is_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            enqueue()

    def test_what_was_written_can_be_read_back(self):
        message = enqueue(context={"when": "Dienstag", "nested": {"a": [1]}}, expires_at=NOW + HOUR)
        stored = Message.objects.get()
        assert stored.pk == message.pk
        assert stored.context == {"when": "Dienstag", "nested": {"a": [1]}}
        assert (stored.status, stored.send_after, stored.expires_at) == ("queued", NOW, NOW + HOUR)

    def test_a_message_without_a_template_is_refused(self):
        with pytest.raises(outbox.UnknownTemplate):
            enqueue(template="nonsense")

    @pytest.mark.parametrize("bad", ["", "maria", "a@b.org\nBcc: c@d.org", "a@b.org, c@d.org"])
    def test_a_bad_recipient_is_refused(self, bad):
        with pytest.raises(outbox.BadRecipient):
            enqueue(recipient=bad)
        assert not Message.objects.exists()


@pytest.mark.django_db
class TestVoid:
    def test_it_takes_back_what_has_not_left_and_nothing_else(self):
        for key, status in [("a", "queued"), ("b", "failed")]:
            enqueue(key)
            Message.objects.filter(dedupe_key=key).update(status=status)
        enqueue("c", about="appointment:2")
        assert outbox.void(about="appointment:1", now=NOW) == 2
        found = dict(Message.objects.values_list("dedupe_key", "status"))
        assert found == {"a": "void", "b": "void", "c": "queued"}

    def test_what_has_begun_to_leave_is_not_taken_back_but_marked(self):
        sent = enqueue("a")
        begun = enqueue("b", about="appointment:2")
        Message.objects.filter(pk=sent.pk).update(status="sent", sent_at=NOW, begun_at=NOW)
        Message.objects.filter(pk=begun.pk).update(
            status="sending", lease=begun.pk, leased_until=NOW + HOUR, begun_at=NOW
        )
        assert outbox.void(about="appointment:1", now=NOW) == 0
        assert outbox.void(about="appointment:2", now=NOW) == 0
        found = Message.objects.values_list("status", "overtaken_at")
        assert set(found) == {("sent", NOW), ("sending", NOW)}

    def test_a_second_taking_back_leaves_the_first_ones_time(self):
        enqueue()
        Message.objects.update(status="sent", sent_at=NOW)
        outbox.void(about="appointment:1", now=NOW)
        outbox.void(about="appointment:1", now=NOW + HOUR)
        assert Message.objects.get().overtaken_at == NOW

    def test_nothing_in_particular_takes_back_nothing(self):
        enqueue(about="")
        assert outbox.void(about="", now=NOW) == 0

    def test_one_template_alone(self):
        enqueue("a"), enqueue("b", template="running_late")
        assert outbox.void(about="appointment:1", template="running_late", now=NOW) == 1
        assert Message.objects.get(status=MessageStatus.QUEUED).template == "booked"


@pytest.mark.django_db(transaction=True)
class TestPing:
    def test_a_transaction_asks_once_and_only_after_it_has_committed(self, pings):
        with transaction.atomic():
            enqueue("a")
            enqueue("b")
            with transaction.atomic():
                enqueue("c")
            assert pings == []
        assert len(pings) == 1

    def test_what_is_undone_asks_for_nothing(self, pings):
        with transaction.atomic():
            enqueue()
            transaction.set_rollback(True)
        assert pings == []

    def test_what_a_savepoint_undid_does_not_keep_the_rest_from_asking(self, pings):
        with transaction.atomic():
            try:
                with transaction.atomic():
                    enqueue("a")
                    raise ValueError
            except ValueError:
                pass
            enqueue("b")
        assert len(pings) == 1

    def test_a_message_for_later_does_not_ask(self, pings):
        enqueue(send_after=NOW + HOUR)
        assert pings == []

    def test_many_messages_ask_once_until_a_worker_has_begun(self, pings):
        enqueue("a")
        enqueue("b")
        assert len(pings) == 1
        ping.hint.heard()
        enqueue("c")
        assert len(pings) == 2

    def test_a_broker_that_is_away_stops_nobody(self, monkeypatch):
        calls = []

        def broken() -> None:
            calls.append(1)
            raise OSError

        monkeypatch.setattr(ping.hint, "publish", broken)
        for key in "abc":
            assert enqueue(key) is not None
            ping.hint.heard()
        assert len(calls) == 1, "after a failure it is left alone for a while"


def test_a_broker_that_was_slow_is_asked_again_after_moments(monkeypatch):
    """The first hint of a process may be the slow one: the next mail must not wait for a sweep."""
    calls = []
    clock = [100.0]
    monkeypatch.setattr(hints.time, "monotonic", lambda: clock[0])

    def slow() -> None:
        calls.append(1)
        clock[0] += 0.5

    monkeypatch.setattr(ping.hint, "publish", slow)
    for wait in (0, 1, 3):
        clock[0] += wait
        ping.hint.heard()
        ping.hint.give()
    hints.forget()
    assert len(calls) == 2, "at once, spared after a second, asked after three more"


@pytest.mark.parametrize("kind", ["refusing", "silent"])
def test_a_real_broker_that_is_away_costs_a_second_once(kind, monkeypatch):
    """Against a closed port, and against one that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if kind == "silent":
            server.listen(16)
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        monkeypatch.setattr(app.conf, "broker_write_url", url)
        asked = []
        publish = ping.hint.publish
        monkeypatch.setattr(ping.hint, "publish", lambda: (asked.append(1), publish()))
        # The best of some: this machine may be busy with something else meanwhile.
        assert any(seconds_of(ping.hint.give) < 1.6 for _time in fresh_starts(5))
        asked.clear()
        ping.hint.heard()
        ping.hint.give()
    hints.forget()
    assert not asked, "the next one costs nothing"


def test_the_hint_reaches_the_broker():
    ping.hint.give()
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue("messages")
        assert queue.get(timeout=60).headers["task"] == "notifications.tasks.deliver_due"


def fresh_starts(most: int) -> Iterator[int]:
    """So many times, each as in a process that has not asked the broker yet."""
    for time_ in range(most):
        hints.forget()
        yield time_


def seconds_of(call) -> float:
    ping.hint.heard()
    started = time.monotonic()
    call()
    return time.monotonic() - started
