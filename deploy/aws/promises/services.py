"""Services: how many tasks there are, and how a new version takes the place of the old one."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import APART, broken_by, promise

SERVICE = "AWS::ECS::Service"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
NAMES = ("Web", "Worker", "Beat")


def service(cloud: Cloud, name: str) -> Resource:
    return cloud.named(SERVICE, f"{name}Service")


@promise(*APART)
def web_and_workers_scale_between_their_bounds(cloud: Cloud) -> Iterator[str]:
    for name, size in (("Web", cloud.environment.web), ("Worker", cloud.environment.worker)):
        target = cloud.named(TARGET, f"{name}Service")
        bounds = (target.get("MinCapacity"), target.get("MaxCapacity"))
        if bounds != (size.least, size.most):
            yield f"{target} scales between {bounds}"


@broken_by(web_and_workers_scale_between_their_bounds)
def _without_end(cloud: Cloud) -> None:
    cloud.named(TARGET, "WebService").properties["MaxCapacity"] = 1000


@promise("production")
def in_production_the_site_has_two_to_ten_tasks(cloud: Cloud) -> Iterator[str]:
    target = cloud.named(TARGET, "WebService")
    if (target.get("MinCapacity"), target.get("MaxCapacity")) != (2, 10):
        yield f"{target}: {target.properties}"


@broken_by(in_production_the_site_has_two_to_ten_tasks)
def _one_is_enough(cloud: Cloud) -> None:
    cloud.named(TARGET, "WebService").properties["MinCapacity"] = 1


def tracked(cloud: Cloud) -> dict[str, tuple[str, float]]:
    """By policy: what is measured, and the value it is kept at."""
    found = {}
    for policy in cloud.all(POLICY):
        how = policy.get("TargetTrackingScalingPolicyConfiguration", {})
        measure = how.get("PredefinedMetricSpecification") or how["CustomizedMetricSpecification"]
        found[policy.name] = (text(measure), how["TargetValue"])
    return found


@promise(*APART)
def each_measure_of_scaling_is_there(cloud: Cloud) -> Iterator[str]:
    """CPU 70 %, memory 80 %, requests for each task, and work that waits for each worker."""
    requests = cloud.environment.requests_a_minute * cloud.environment.web.cpu / 1024
    for what, value in (
        (("ECSServiceAverageCPUUtilization",), 70),
        (("ECSServiceAverageMemoryUtilization",), 80),
        (("RequestCount", "RunningTaskCount", "/ below"), requests),
        (("ApproximateNumberOfMessagesVisible", "RunningTaskCount", "/ below"), 30),
    ):
        if not any(
            all(word in measure for word in what) and at == value
            for measure, at in tracked(cloud).values()
        ):
            yield f"nothing scales on {what[0]} at {value}"


@broken_by(each_measure_of_scaling_is_there)
def _backlog_whatever_the_number_of_tasks(cloud: Cloud) -> None:
    policy = cloud.named(POLICY, "WorkerBacklog")
    metrics = policy.get("TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification")
    metrics["Metrics"][-1]["Expression"] = "MAX([above0])"


@broken_by(each_measure_of_scaling_is_there)
def _memory_is_forgotten(cloud: Cloud) -> None:
    policy = cloud.named(POLICY, "WebServiceTaskCountTargetMemory")
    del cloud.templates["app"]["Resources"][policy.name]


@promise(*APART)
def every_queue_is_among_what_workers_scale_on(cloud: Cloud) -> Iterator[str]:
    policy = cloud.named(POLICY, "WorkerBacklog")
    how = policy.get("TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification")
    counted = {
        text(dimension["Value"])
        for each in how["Metrics"]
        for dimension in each.get("MetricStat", {}).get("Metric", {}).get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    if len(counted) != 3:
        yield f"{policy} counts {counted}"


@broken_by(every_queue_is_among_what_workers_scale_on)
def _documents_do_not_count(cloud: Cloud) -> None:
    policy = cloud.named(POLICY, "WorkerBacklog")
    metrics = policy.get("TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification")
    metrics["Metrics"] = [each for each in metrics["Metrics"] if each["Id"] != "above2"]


@promise("production", "staging")
def a_release_is_tried_on_a_tenth_for_five_minutes(cloud: Cloud) -> Iterator[str]:
    web = service(cloud, "Web")
    canary = web.get("DeploymentConfiguration.CanaryConfiguration", {})
    if web.get("DeploymentConfiguration.Strategy") != "CANARY" or canary != {
        "CanaryPercent": 10,
        "CanaryBakeTimeInMinutes": 5,
    }:
        yield f"{web}: {web.get('DeploymentConfiguration')}"
    (balanced,) = web.get("LoadBalancers")
    if not balanced.get("AdvancedConfiguration", {}).get("AlternateTargetGroupArn"):
        yield f"{web} has nowhere to try it"


@broken_by(a_release_is_tried_on_a_tenth_for_five_minutes)
def _all_at_once(cloud: Cloud) -> None:
    del service(cloud, "Web").get("DeploymentConfiguration")["Strategy"]


@broken_by(a_release_is_tried_on_a_tenth_for_five_minutes)
def _on_everybody(cloud: Cloud) -> None:
    canary = service(cloud, "Web").get("DeploymentConfiguration.CanaryConfiguration")
    canary["CanaryPercent"] = 100


@promise()
def a_release_that_fails_or_is_slow_is_taken_back(cloud: Cloud) -> Iterator[str]:
    """By an alarm on errors and one on slowness, of each group of targets."""
    alarms = service(cloud, "Web").get("DeploymentConfiguration.Alarms", {})
    if not (alarms.get("Enable") and alarms.get("Rollback")):
        yield "no alarm takes a release back"
    named = {each["Ref"] for each in alarms.get("AlarmNames", [])}
    for group in cloud.all("AWS::ElasticLoadBalancingV2::TargetGroup", stack="app"):
        for measure in ("HTTPCode_Target_5XX_Count", "TargetResponseTime"):
            if not any(
                alarm.name in named and measure in text(alarm.properties)
                for alarm in cloud.all("AWS::CloudWatch::Alarm", stack="app")
                if f'"{group.name}"' in text(alarm.properties)
            ):
                yield f"{group}: nobody looks at its {measure}"


@broken_by(a_release_that_fails_or_is_slow_is_taken_back)
def _only_told(cloud: Cloud) -> None:
    service(cloud, "Web").get("DeploymentConfiguration.Alarms")["Rollback"] = False


@broken_by(a_release_that_fails_or_is_slow_is_taken_back)
def _the_new_tasks_are_not_looked_at(cloud: Cloud) -> None:
    service(cloud, "Web").get("DeploymentConfiguration.Alarms")["AlarmNames"].pop()


@promise()
def tasks_that_do_not_come_up_are_taken_back(cloud: Cloud) -> Iterator[str]:
    for each in cloud.all(SERVICE):
        breaker = each.get("DeploymentConfiguration.DeploymentCircuitBreaker", {})
        if breaker != {"Enable": True, "Rollback": True}:
            yield f"{each} goes on with tasks that do not start"


@broken_by(tasks_that_do_not_come_up_are_taken_back)
def _a_site_that_never_starts(cloud: Cloud) -> None:
    how = service(cloud, "Web").get("DeploymentConfiguration")
    how["DeploymentCircuitBreaker"]["Rollback"] = False


@promise(*APART)
def there_are_never_two_clocks(cloud: Cloud) -> Iterator[str]:
    beat = service(cloud, "Beat")
    how = beat.get("DeploymentConfiguration", {})
    if (how.get("MaximumPercent"), how.get("MinimumHealthyPercent")) != (100, 0):
        yield f"{beat}: a new one starts while the old one runs"
    if beat.get("DesiredCount") != 1:
        yield f"{beat}: {beat.get('DesiredCount')} of them"
    if beat.get("AvailabilityZoneRebalancing") != "DISABLED":
        yield f"{beat}: a second one is started to move it"
    if any(beat.name in text(each.properties) for each in cloud.all(TARGET)):
        yield f"{beat} scales"


@broken_by(there_are_never_two_clocks)
def _the_new_one_first(cloud: Cloud) -> None:
    how = service(cloud, "Beat").get("DeploymentConfiguration")
    how.update(MaximumPercent=200, MinimumHealthyPercent=100)


@broken_by(there_are_never_two_clocks)
def _moved(cloud: Cloud) -> None:
    service(cloud, "Beat").properties["AvailabilityZoneRebalancing"] = "ENABLED"


@promise(*APART)
def the_others_are_never_fewer_while_they_are_replaced(cloud: Cloud) -> Iterator[str]:
    for name in ("Web", "Worker"):
        each = service(cloud, name)
        if each.get("DeploymentConfiguration.MinimumHealthyPercent") != 100:
            yield f"{each} is stopped before its successor stands"


@broken_by(the_others_are_never_fewer_while_they_are_replaced)
def _half_of_them(cloud: Cloud) -> None:
    service(cloud, "Web").get("DeploymentConfiguration")["MinimumHealthyPercent"] = 50


@promise(*APART)
def no_task_has_a_public_address(cloud: Cloud) -> Iterator[str]:
    for each in cloud.all(SERVICE):
        vpc = each.get("NetworkConfiguration.AwsvpcConfiguration", {})
        if vpc.get("AssignPublicIp") != "DISABLED":
            yield f"{each} has a public address"
        if "tasksSubnet" not in text(vpc.get("Subnets")) or "public" in text(vpc.get("Subnets")):
            yield f"{each} stands in other subnets than the tasks'"
        if each.get("EnableExecuteCommand", False):
            yield f"{each} can be entered"


@broken_by(no_task_has_a_public_address)
def _the_workers_do(cloud: Cloud) -> None:
    vpc = service(cloud, "Worker").get("NetworkConfiguration.AwsvpcConfiguration")
    vpc["AssignPublicIp"] = "ENABLED"


@broken_by(no_task_has_a_public_address)
def _somebody_may_enter(cloud: Cloud) -> None:
    service(cloud, "Web").properties["EnableExecuteCommand"] = True


FAILOVER = 120  # seconds: the most that RDS says of a Multi-AZ failover


@promise()
def a_failover_of_the_database_has_no_task_replaced(cloud: Cloud) -> Iterator[str]:
    """/readyz says 503 meanwhile, and ECS replaces what its balancer calls unhealthy."""
    for group in cloud.all("AWS::ElasticLoadBalancingV2::TargetGroup"):
        after = group.get("HealthCheckIntervalSeconds", 30) * group.get(
            "UnhealthyThresholdCount", 2
        )
        if after <= FAILOVER:
            yield f"{group} is given up after {after} s"


@broken_by(a_failover_of_the_database_has_no_task_replaced)
def _after_half_a_minute(cloud: Cloud) -> None:
    group = next(cloud.all("AWS::ElasticLoadBalancingV2::TargetGroup"))
    group.properties["UnhealthyThresholdCount"] = 3
