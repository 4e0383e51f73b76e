"""Scaling on something for each task: requests, or work that waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

Policy = scaling.CfnScalingPolicy


@dataclass(frozen=True)
class Quotient:
    """The greatest of `above`, for each of `below`."""

    above: Sequence[cloudwatch.Metric]
    below: cloudwatch.Metric


def running_tasks(cluster: ecs.ICluster, service: ecs.IBaseService) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name="RunningTaskCount",
        dimensions_map={"ClusterName": cluster.cluster_name, "ServiceName": service.service_name},
        statistic="Average",
    )


def follow(
    scope: Construct,
    name: str,
    *,
    count: ecs.ScalableTaskCount,
    quotient: Quotient,
    target: float,
    cooldowns: tuple[cdk.Duration, cdk.Duration],
) -> None:
    """Keep the quotient at `target`: more tasks when it is above. `cooldowns`: out, in.

    CDK's own helper knows no quotients.
    """
    of: scaling.ScalableTarget = count.node.find_child("Target")  # type: ignore[assignment]
    out, into = cooldowns
    Policy(
        scope,
        name,
        policy_name=cdk.Names.unique_resource_name(scope, max_length=200) + name,
        policy_type="TargetTrackingScaling",
        scaling_target_id=of.scalable_target_id,
        target_tracking_scaling_policy_configuration=(
            Policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=target,
                scale_out_cooldown=out.to_seconds(),
                scale_in_cooldown=into.to_seconds(),
                customized_metric_specification=Policy.CustomizedMetricSpecificationProperty(
                    metrics=_queries(quotient)
                ),
            )
        ),
    )


def _queries(quotient: Quotient) -> list[Policy.TargetTrackingMetricDataQueryProperty]:
    names = [f"above{number}" for number, _ in enumerate(quotient.above)]
    # No requests, or a queue that slept: nothing is measured, and that is a nought.
    greatest = ", ".join(f"FILL({name}, 0)" for name in names)
    return [
        *(_query(name, metric) for name, metric in zip(names, quotient.above, strict=True)),
        _query("below", quotient.below),
        Policy.TargetTrackingMetricDataQueryProperty(
            id="each", expression=f"MAX([{greatest}]) / below", return_data=True
        ),
    ]


def _query(name: str, metric: cloudwatch.Metric) -> Policy.TargetTrackingMetricDataQueryProperty:
    return Policy.TargetTrackingMetricDataQueryProperty(
        id=name,
        return_data=False,
        metric_stat=Policy.TargetTrackingMetricStatProperty(
            stat=metric.statistic,
            metric=Policy.TargetTrackingMetricProperty(
                namespace=metric.namespace,
                metric_name=metric.metric_name,
                dimensions=[
                    Policy.TargetTrackingMetricDimensionProperty(name=key, value=value)
                    for key, value in sorted((metric.dimensions or {}).items())
                ],
            ),
        ),
    )
