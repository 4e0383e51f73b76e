"""What a run says: it must not be able to call a broken promise kept."""

from __future__ import annotations

import math

import pytest

from clinic.lib import databases
from deploy.rehearsals import judging, silence, stage
from deploy.rehearsals.judging import Booked, Promise, Sample


def booked(id: str, *, start: str = "8:00") -> Booked:
    return Booked(at=1.0, id=id, doctor="Ada", start=start)


def test_an_acknowledged_booking_without_a_row_is_lost():
    told = [booked("a"), booked("b", start="8:05")]
    assert [one.id for one in judging.lost(told, {"a"})] == ["b"]


def test_a_row_that_nobody_was_told_of_is_no_loss():
    assert judging.lost([booked("a")], {"a", "unanswered"}) == []


def test_a_time_that_two_clients_were_told_is_theirs_was_given_twice():
    told = [booked("a"), booked("b"), booked("c", start="8:05")]
    assert judging.given_twice(told) == [("Ada", "8:00")]


@pytest.mark.parametrize(
    ("status", "failed"), [(200, False), (201, False), (409, False), (500, True), (0, True)]
)
def test_a_refusal_is_an_answer_and_silence_is_not(status, failed):
    assert Sample(0, "page", 1.0, status).failed is failed


def test_figures_are_of_what_was_due_in_the_stretch_and_failures_have_no_time():
    samples = [
        Sample(0.5, "page", 10, 200),
        Sample(1.0, "booking", 30, 201),
        Sample(1.9, "page", 9_000, 502),
        Sample(2.0, "page", 70, 200),
    ]
    found = judging.figures(samples, since=1.0, until=2.0)
    assert (found.requests, found.failed, found.bookings) == (2, 1, 1)
    assert found.p50 == found.p99 == 30


def test_percentiles_are_values_that_occurred():
    assert judging.percentile([3, 1, 2, 4], 0.5) == 2
    assert judging.percentile(range(1, 101), 0.99) == 99
    assert math.isnan(judging.percentile([], 0.5))


def test_the_gap_ends_with_the_first_success_after_the_break():
    assert judging.gap([1.0, 7.5, 6.0], broken=2.0) == 4.0
    assert judging.gap([1.0], broken=2.0) == math.inf


def test_exactly_once_means_neither_missing_nor_twice_nor_waiting():
    sent = {"a": "sent", "b": "sent"}
    assert judging.sent(sent, ["a", "b"]).exactly_once
    assert judging.sent(sent, ["a"]).missing == 1
    assert judging.sent(sent, ["a", "b", "b"]).twice == 1
    assert judging.sent({"a": "queued"}, []).unsent == 1
    assert not judging.sent({"a": "queued"}, ["a"]).exactly_once


def test_one_broken_promise_breaks_the_run_and_is_named():
    kept, said = judging.verdict([Promise("all is well", True), Promise("3 were lost", False)])
    assert not kept
    assert said == "BROKEN: 3 were lost."


def test_a_run_that_looked_at_nothing_has_kept_nothing():
    assert not judging.verdict([])[0]


def test_a_report_is_put_between_its_marks_and_nowhere_else():
    document = "# A\n<!-- restart -->\nold\n<!-- /restart -->\n<!-- restore -->\n"
    found = stage.replaced(document, "restart", r"new \1" + "\n")
    expected = "# A\n<!-- restart -->\nnew \\1\n<!-- /restart -->\n<!-- restore -->\n"
    assert found == expected


def test_a_report_without_a_place_for_the_result_is_refused():
    with pytest.raises(SystemExit):
        stage.replaced("# A\n", "restart", "new\n")


def test_a_database_that_says_nothing_is_given_up_before_the_rehearsal_calls_it_broken():
    options = databases.completed({})["OPTIONS"]
    probed = (
        options["keepalives_idle"] + options["keepalives_interval"] * (options["keepalives_count"])
    )
    assert max(probed, options["tcp_user_timeout"] / 1000) < silence.GIVEN_UP_WITHIN
