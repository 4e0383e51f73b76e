"""When the provider says no, not now, or nothing at all."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
import time_machine
from django.utils import timezone

from notifications import delivery, limits
from notifications.channels import (
    Accepted,
    ProviderAway,
    Refused,
    SlowDown,
    Throttled,
    Trouble,
    Untried,
)
from notifications.delivery import circuit
from notifications.delivery.retrying import WAITS, wait_after
from notifications.models import Attempt, Message
from notifications.tests.delivery.provider import put, state

HOUR = dt.timedelta(hours=1)


def wait_of(message: Message) -> float:
    message.refresh_from_db()
    return (message.send_after - timezone.now()).total_seconds()


class TestWaits:
    def test_they_double_to_an_hour_and_end_after_four(self):
        assert WAITS[0] == dt.timedelta(seconds=30) and max(WAITS) == HOUR
        assert sum(WAITS, dt.timedelta()) == 4 * HOUR
        assert all(wait_after(number + 1) <= wait for number, wait in enumerate(WAITS))
        assert wait_after(len(WAITS) + 1) is None

    def test_what_failed_together_is_spread_but_not_by_much(self):
        waits = [wait_after(3).total_seconds() for _each in range(200)]
        assert 96 <= min(waits) < 102 and 114 < max(waits) <= 120


@pytest.mark.django_db
class TestTrouble:
    def test_a_passing_trouble_is_tried_again_later_and_noted(self, provider):
        provider.answers = {"maria@example.org": Trouble("451")}
        message, other = put(), put("other@example.org")
        assert delivery.deliver_due() == {"queued": 1, "sent": 1}
        assert (state(message), state(other)) == ("queued", "sent")
        assert 23 < wait_of(message) <= 30
        assert (message.attempts, message.begun_at, message.error) == (1, None, "451")
        assert message.tries.get().outcome == "trouble"

    def test_four_hours_of_it_end_with_its_reason(self, provider):
        provider.always = Trouble("451")
        start = timezone.now()
        message = put()
        with time_machine.travel(start, tick=False) as clock:
            while state(message) == "queued":
                clock.move_to(message.send_after)
                delivery.deliver_due()
            lasted = timezone.now() - start
        assert (state(message), message.error) == ("failed", "451")
        assert 3.2 * HOUR <= lasted <= 4 * HOUR
        assert message.attempts == len(WAITS) + 1 == message.tries.count()

    def test_who_failed_before_is_tried_alone(self, provider):
        provider.answers = {"maria@example.org": Trouble("451")}
        message = put()
        delivery.deliver_due()
        Message.objects.update(send_after=timezone.now())
        others = [put(f"p{number}@example.org") for number in range(3)]
        provider.answers = {}
        delivery.deliver_due()
        assert [message.pk] in [[letter.id for letter in call] for call in provider.calls_made[1:]]
        assert {state(each) for each in others} == {"sent"}

    def test_a_fault_of_the_outlet_fails_only_whoever_it_follows(self, provider):
        provider.answers = {"poison@example.org": ValueError("no")}
        poison = put("poison@example.org")
        good = [put(f"p{number}@example.org") for number in range(3)]
        assert delivery.deliver_due() == {"queued": 4}
        Message.objects.update(send_after=timezone.now())
        assert delivery.deliver_due() == {"sent": 3, "failed": 1}
        assert (state(poison), poison.error) == ("failed", "outlet ValueError")
        assert {state(each) for each in good} == {"sent"}

    @pytest.mark.parametrize(
        ("odd", "status"),
        [
            (Accepted("a\x00b"), "sent"),
            (Accepted("\ud800" + "x" * 500), "sent"),
            (Accepted(None), "sent"),  # type: ignore[arg-type]
            (Refused("a\x00b"), "failed"),
            (Trouble("\ud800" + "x" * 500), "queued"),
        ],
    )
    def test_an_answer_that_no_row_can_hold_costs_the_others_nothing(self, provider, odd, status):
        """One call's answers are written down in one statement."""
        provider.answers["odd@example.org"] = odd
        strange, plain = put("odd@example.org"), put("plain@example.org")
        delivery.deliver_due()
        assert (state(strange), state(plain)) == (status, "sent")
        assert len(provider.calls_made) == 1

    def test_fewer_answers_than_letters_are_no_answers(self, provider, monkeypatch):
        monkeypatch.setattr(provider, "send", lambda letters: [Accepted()])
        one, two = put("one@example.org"), put("two@example.org")
        assert delivery.deliver_due() == {"queued": 2}
        assert (state(one), state(two)) == ("queued", "queued")


