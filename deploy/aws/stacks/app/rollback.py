"""Alarms that take a release back by themselves while it is tried.

Each group of targets is watched alone: of the tenth that goes to the new tasks, a tenth that fails
would be lost among all requests.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.stacks.app.balancer import Balancer

MINUTE = cdk.Duration.minutes(1)
FAILED_PERCENT = 5
FAILED_LEAST = 3  # answers with 5xx in a minute: one alone says nothing
SLOW_SECONDS = 2  # the 95th percentile; the aim is 0.15 (README)


def release_alarms(scope: Construct, balancer: Balancer) -> list[cloudwatch.Alarm]:
    alarms = []
    for group in balancer.target_groups:
        alarms += [_failing(scope, group), _slow(scope, group)]
    for alarm in alarms:
        acknowledge(
            alarm,
            {
                "HIPAA.Security-CloudWatchAlarmAction": (
                    "ECS looks at it while a release is tried, and takes the release back; those "
                    "that call somebody are in the stack of alarms"
                )
            },
        )
    return alarms


def _failing(scope: Construct, group: elb.ApplicationTargetGroup) -> cloudwatch.Alarm:
    failed = group.metrics.http_code_target(
        elb.HttpCodeTarget.TARGET_5XX_COUNT, period=MINUTE, statistic="Sum"
    )
    all_of_them = group.metrics.request_count(period=MINUTE, statistic="Sum")
    share = cloudwatch.MathExpression(
        expression=f"IF(failed >= {FAILED_LEAST}, 100 * failed / all, 0)",
        using_metrics={"failed": failed, "all": all_of_them},
        period=MINUTE,
        label="failed requests, percent",
    )
    return share.create_alarm(
        scope,
        f"Failing{group.node.id}",
        alarm_description="A release is taken back: its tasks answer with errors",
        threshold=FAILED_PERCENT,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


def _slow(scope: Construct, group: elb.ApplicationTargetGroup) -> cloudwatch.Alarm:
    return group.metrics.target_response_time(period=MINUTE, statistic="p95").create_alarm(
        scope,
        f"Slow{group.node.id}",
        alarm_description="A release is taken back: its tasks answer slowly",
        threshold=SLOW_SECONDS,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
