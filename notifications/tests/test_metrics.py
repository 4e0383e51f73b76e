"""Numbers for people and for machines; nobody is named in them."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.lib import dead_letters
from notifications import metrics, outbox
from notifications.models import Attempt, Message
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SECOND, HOUR = dt.timedelta(seconds=1), dt.timedelta(hours=1)


def message(**changes) -> Message:
    made = outbox.enqueue(
        template="booked",
        recipient="maria@example.org",
        dedupe_key=uuid.uuid4().hex,
        context={"when": "Tuesday"},
        patient_id=factories.patient().pk,
        send_after=changes.pop("send_after", None),
        now=NOW,
    )
    Message.objects.filter(pk=made.pk).update(**changes)
    return Message.objects.get(pk=made.pk)


@pytest.fixture
def some(monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    monkeypatch.setattr(dead_letters, "count", lambda: 2)
    message(priority=0, send_after=NOW - 90 * SECOND)
    message(send_after=NOW + HOUR)
    message(status="sent", sent_at=NOW - 30 * SECOND)
    message(status="delivered", sent_at=NOW - HOUR / 2)
    failed = message(status="failed", error="suppressed: bounce")
    message(status="failed", error="suppressed: complaint")
    message(status="bounced", sent_at=NOW - 2 * HOUR)
    message(status="sent", sent_at=NOW - 2 * HOUR, overtaken_at=NOW - 3 * HOUR)
    Attempt.objects.create(message=failed, begun_at=NOW, ended_at=NOW, outcome="lost")


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_the_counts(some) -> None:
    assert json.loads(run("message_stats", "--json")) == {
        "queued": {"email urgent": 1},
        "later": 1,
        "sending": 0,
        "oldest_seconds": 90.0,
        "sent_last_minute": 1,
        "sent_last_hour": 2,
        "failed": {"suppressed": 2},
        "bounced": 1,
        "overtaken": 1,
        "possible_duplicates": 1,
        "suppressed": 0,
        "dead_letters": 2,
    }
    assert "1 due, the oldest for 90 s" in run("message_stats")


def test_a_broker_that_is_away_is_said_and_stops_nothing(some, monkeypatch) -> None:
    def away() -> int:
        raise OSError

    monkeypatch.setattr(dead_letters, "count", away)
    assert "the broker does not answer" in run("message_stats")
    assert "dead_letters" not in metrics.prometheus(metrics.read(now=NOW))


class TestPage:
    def test_without_the_setting_or_with_another_token_there_is_no_such_page(
        self, settings, some
    ) -> None:
        given = {"Authorization": "Bearer right"}
        assert Client().get("/metrics", headers=given).status_code == 404
        settings.METRICS_TOKEN = "right"
        assert Client().get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer é"}).status_code == 404
        assert Client().get("/metrics", headers=given).status_code == 200

    def test_it_reads_as_prometheus_does_and_names_nobody(self, settings, some) -> None:
        settings.METRICS_TOKEN = "right"
        message(status="failed", error='bad"} reason\nx')
        answer = Client().get("/metrics", headers={"Authorization": "Bearer right"})
        text = answer.content.decode()
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert 'clinic_messages_queued{channel="email",priority="urgent"} 1\n' in text
        assert 'clinic_messages_failed_last_day{reason="suppressed"} 2\n' in text
        assert 'clinic_messages_failed_last_day{reason="bad"} 1\n' in text
        assert "clinic_messages_oldest_seconds 90.0\n" in text
        for line in text.splitlines():
            assert line.startswith("# ") or float(line.rsplit(" ", 1)[1]) >= 0
        assert "maria" not in text


class TestReplayFailed:
    def test_it_says_how_many_and_changes_nothing_when_dry(self, some, monkeypatch) -> None:
        before = list(Message.objects.order_by("pk").values_list("status", flat=True))
        facts = json.loads(run("replay_failed", "--dry-run", "--json"))
        assert facts == {"failed": 2, "queued": 2, "dry_run": True}
        assert list(Message.objects.order_by("pk").values_list("status", flat=True)) == before

    def test_it_queues_those_of_the_time_and_kind_that_are_asked_for(self, some) -> None:
        assert "0 of 0" in run("replay_failed", "--since", "2099-01-01")
        assert "0 of 0" in run("replay_failed", "--template", "moved")
        assert "2 of 2" in run("replay_failed", "--since", "2000-01-01T08:00")
        assert not Message.objects.filter(status="failed").exists()

    def test_a_kind_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(CommandError):
            run("replay_failed", "--template", "nonsense")


def test_dead_letters_are_listed_shown_given_back_and_dropped() -> None:
    list(dead_letters.drop(ids=None))  # the broker outlives each test
    for task in ("notifications.tasks.deliver_due", "tests.unknown"):
        dead_letters.keep(
            queue="messages", task=task, reason="UnknownTask", now=NOW, body="[[], {}, {}]",
            headers={"task": task, "id": task, "expires": "2000-01-01T00:00:00"},
            content_type="application/json", content_encoding="utf-8",
        )  # fmt: skip
    known, unknown = sorted(dead_letters.all_newest_first(), key=lambda letter: letter.task)
    assert "2 dead letters." in run("dead_letters")
    assert "[[], {}, {}]" in run("dead_letters", "--show", known.id)
    assert "1 given back" in run("dead_letters", "--replay", known.id)
    assert "1 dropped" in run("dead_letters", "--drop", unknown.id)
    assert json.loads(run("dead_letters", "--json")) == {"dead_letters": []}
    for option in ("--replay", "--drop", "--show"):
        with pytest.raises(CommandError):
            run("dead_letters", option, known.id)
