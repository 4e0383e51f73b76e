"""Numbers to draw and to be called by: the application's own, and those that AWS counts."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

MINUTE, FIVE = cdk.Duration.minutes(1), cdk.Duration.minutes(5)
QUARTER, HOUR = cdk.Duration.minutes(15), cdk.Duration.hours(1)
DAY = cdk.Duration.days(1)

# The application's list, read as a file: the application itself is not installed here.
_LIST = Path(__file__).resolve().parents[4] / "clinic" / "lib" / "metrics" / "names.py"
names = SimpleNamespace(**runpy.run_path(str(_LIST)))


def ours(
    metric: Any,
    environment: str,
    *,
    period: cdk.Duration = MINUTE,
    statistic: str | None = None,
    **by: str,
) -> cloudwatch.Metric:
    """One of `names`, with its own statistic. `by`: values of more dimensions.

    Raises ValueError for dimensions under which nobody tells it.
    """
    dimensions = {names.ENVIRONMENT: environment, **by}
    if tuple(dimensions) not in metric.dimension_sets:
        raise ValueError(f"{metric.name} is not told by {tuple(dimensions)}")
    return cloudwatch.Metric(
        namespace=names.NAMESPACE,
        metric_name=metric.name,
        dimensions_map=dimensions,
        statistic=statistic or metric.statistic,
        period=period,
        label=" ".join((metric.name, *by.values())),
    )


def aws(
    service: str,
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    statistic: str = "Average",
    period: cdk.Duration = MINUTE,
    label: str | None = None,
) -> cloudwatch.Metric:
    """`service`: the namespace after "AWS/"."""
    return cloudwatch.Metric(
        namespace=f"AWS/{service}",
        metric_name=name,
        dimensions_map=dict(dimensions or {}),
        statistic=statistic,
        period=period,
        label=label,
    )


def worked_out(
    expression: str,
    *,
    period: cdk.Duration = MINUTE,
    label: str,
    **metrics: cloudwatch.IMetric,
) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression=expression, using_metrics=metrics, period=period, label=label
    )
