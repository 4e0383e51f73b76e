"""Numbers as lines that CloudWatch turns into metrics."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading

import pytest

from clinic.lib import metrics
from clinic.lib.metrics import Level, emf, gathering, names

ORIGIN = emf.Origin("production", "web")
WRITES = """
import os, threading
from django.conf import settings
settings.configure(METRICS="emf", ENVIRONMENT_NAME="e", SERVICE_NAME="s")
from clinic.lib import metrics
from clinic.lib.metrics import names
metrics.count(names.BOOKINGS, 100)
if os.fork() == 0:
    metrics.count(names.BOOKINGS, 5)
    metrics.flush()
    os._exit(0)
os.wait()
"""


def lines(*readings: Level) -> list[dict]:
    return [json.loads(line) for line in emf.lines(readings, origin=ORIGIN, milliseconds=1_700)]


@pytest.fixture
def told(settings, capfd):
    """A function that says what left, and empties it."""
    settings.METRICS, settings.ENVIRONMENT_NAME, settings.SERVICE_NAME = "emf", "test", "web"
    metrics.flush()
    capfd.readouterr()

    def read() -> list[dict]:
        metrics.flush()
        return [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    return read


class TestLines:
    def test_what_has_the_same_dimensions_shares_a_line(self) -> None:
        (line,) = lines(Level(names.BOOKINGS, 2), Level(names.HOLDS, 3))
        assert line == {
            "_aws": {
                "Timestamp": 1_700,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Clinic",
                        "Dimensions": [["Environment"]],
                        "Metrics": [
                            {"Name": "Bookings", "Unit": "Count"},
                            {"Name": "Holds", "Unit": "Count"},
                        ],
                    }
                ],
            },
            "Environment": "production",
            "Service": "web",
            "Bookings": 2,
            "Holds": 3,
        }

    def test_each_value_of_a_dimension_has_a_line_and_the_sum_counts_them_all(self) -> None:
        found = lines(
            Level(names.MESSAGES_SENT, 2, (("Channel", "email"),)),
            Level(names.MESSAGES_SENT, 1, (("Channel", "sms"),)),
        )
        assert [(line["Channel"], line["MessagesSent"]) for line in found] == [
            ("email", 2),
            ("sms", 1),
        ]
        directive = found[0]["_aws"]["CloudWatchMetrics"][0]
        assert directive["Dimensions"] == [["Environment"], ["Environment", "Channel"]]

    def test_the_highest_of_several_queues_does_not_pass_for_all(self) -> None:
        (line,) = lines(Level(names.QUEUE_MESSAGES, 7, (("Queue", "default"),)))
        assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Environment", "Queue"]]

    def test_more_values_than_the_format_allows_are_told_in_several_lines(self) -> None:
        values = [float(number) for number in range(250)]
        found = lines(Level(names.REQUEST_MILLISECONDS, values, (("Group", "pages"),)))
        assert [len(line["RequestMilliseconds"]) for line in found] == [100, 100, 50]
        assert [one for line in found for one in line["RequestMilliseconds"]] == values


class TestProcess:
    def test_without_the_setting_nothing_is_gathered_and_nothing_told(self, settings, told) -> None:
        settings.METRICS = ""
        metrics.count(names.BOOKINGS)
        metrics.timing(names.REQUEST_MILLISECONDS, 3.0, Group="pages")
        metrics.levels([Level(names.DEAD_LETTERS, 1)])
        settings.METRICS = "emf"
        assert told() == []

    def test_counts_add_up_and_begin_anew_once_they_were_told(self, told) -> None:
        for _ in range(3):
            metrics.count(names.BOOKINGS)
        assert [line["Bookings"] for line in told()] == [3]
        assert told() == []
        metrics.count(names.BOOKINGS)
        assert [line["Bookings"] for line in told()] == [1]

    def test_no_count_of_many_threads_is_lost(self, told) -> None:
        def work() -> None:
            for _ in range(500):
                metrics.count(names.CACHE_HITS)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(line["CacheHits"] for line in told()) == 4_000

    def test_it_is_told_by_itself_after_a_while(self, told, capfd, monkeypatch) -> None:
        fresh = gathering.Gathering(lambda: ORIGIN)
        slept = threading.Event()
        again = threading.Event()

        def sleep(seconds: float) -> None:
            assert seconds == gathering.SECONDS
            if slept.is_set():
                again.set()
                threading.Event().wait()  # for ever; it is a daemon
            slept.set()

        monkeypatch.setattr(gathering.time, "sleep", sleep)
        fresh.add(names.BOOKINGS, 1, {})
        assert again.wait(10)
        assert json.loads(capfd.readouterr().out)["Bookings"] == 1

    def test_a_process_asked_very_much_keeps_no_heap_of_timings(self, told, capfd) -> None:
        for _ in range(gathering.MOST_TIMINGS + 1):
            metrics.timing(names.REQUEST_MILLISECONDS, 1.0, Group="pages")
        early = capfd.readouterr().out.splitlines()
        assert len(early) == gathering.MOST_TIMINGS / emf.MOST_VALUES
        assert len(told()) == 1

    def test_each_line_is_written_whole_and_no_other_process_between(
        self, told, monkeypatch
    ) -> None:
        """Of a pipe that several share, the kernel keeps together what is not too long for it."""
        written: list[bytes] = []
        monkeypatch.setattr(
            gathering.os, "write", lambda _to, data: written.append(data) or len(data)
        )
        for _ in range(1_000):
            metrics.timing(names.REQUEST_MILLISECONDS, 123_456.7, Group="pages")
        metrics.flush()
        assert [data.count(b"\n") for data in written] == [1] * 10
        assert max(map(len, written)) <= select.PIPE_BUF

    def test_a_forked_process_tells_nothing_of_its_parents_and_both_tell_at_their_end(self) -> None:
        """Also where the parent ends without having been asked to tell anything."""
        command = [sys.executable, "-c", WRITES]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        assert sorted(json.loads(line)["Bookings"] for line in done.stdout.splitlines()) == [5, 100]

    def test_a_process_that_gathered_nothing_ends_without_asking_for_settings(self) -> None:
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "", "PYTHONPATH": "."}
        command = [sys.executable, "-c", "import clinic.lib.metrics"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_standard_output_that_is_gone_stops_nothing(self, told, monkeypatch) -> None:
        def gone(*args: object) -> int:
            raise BrokenPipeError

        monkeypatch.setattr(gathering.os, "write", gone)
        metrics.count(names.BOOKINGS)
        metrics.flush()
