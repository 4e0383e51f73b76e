"""The list of metrics that dashboards and alarms are drawn from."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

from clinic.lib import queues
from clinic.lib.metrics import names
from notifications.models import Channel

FILE = Path(names.__file__)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
UNITS = {"Count", "Seconds", "Milliseconds", "Bytes", "Percent"}


def test_it_is_read_by_a_python_that_has_nothing_of_ours() -> None:
    code = f"import runpy; print(len(runpy.run_path({str(FILE)!r})['ALL']))"
    command = [sys.executable, "-I", "-S", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    assert int(said.stdout) == len(names.ALL) > 20
    assert runpy.run_path(str(FILE))["BOOKINGS"].name == "Bookings"


def test_each_has_a_unit_that_the_cloud_knows_and_says_what_it_means() -> None:
    for metric in names.ALL.values():
        assert metric.unit in UNITS, metric
        assert metric.means.endswith("."), metric
        assert metric.statistic in {"Sum", "p95", "Maximum"}


def test_the_values_of_dimensions_are_those_of_the_application() -> None:
    assert set(names.QUEUES) == set(queues.NAMES)
    assert set(names.CHANNELS) == set(Channel.values)