@pytest.mark.django_db
class TestAway:
    def test_it_stops_the_run_and_loses_nothing(self, provider):
        provider.always = ProviderAway("ConnectionRefusedError")
        provider.per_call = 2
        messages = [put(f"p{number}@example.org") for number in range(5)]
        assert delivery.deliver_due() == {"queued": 2}
        assert {state(message) for message in messages} == {"queued"}
        assert {message.attempts for message in messages} == {0}
        assert len(provider.calls_made) == 1, "it is not asked again for each message"
        assert not Attempt.objects.exists(), "and that was no try of any one of them"

    def test_it_is_asked_again_after_a_while_by_one_message_and_later_each_time(self, provider):
        provider.always = ProviderAway("gone")
        [put(f"p{number}@example.org") for number in range(5)]
        start = timezone.now()
        asked = []
        with time_machine.travel(start, tick=False) as clock:
            for _second in range(120):
                before = len(provider.calls_made)
                delivery.deliver_due()
                if len(provider.calls_made) > before:
                    asked.append((timezone.now() - start).total_seconds())
                clock.shift(1)
            waits = [later - sooner for sooner, later in itertools.pairwise(asked)]
            assert waits[0] <= 3 < waits[2] and max(waits) <= 31
            assert {len(call) for call in provider.calls_made[1:]} == {1}
            provider.always = None
            clock.shift(circuit.LONGEST)
            assert delivery.deliver_due() == {"sent": 5}

    def test_days_of_it_cost_no_message_but_what_time_ends(self, provider):
        start = timezone.now()
        messages = [put(f"p{number}@example.org") for number in range(3)]
        late = put(template="code", expires_at=start + 2 * HOUR)
        provider.always = ProviderAway("gone")
        with time_machine.travel(start, tick=False) as clock:
            for _half_hour in range(4 * 48):
                delivery.deliver_due()
                clock.shift(dt.timedelta(minutes=30))
            assert {(state(each), each.attempts) for each in messages} == {("queued", 0)}
            assert (state(late), late.error, late.context) == ("void", "expired", {})
            provider.always = None
            assert delivery.deliver_due() == {"sent": 3}
        assert {(state(each), each.attempts) for each in messages} == {("sent", 1)}

    def test_those_whose_turn_did_not_come_count_no_try(self, provider):
        provider.answers = {"two@example.org": Untried("gone")}
        one, two = put("one@example.org"), put("two@example.org")
        assert delivery.deliver_due() == {"sent": 1, "queued": 1}
        assert (state(one), state(two), two.attempts) == ("sent", "queued", 0)

    def test_the_other_channel_goes_on(self, provider):
        provider.always = ProviderAway("gone")
        put()
        text = put(template="booked")
        Message.objects.filter(pk=text.pk).update(channel="sms", recipient="+14155550123")
        assert delivery.deliver_due()["queued"] == 1
        assert state(text) != "queued"


@pytest.mark.django_db
def test_four_hours_of_every_trouble_leave_each_message_sent_or_ended_with_a_reason(provider):
    """Some refused, some troubled, some cut off: whatever the provider does for four hours."""
    start = timezone.now()
    messages = [put(f"p{number}@example.org") for number in range(40)]
    hurried = [
        put(f"h{number}@example.org", expires_at=start + number * HOUR / 4) for number in range(8)
    ]
    provider.answers = {"p0@example.org": Refused("550"), "p1@example.org": Trouble("452")}
    with time_machine.travel(start, tick=False) as clock:
        for minute in range(6 * 60):
            away = minute < 4 * 60
            provider.always = (
                [ProviderAway("gone"), Trouble("421")][minute % 7 == 3] if away else None
            )
            delivery.deliver_due()
            clock.shift(60)
    assert {state(each) for each in (*messages, *hurried)} <= {"sent", "failed", "void"}
    ended = [each for each in (*messages, *hurried) if each.status != "sent"]
    assert all(each.error for each in ended)
    assert state(messages[0]) == "failed" and state(messages[1]) == "failed"
    assert sum(state(each) == "sent" for each in messages) >= 30


@pytest.mark.django_db
class TestSlowDown:
    def test_it_puts_them_back_and_pauses_and_counts_no_try(self, provider, monkeypatch):
        pauses = []
        monkeypatch.setattr(
            limits.Limit, "slow_down", lambda self, seconds, rate: pauses.append(seconds)
        )
        answers = iter([SlowDown(2.5)])
        provider.before = lambda letters: setattr(provider, "always", next(answers, None))
        message = put()
        assert delivery.deliver_due() == {"queued": 1, "sent": 1}
        assert (state(message), message.attempts, message.error) == ("sent", 1, "")
        assert pauses == [2.5]
        assert not Attempt.objects.exists()

    def test_nothing_leaves_before_the_pause_is_over(self, provider):
        provider.before = lambda letters: setattr(
            provider, "always", SlowDown(0.3) if len(provider.calls_made) == 1 else None
        )
        put()
        started = timezone.now()
        assert delivery.deliver_due() == {"queued": 1, "sent": 1}
        assert timezone.now() - started >= dt.timedelta(seconds=0.3)

    def test_one_that_was_held_back_among_others_pauses_too_and_counts_no_try(
        self, provider, monkeypatch
    ):
        pauses = []
        monkeypatch.setattr(
            limits.Limit, "slow_down", lambda self, seconds, rate: pauses.append(seconds)
        )
        provider.answers = {"late@example.org": Throttled(3.0)}
        provider.before = lambda letters: (
            provider.answers.clear() if len(provider.calls_made) > 1 else None
        )
        late, other = put("late@example.org"), put()
        assert delivery.deliver_due() == {"queued": 1, "sent": 2}
        assert [(state(each), each.attempts) for each in (late, other)] == [("sent", 1)] * 2
        assert pauses == [3.0] and not Attempt.objects.exists()
