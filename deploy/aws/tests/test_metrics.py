"""What alarms and dashboards look at is what the application tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.aws.promises.alarms import ringing
from deploy.aws.promises.cloud import Cloud
from deploy.aws.stacks.observability.metrics import names, ours
from deploy.aws.stacks.observability.work import NOT_STORED
from deploy.aws.synthesis import Synthesis

REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_metric_is_found_only_under_dimensions_that_it_is_told_with() -> None:
    ours(names.WORKER_BACKLOG, "production", Queue="default")
    with pytest.raises(ValueError, match="WorkerBacklog"):
        ours(names.WORKER_BACKLOG, "production")
    with pytest.raises(ValueError, match="Bookings"):
        ours(names.BOOKINGS, "production", Doctor="7")


def test_the_line_of_the_log_that_is_counted_is_one_that_is_written() -> None:
    written = (REPOSITORY / "accounts" / "operations" / "heads.py").read_text()

    assert f'logger.warning("{NOT_STORED}"' in written


def test_the_line_is_looked_for_in_the_workers_log(syntheses: dict[str, Synthesis]) -> None:
    made = syntheses["production"]
    assert made.environment
    cloud = Cloud(made.environment, made.templates)
    found = cloud.named("AWS::Logs::MetricFilter", "SealsNotStored")

    assert found.get("FilterPattern") == f'{{ $.event = "{NOT_STORED}" }}'
    assert "Worker" in str(found.get("LogGroupName"))


def test_levels_ring_when_nobody_tells_them(syntheses: dict[str, Synthesis]) -> None:
    """But of those that are the heartbeat's: one is enough."""
    made = syntheses["production"]
    assert made.environment
    levels = {metric.name for metric in names.ALL.values() if metric.kind == names.LEVEL}
    for _slug, alarm in ringing(Cloud(made.environment, made.templates), "AWS::CloudWatch::Alarm"):
        for each in alarm.get("Metrics", []):
            metric = each.get("MetricStat", {}).get("Metric", {})
            if metric.get("Namespace") == names.NAMESPACE and metric["MetricName"] in levels:
                assert alarm.get("TreatMissingData") == "breaching", alarm
