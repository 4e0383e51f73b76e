"""The sending limit: shared by all, never in the way of mail when Valkey is."""

from __future__ import annotations

import threading
import time

import pytest
from django_redis import get_redis_connection
from redis.exceptions import ConnectionError as Away

from notifications import limits
from notifications.limits import Limit


class Quota:
    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), 0

    def quota(self) -> float | None:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _fresh():
    get_redis_connection("default").flushdb()


def make(rate: float, settings) -> Limit:
    settings.EMAIL_PER_SECOND = rate
    return Limit("email", object())


def drain(limit: Limit, seconds: float) -> int:
    """How many tokens a worker gets that always wants fifty and waits as it is told."""
    taken, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        granted, wait = limit.take(50, limit.rate())
        taken += granted
        time.sleep(min(wait, max(0.0, until - time.monotonic())))
    return taken


class TestRate:
    def test_the_settings_come_first_then_the_account_then_none(self, settings):
        quota = Quota(100.0)
        settings.EMAIL_PER_SECOND = 7
        assert Limit("email", quota).rate() == 7 and quota.asked == 0
        settings.EMAIL_PER_SECOND = 0
        assert Limit("email", quota).rate() == pytest.approx(100 * limits.QUOTA_PART)
        assert Limit("email", object()).rate() == 0

    def test_the_account_is_asked_once_in_a_while(self, settings, monkeypatch):
        settings.EMAIL_PER_SECOND = 0
        quota = Quota(100.0, 200.0)
        limit = Limit("email", quota)
        assert limit.rate() == limit.rate() == pytest.approx(95.0)
        monkeypatch.setattr(limit, "_ask_again", 0.0)
        assert limit.rate() == pytest.approx(190.0) and quota.asked == 2

    def test_an_account_that_cannot_be_asked_stops_nothing(self, settings):
        settings.EMAIL_PER_SECOND = 0
        quota = Quota(ConnectionError())
        limit = Limit("email", quota)
        assert limit.rate() == limit.rate() == 0 and quota.asked == 1


class TestTaking:
    def test_without_a_limit_all_is_granted(self, settings):
        assert make(0, settings).take(50, 0) == (50, 0.0)

    def test_calls_are_full_and_a_wait_is_told(self, settings, monkeypatch):
        # A hundred times as slow as it is, so that this machine may be slow too.
        monkeypatch.setattr(limits, "BURST_SECONDS", 100 * limits.BURST_SECONDS)
        monkeypatch.setattr(limits, "GRANT_SECONDS", 100 * limits.GRANT_SECONDS)
        limit = make(10, settings)
        grants = [limit.take(50, 10) for _time in range(3)]
        assert [granted for granted, _wait in grants] == [50, 50, 0]
        assert 0 < grants[2][1] <= 5

    def test_a_slow_rate_grants_one_by_one(self, settings):
        limit = make(0.02, settings)
        assert limit.take(50, 0.02) == (1, 0.0)
        granted, wait = limit.take(50, 0.02)
        assert granted == 0 and 40 < wait <= 50

    def test_what_was_not_used_can_be_taken_again(self, settings):
        limit = make(1, settings)
        assert limit.take(1, 1)[0] == 1
        limit.give_back(1, 1)
        assert limit.take(1, 1)[0] == 1

    def test_all_workers_together_keep_to_it(self, settings):
        taken: list[int] = []
        workers = [make(400, settings) for _each in range(4)]
        threads = [
            threading.Thread(target=lambda limit=limit: taken.append(drain(limit, 0.5)))
            for limit in workers
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # What lay ready, and what this time brings: half a second, or more if one began late.
        assert sum(taken) <= 400 * (limits.BURST_SECONDS + time.monotonic() - began) + 60

    def test_channels_have_limits_of_their_own(self, settings):
        settings.EMAIL_PER_SECOND = settings.SMS_PER_SECOND = 1
        assert Limit("email", None).take(1, 1)[0] == Limit("sms", None).take(1, 1)[0] == 1


class TestSlowingDown:
    def test_all_workers_pause_and_then_send_at_half_the_rate(self, settings):
        one, other = make(1000, settings), make(1000, settings)
        one.slow_down(50, 1000)
        granted, wait = other.take(50, 1000)
        assert granted == 0 and 25 < wait <= 50
        factor = float(get_redis_connection("default").hget("limit:email", "factor"))
        assert factor == pytest.approx(limits.SLOWER, abs=0.02)

    def test_many_complaints_at_once_are_one(self, settings):
        limit = make(1000, settings)
        for _time in range(5):
            limit.slow_down(0.05, 1000)
        factor = float(get_redis_connection("default").hget("limit:email", "factor"))
        assert factor == pytest.approx(limits.SLOWER, abs=0.02)

    def test_without_a_limit_there_is_the_pause_alone(self, settings, monkeypatch):
        clock = [100.0]
        monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
        limit = make(0, settings)
        limit.slow_down(0.1, 0)
        granted, wait = limit.take(50, 0)
        assert granted == 0 and wait == pytest.approx(0.1)
        clock[0] += 0.11
        assert limit.take(50, 0) == (50, 0.0)

    def test_the_rate_grows_back(self):
        bucket = limits.Bucket()
        bucket.run(1000, 100, 0, 0.05)
        assert bucket.factor == limits.SLOWER
        bucket.at -= 10
        bucket.run(1000, 100, 1, 0.0)
        assert bucket.factor == pytest.approx(limits.SLOWER + 10 * limits.RECOVERY, abs=0.02)


def test_without_valkey_each_worker_goes_on_with_part_of_the_rate(settings, monkeypatch):
    def away(*args):
        asked.append(1)
        raise Away

    asked: list[int] = []
    monkeypatch.setattr(limits, "get_redis_connection", away)
    limit = make(1000, settings)
    assert limit.take(50, 1000) == (50, 0.0)
    began = time.monotonic()
    taken = drain(limit, 0.2)
    assert 0 < taken <= 1000 * limits.ALONE * (time.monotonic() - began) + 100
    assert len(asked) == 1, "and does not ask at each call"
