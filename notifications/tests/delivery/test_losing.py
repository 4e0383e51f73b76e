"""Workers that die: nothing is lost with them, a duplicate is counted, and poison ends."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.utils import timezone

from notifications import delivery, tasks
from notifications.channels import Accepted
from notifications.delivery import claiming, losing, recording
from notifications.models import Message
from notifications.tests.delivery.provider import put, state
from notifications.tests.delivery.test_sending import take_back

LEASE = claiming.LEASE


def begin(*, now: dt.datetime | None = None, limit: int = 50) -> tuple[uuid.UUID, list]:
    """What a worker does before it dies."""
    lease = uuid.uuid4()
    look = claiming.begin(
        channel="email",
        provider="fake",
        lease=lease,
        now=now or timezone.now(),
        limit=limit,
        cut=lambda taken: [taken] if taken else [],
    )
    return lease, [each for call in look.begun for each in call]


def lose() -> None:
    Message.objects.filter(status="sending").update(
        leased_until=timezone.now() - dt.timedelta(seconds=1)
    )


@pytest.mark.django_db
class TestLosses:
    def test_a_killed_workers_messages_are_sent_by_the_sweep_once_its_lease_has_run_out(
        self, provider
    ):
        message = put()
        begin()  # ... and it dies here
        assert delivery.deliver_due() == {}, "for now they are that worker's"
        assert state(message) == "sending"
        lose()
        assert tasks.deliver_due() == {"sent": 1}
        assert (state(message), message.attempts, message.losses) == ("sent", 2, 1)
        assert message.tries.get().outcome == "lost", "the possible duplicate is counted"

    def test_the_lease_and_a_sweep_are_over_within_a_minute(self):
        from clinic.celery import app

        put()
        now = timezone.now()
        begin(now=now)
        sweep = app.conf.beat_schedule["deliver-messages"]["schedule"]
        until = Message.objects.get().leased_until
        assert until - now + dt.timedelta(seconds=sweep) < dt.timedelta(seconds=50)

    def test_one_that_was_overtaken_is_not_sent_again(self, provider):
        message = put()
        begin()
        take_back(message)
        lose()
        assert delivery.deliver_due() == {"void": 1}
        assert state(message) == "void" and message.overtaken_at is not None
        assert message.tries.get().outcome == "lost"

    def test_what_comes_too_late_after_a_loss_is_not_sent(self, provider):
        message = put(expires_at=timezone.now() + dt.timedelta(minutes=1))
        begin()
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
            assert delivery.deliver_due() == {"void": 1}
        assert (state(message), message.error) == ("void", "expired")

    def test_a_record_that_comes_after_the_lease_has_passed_on_still_wins(self, provider):
        message = put()
        slow, taken = begin()
        lose()
        losing.take_back(now=timezone.now())
        answers = [recording.Answer(taken[0], timezone.now(), "fake", "email", Accepted("first"))]
        recording.record(answers, lease=slow, now=timezone.now())
        assert (state(message), message.provider_id) == ("sent", "first")
        assert delivery.deliver_due() == {}, "the mail has left"

    def test_a_failure_that_comes_after_the_lease_has_passed_on_says_nothing(self):
        from notifications.channels import Refused

        message = put()
        slow, taken = begin()
        lose()
        losing.take_back(now=timezone.now())
        answers = [recording.Answer(taken[0], timezone.now(), "fake", "email", Refused("550"))]
        done = recording.record(answers, lease=slow, now=timezone.now())
        assert +done.counts == {"overtaken": 1} and done.later == []
        assert state(message) == "queued"


@pytest.mark.django_db
class TestPoison:
    """One message that kills each worker that touches it, and those that were in its company."""

    def test_it_ends_after_three_workers_and_takes_nobody_with_it(self, provider):
        poison = put("poison@example.org", template="code")
        others = [put(f"p{number}@example.org") for number in range(30)]
        killed = 0

        def kill(letters):
            if any(letter.recipient == "poison@example.org" for letter in letters):
                raise Killed

        provider.before = kill
        while state(poison) != "failed":
            try:
                delivery.deliver_due()
            except Killed:
                killed += 1
            lose()
        delivery.deliver_due()
        assert killed == losing.MOST
        assert (poison.error, poison.context) == ("lost with 3 workers", {})
        assert {state(other) for other in others} == {"sent"}
        assert {len(call) for call in provider.calls_made if len(call) > claiming.FEW} == {31}

    def test_who_was_lost_in_a_crowd_leaves_in_small_company_and_then_alone(self, provider):
        for number in range(25):
            put(f"p{number}@example.org")
        begin()
        lose()
        assert delivery.deliver_due() == {"sent": 25}
        assert [len(call) for call in provider.calls_made] == [10, 10, 5]

        put("twice@example.org"), put("once@example.org")
        Message.objects.filter(recipient="twice@example.org").update(losses=2)
        Message.objects.filter(recipient="once@example.org").update(losses=1)
        provider.calls_made.clear()
        delivery.deliver_due()
        assert sorted(len(call) for call in provider.calls_made) == [1, 1]


class Killed(BaseException):
    """As much of a SIGKILL as one process can play: nothing is recorded after it."""
