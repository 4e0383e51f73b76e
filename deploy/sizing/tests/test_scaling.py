"""More tasks: when they are asked for, how many, and when they are there."""

from __future__ import annotations

from deploy.sizing.scaling import COOLDOWN, REACTION, Following, start_seconds


def minutes(scaler: Following, *seen: tuple[float, int]) -> list[list[float]]:
    """What each minute asks for."""
    return [
        list(scaler.minute(60.0 * n, busy=busy, arrived=arrived))
        for n, (busy, arrived) in enumerate(seen, 1)
    ]


def test_three_minutes_above_the_target_and_not_two():
    asked = minutes(Following(2, 10, 1), (0.9, 0), (0.9, 0), (0.5, 0), (0.9, 0), (0.9, 0), (0.9, 0))

    assert [len(each) for each in asked] == [0, 0, 0, 0, 0, 1]


def test_a_task_is_there_after_the_alarm_and_its_own_start():
    *_, asked = minutes(Following(2, 10, 1), (0.9, 0), (0.9, 0), (0.9, 0))

    assert asked == [180 + REACTION + start_seconds(1)]
    assert start_seconds(0.25) > start_seconds(1)  # imports take longer with less of a processor


def test_full_processors_ask_for_less_than_half_as_many_again_but_requests_for_all():
    # However many wait, processors are never more than 100 % busy.
    by_processors = minutes(Following(10, 200, 1), *[(1.0, 0)] * 3)
    by_requests = minutes(Following(10, 200, 1), *[(1.0, 60_000)] * 3)

    assert len(by_processors[-1]) == 5
    assert len(by_requests[-1]) == 90


def test_never_more_than_the_most():
    asked = minutes(Following(2, 10, 1), *[(1.0, 100_000)] * 8)

    assert sum(len(each) for each in asked) == 8


def test_what_has_not_started_yet_is_not_asked_for_again():
    scaler = Following(2, 100, 1)

    asked = minutes(scaler, *[(1.0, 6000)] * 4)

    assert [len(each) for each in asked] == [0, 0, 8, 0]
    assert COOLDOWN == 60
