"""Each queue, service and store is watched by name; what was done is recorded; money is counted."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.alarms import ALARM, COMPOSITE, WITH_PATIENTS, ringing
from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

# By kind: what each one of it is watched for.
EACH_FOR = {
    "AWS::ECS::Service": ("RunningTaskCount", "CPUUtilization", "MemoryUtilization"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("HealthyHostCount", "UnHealthyHostCount"),
    "AWS::RDS::DBInstance": ("CPUUtilization", "FreeStorageSpace", "DatabaseConnections"),
    "AWS::RDS::DBProxy": ("DatabaseConnectionsBorrowLatency",),
    "AWS::CertificateManager::Certificate": ("DaysToExpiry",),
}


def looked_at(cloud: Cloud) -> dict[str, str]:
    """By metric: all dimensions of all alarms that look at it, as text."""
    found: dict[str, str] = {}
    for _slug, alarm in ringing(cloud, ALARM):
        stats = [each.get("MetricStat", {}).get("Metric") for each in alarm.get("Metrics", [])]
        for metric in filter(None, stats or [alarm.properties]):
            name = metric["MetricName"]
            found[name] = found.get(name, "") + text(metric.get("Dimensions", []))
    return found


@promise(*WITH_PATIENTS)
def each_queue_has_its_alarm(cloud: Cloud) -> Iterator[str]:
    """Of age where workers take from it; of being there at all where nobody does."""
    dimensions = looked_at(cloud)
    for queue in cloud.all("AWS::SQS::Queue"):
        taken = "RedrivePolicy" in queue.properties
        metric = f"Approximate{'AgeOfOldestMessage' if taken else 'NumberOfMessagesVisible'}"
        if queue.name not in dimensions.get(metric, ""):
            yield f"nobody is told when work waits in {queue}"


@broken_by(each_queue_has_its_alarm)
def _one_twice(cloud: Cloud) -> None:
    ages = [alarm for slug, alarm in ringing(cloud, ALARM) if slug == "queue-age"]
    for alarm in ages:
        _look_as(ages[0], alarm)


@broken_by(each_queue_has_its_alarm)
def _the_wrong_end(cloud: Cloud) -> None:
    alarms = dict(ringing(cloud, ALARM))
    _look_as(alarms["lost-events"], alarms["dead-letters"])


def _look_as(one: Resource, other: Resource) -> None:
    for part in ("Dimensions", "Metrics"):
        if part in one.properties:
            other.properties[part] = one.properties[part]


@promise(*WITH_PATIENTS)
def each_service_and_store_is_watched(cloud: Cloud) -> Iterator[str]:
    dimensions = looked_at(cloud)
    for kind, metrics in EACH_FOR.items():
        for found in cloud.all(kind):
            for metric in metrics:
                if metric == "RunningTaskCount" and not cloud.environment.insights:
                    continue  # nobody counts them there; site-down and heartbeat see it
                if found.name not in dimensions.get(metric, ""):
                    yield f"nobody looks at {metric} of {found}"
    for number in range(1, cloud.environment.cache.replicas + 2):
        node = f"{cloud.environment.stack('cache')}-{number:03}"
        if node not in dimensions.get("DatabaseMemoryUsagePercentage", ""):
            yield f"nobody looks at {node}"


@broken_by(each_service_and_store_is_watched)
def _one_more_service(cloud: Cloud) -> None:
    resources = cloud.templates["app"]["Resources"]
    resources["AnotherService"] = resources[cloud.named("AWS::ECS::Service", "Web").name]


@broken_by(each_service_and_store_is_watched)
def _the_database_alone(cloud: Cloud) -> None:
    for _slug, alarm in list(ringing(cloud, ALARM)):
        if alarm.name.startswith("DatabaseCpu"):
            del cloud.templates[alarm.stack]["Resources"][alarm.name]


@promise(*WITH_PATIENTS)
def the_dashboard_shows_every_part_and_what_rings(cloud: Cloud) -> Iterator[str]:
    (made,) = cloud.all("AWS::CloudWatch::Dashboard")
    body = text(made.get("DashboardBody"))
    for part in ("Scaling", "Latency", "Database", "Cache", "Queues", "Messages", "Bookings"):
        if f"## {part}" not in body:
            yield f"no {part} on the dashboard"
    for _slug, alarm in ringing(cloud, ALARM, COMPOSITE):
        shown = alarm.stack != "observability" or alarm.name in body
        if "AlarmActions" in alarm.properties and not shown:
            yield f"{alarm} rings, and the dashboard does not show it"


@broken_by(the_dashboard_shows_every_part_and_what_rings)
def _empty(cloud: Cloud) -> None:
    next(cloud.all("AWS::CloudWatch::Dashboard")).properties["DashboardBody"] = "{}"


@promise(*WITH_PATIENTS)
def who_touches_documents_is_recorded(cloud: Cloud) -> Iterator[str]:
    (trail,) = cloud.all("AWS::CloudTrail::Trail")
    for path in ("EnableLogFileValidation", "IsMultiRegionTrail", "IsLogging"):
        if trail.get(path) is not True:
            yield f"{trail} has no {path}"
    for path in ("KMSKeyId", "CloudWatchLogsLogGroupArn"):
        if not trail.get(path):
            yield f"{trail} has no {path}"
    selectors = trail.get("EventSelectors", [])
    if not any(each.get("IncludeManagementEvents") for each in selectors):
        yield f"{trail} does not record what is changed"
    whole = [each for each in selectors if each.get("ReadWriteType", "All") == "All"]
    for name in ("BucketsDocuments", "BucketsAudit"):
        if name not in text(whole):
            yield f"{trail} does not record who reads and writes {name}"


@broken_by(who_touches_documents_is_recorded)
def _documents_unseen(cloud: Cloud) -> None:
    next(cloud.all("AWS::CloudTrail::Trail")).properties["EventSelectors"][0]["DataResources"] = []


@broken_by(who_touches_documents_is_recorded)
def _only_who_writes(cloud: Cloud) -> None:
    trail = next(cloud.all("AWS::CloudTrail::Trail"))
    trail.properties["EventSelectors"][0]["ReadWriteType"] = "WriteOnly"


@broken_by(who_touches_documents_is_recorded)
def _unsigned(cloud: Cloud) -> None:
    next(cloud.all("AWS::CloudTrail::Trail")).properties["EnableLogFileValidation"] = False


@promise(*WITH_PATIENTS)
def nobody_takes_the_record_back(cloud: Cloud) -> Iterator[str]:
    bucket = cloud.named("AWS::S3::Bucket", "TrailBucket")
    how = bucket.get("ObjectLockConfiguration.Rule.DefaultRetention", {})
    if (how.get("Mode"), how.get("Days")) != ("COMPLIANCE", cloud.environment.audit_lock_days):
        yield f"{bucket} is locked for {how}"


@broken_by(nobody_takes_the_record_back)
def _the_owner_may(cloud: Cloud) -> None:
    bucket = cloud.named("AWS::S3::Bucket", "TrailBucket")
    bucket.properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] = "GOVERNANCE"


@promise()
def each_log_is_encrypted_and_ends(cloud: Cloud) -> Iterator[str]:
    for group in cloud.all("AWS::Logs::LogGroup"):
        if not group.get("KmsKeyId"):
            yield f"{group} is not encrypted by a key of ours"
        if not 0 < group.get("RetentionInDays", 0) <= cloud.environment.log_days:
            yield f"{group} is kept for {group.get('RetentionInDays', 'ever')}"


@broken_by(each_log_is_encrypted_and_ends)
def _for_ever(cloud: Cloud) -> None:
    del list(cloud.all("AWS::Logs::LogGroup"))[-1].properties["RetentionInDays"]


@broken_by(each_log_is_encrypted_and_ends)
def _readable(cloud: Cloud) -> None:
    del list(cloud.all("AWS::Logs::LogGroup"))[-1].properties["KmsKeyId"]


@promise()
def what_it_costs_is_told_before_and_when_it_is_too_much(cloud: Cloud) -> Iterator[str]:
    (budget,) = cloud.all("AWS::Budgets::Budget")
    limit = budget.get("Budget.BudgetLimit", {})
    if (limit.get("Amount"), limit.get("Unit")) != (
        cloud.environment.alerts.monthly_budget_usd,
        "USD",
    ):
        yield f"{budget} is {limit}"
    told = {
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in budget.get("NotificationsWithSubscribers", [])
        if cloud.environment.alerts.email in text(each.get("Subscribers", []))
    }
    for missing in {("FORECASTED", 80), ("ACTUAL", 100)} - told:
        yield f"{budget} tells nobody at {missing}"


@broken_by(what_it_costs_is_told_before_and_when_it_is_too_much)
def _too_late(cloud: Cloud) -> None:
    (budget,) = cloud.all("AWS::Budgets::Budget")
    del budget.properties["NotificationsWithSubscribers"][0]


@broken_by(what_it_costs_is_told_before_and_when_it_is_too_much)
def _rich(cloud: Cloud) -> None:
    (budget,) = cloud.all("AWS::Budgets::Budget")
    budget.properties["Budget"]["BudgetLimit"]["Amount"] = 100_000


@promise()
def everything_says_whose_it_is(cloud: Cloud) -> Iterator[str]:
    """For the bill and for whoever finds it: the tags `project` and `environment`."""
    for found in cloud.all("AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::ECS::Service",
                           "AWS::SQS::Queue", "AWS::KMS::Key", ALARM):  # fmt: skip
        tags = {each["Key"]: each["Value"] for each in found.get("Tags", [])}
        if (tags.get("project"), tags.get("environment")) != ("clinic", cloud.environment.name):
            yield f"{found} is tagged {tags}"


@broken_by(everything_says_whose_it_is)
def _nobodys(cloud: Cloud) -> None:
    del next(cloud.all("AWS::SQS::Queue")).properties["Tags"]
