"""Whatever breaks, somebody is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

ALARM, COMPOSITE, RULE = (
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Events::Rule",
)
STACKS = ("observability", "edge-alarms")
SCALING = ("production", "staging")
WITH_PATIENTS = (*SCALING, "simple")

# What can break, by its section of the runbook: the metric that shows it.
SHOWN_BY = {
    "no-healthy-target": "AWS/ApplicationELB HealthyHostCount",
    "most-requests-fail": "AWS/ApplicationELB HTTPCode_ELB_5XX_Count",
    "target-errors": "AWS/ApplicationELB HTTPCode_Target_5XX_Count",
    "balancer-errors": "AWS/ApplicationELB HTTPCode_ELB_5XX_Count",
    "slow": "AWS/ApplicationELB TargetResponseTime",
    "unhealthy-target": "AWS/ApplicationELB UnHealthyHostCount",
    "edge-errors": "AWS/CloudFront 5xxErrorRate",
    "firewall-blocks": "AWS/WAFV2 BlockedRequests",
    "certificate": "AWS/CertificateManager DaysToExpiry",
    "tasks-missing": "ECS/ContainerInsights RunningTaskCount",
    "at-most-tasks": "ECS/ContainerInsights DesiredTaskCount",
    "cpu": "AWS/ECS CPUUtilization",
    "memory": "AWS/ECS MemoryUtilization",
    "database-cpu": "AWS/RDS CPUUtilization",
    "database-connections": "AWS/RDS DatabaseConnections",
    "database-storage": "AWS/RDS FreeStorageSpace",
    "database-memory": "AWS/RDS FreeableMemory",
    "database-wraparound": "AWS/RDS MaximumUsedTransactionIDs",
    "replica-lag": "AWS/RDS ReplicaLag",
    "proxy-waits": "AWS/RDS DatabaseConnectionsBorrowLatency",
    "proxy-refuses": "AWS/RDS DatabaseConnectionsSetupFailed",
    "cache-memory": "AWS/ElastiCache DatabaseMemoryUsagePercentage",
    "cache-cpu": "AWS/ElastiCache CPUUtilization",
    "cache-evictions": "AWS/ElastiCache Evictions",
    "heartbeat": "Clinic MessagesDue",
    "queue-age": "AWS/SQS ApproximateAgeOfOldestMessage",
    "dead-letters": "AWS/SQS ApproximateNumberOfMessagesVisible",
    "lost-events": "AWS/SQS ApproximateNumberOfMessagesVisible",
    "tasks-failed": "Clinic TasksFailed",
    "functions-failed": "AWS/Lambda Errors",
    "oldest-reminder": "Clinic OldestReminderSeconds",
    "messages-failed": "Clinic MessagesFailed",
    "bounces": "AWS/SES Reputation.BounceRate",
    "complaints": "AWS/SES Reputation.ComplaintRate",
    "texts-budget": "AWS/SNS SMSMonthToDateSpentUSD",
    "seals-not-stored": "SealsNotStored",
    "backup-missing": "AWS/Backup NumberOfBackupJobsCompleted",
    "sign-in-failures": "Clinic SignInFailures",
    "emergency-access": "Clinic EmergencyAccesses",
    "root-used": "RootUsed",
    "trail-changed": "TrailChanged",
    "key-going": "KeyGoing",
}
# What AWS says by itself, once: the event.
SAID_BY = {
    "release-taken-back": "SERVICE_DEPLOYMENT_FAILED",
    "backup-failed": "Backup Job State Change",
    "backup-copy-failed": "Copy Job State Change",
    "database-event": "RDS DB Instance Event",
    "rotation-failed": "RotationFailed",
}
# What the simple path has not, and so cannot break there.
NOT_SIMPLE = ("tasks-missing", "at-most-tasks", "replica-lag", "proxy-waits", "proxy-refuses")
SIMPLE = {slug: metric for slug, metric in SHOWN_BY.items() if slug not in NOT_SIMPLE}
ALWAYS = ("no-healthy-target", "most-requests-fail", "heartbeat", "dead-letters")
# Whose silence is the trouble itself.
GONE = (
    "no-healthy-target",
    "heartbeat",
    "tasks-missing",
    "oldest-reminder",
    "backup-missing",
    "replica-lag",
    "database-cpu",
    "cache-memory",
)


def ringing(cloud: Cloud, *kinds: str) -> Iterator[tuple[str, Resource]]:
    """What tells somebody, with its section of the runbook; a release's own alarms are not."""
    for stack in STACKS:
        for found in cloud.all(*(kinds or (ALARM, COMPOSITE, RULE)), stack=stack):
            said = found.get("AlarmDescription") or found.get("Description", "")
            yield said.partition("#")[2], found


def measured(alarm: Resource) -> set[str]:
    """ "AWS/SQS ApproximateNumberOfMessagesVisible", also of what is worked out."""
    stats = [
        each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each
    ]
    return {f"{each['Namespace']} {each['MetricName']}" for each in stats or [alarm.properties]}


def _absent(cloud: Cloud, wanted: dict[str, str]) -> Iterator[str]:
    alarms = list(ringing(cloud, ALARM))
    for slug, metric in wanted.items():
        of_it = [measured(alarm) for found, alarm in alarms if found == slug]
        if not of_it:
            yield f"nobody is told of {slug}"
        elif not all(any(name.endswith(metric) for name in each) for each in of_it):
            yield f"{slug} does not look at {metric}"


@promise(*SCALING)
def each_thing_that_can_break_has_its_alarm(cloud: Cloud) -> Iterator[str]:
    yield from _absent(cloud, SHOWN_BY)
    yield from _unsaid(cloud)


@promise("simple")
def each_thing_that_can_break_on_the_simple_path_has_its_alarm(cloud: Cloud) -> Iterator[str]:
    yield from _absent(cloud, SIMPLE)
    yield from _unsaid(cloud)


def _unsaid(cloud: Cloud) -> Iterator[str]:
    rules = dict(ringing(cloud, RULE))
    for slug, event in SAID_BY.items():
        if slug not in rules or event not in text(rules[slug].get("EventPattern")):
            yield f"nobody is told of {slug}"


@promise(*WITH_PATIENTS)
def no_alarm_is_forgotten_here(cloud: Cloud) -> Iterator[str]:
    for slug, found in ringing(cloud, ALARM, RULE):
        if slug not in SHOWN_BY | SAID_BY:
            yield f"{found} is not in the table"


@broken_by(no_alarm_is_forgotten_here)
def _one_more(cloud: Cloud) -> None:
    _, alarm = next(ringing(cloud, ALARM))
    alarm.properties["AlarmDescription"] = "Something else. docs/runbook.md#something-else"


@promise()
def everywhere_the_site_and_its_work_are_watched(cloud: Cloud) -> Iterator[str]:
    yield from _absent(cloud, {slug: SHOWN_BY[slug] for slug in ALWAYS})


def _without(slug: str) -> Callable[[Cloud], None]:
    def remove(cloud: Cloud) -> None:
        for found, resource in list(ringing(cloud)):
            if found == slug:
                del cloud.templates[resource.stack]["Resources"][resource.name]

    remove.__name__ = f"without {slug}"
    return remove


for _slug in (*SHOWN_BY, *SAID_BY):
    broken_by(each_thing_that_can_break_has_its_alarm)(_without(_slug))
for _slug in (*SIMPLE, *SAID_BY):
    broken_by(each_thing_that_can_break_on_the_simple_path_has_its_alarm)(_without(_slug))
for _slug in ALWAYS:
    broken_by(everywhere_the_site_and_its_work_are_watched)(_without(_slug))


@broken_by(each_thing_that_can_break_has_its_alarm)
def _another_metric(cloud: Cloud) -> None:
    dict(ringing(cloud, ALARM))["database-wraparound"].properties["MetricName"] = "ReadLatency"


@promise()
def each_alarm_tells_somebody(cloud: Cloud) -> Iterator[str]:
    """By itself, or as a part of one that does."""
    composites = [each for _, each in ringing(cloud, COMPOSITE) if _tells(each)]
    parts = " ".join(text(each.get("AlarmRule")) for each in composites)
    for _slug, found in ringing(cloud):
        if not _tells(found) and f'"{found.name}"' not in parts:
            yield f"{found} tells nobody"


def _tells(found: Resource) -> bool:
    if found.kind == RULE:
        told = [each["Arn"] for each in found.get("Targets", [])]
        return "Operators" in text(told) and found.get("State") == "ENABLED"
    on = found.get("ActionsEnabled") is not False
    return on and "Operators" in text(found.get("AlarmActions", []))


@broken_by(each_alarm_tells_somebody)
def _to_itself(cloud: Cloud) -> None:
    dict(ringing(cloud))["dead-letters"].properties["AlarmActions"] = []


@broken_by(each_alarm_tells_somebody)
def _switched_off(cloud: Cloud) -> None:
    dict(ringing(cloud))["heartbeat"].properties["ActionsEnabled"] = False


@broken_by(each_alarm_tells_somebody)
def _a_part_of_nothing(cloud: Cloud) -> None:
    dict(ringing(cloud))["site-down"].properties["AlarmRule"] = "FALSE"


@broken_by(each_alarm_tells_somebody)
def _a_composite_to_itself(cloud: Cloud) -> None:
    dict(ringing(cloud))["site-down"].properties["AlarmActions"] = []


@promise()
def operators_are_told_by_mail_and_in_cipher(cloud: Cloud) -> Iterator[str]:
    for stack in STACKS:
        if stack in cloud.templates:
            (topic,) = cloud.all("AWS::SNS::Topic", stack=stack)
            if not topic.get("KmsMasterKeyId"):
                yield f"{topic} is not encrypted"
            mails = list(cloud.all("AWS::SNS::Subscription", stack=stack))
            if [each.get("Endpoint") for each in mails] != [cloud.environment.alerts.email]:
                yield f"{topic} is not mailed to the operators"
            (key,) = cloud.all("AWS::KMS::Key", stack=stack)
            if "cloudwatch.amazonaws.com" not in text(key.get("KeyPolicy")):
                yield f"no alarm can use {key}, so none arrives"


@broken_by(operators_are_told_by_mail_and_in_cipher)
def _in_clear(cloud: Cloud) -> None:
    del next(cloud.all("AWS::SNS::Topic", stack="observability")).properties["KmsMasterKeyId"]


@broken_by(operators_are_told_by_mail_and_in_cipher)
def _nobody_reads(cloud: Cloud) -> None:
    next(cloud.all("AWS::SNS::Subscription", stack="observability")).properties["Endpoint"] = "a@b"


@broken_by(operators_are_told_by_mail_and_in_cipher)
def _nobody_may_write(cloud: Cloud) -> None:
    key = next(cloud.all("AWS::KMS::Key", stack="observability"))
    kept = re.sub(r"cloudwatch\.amazonaws\.com", "s3.amazonaws.com", json.dumps(key.properties))
    key.whole["Properties"] = json.loads(kept)


@promise(*WITH_PATIENTS)
def what_aws_says_by_itself_comes_through(cloud: Cloud) -> Iterator[str]:
    for kind, path in (
        ("AWS::KMS::Key", "KeyPolicy"),
        ("AWS::SNS::TopicPolicy", "PolicyDocument"),
    ):
        (found,) = cloud.all(kind, stack="observability")
        if "events.amazonaws.com" not in text(found.get(path)):
            yield f"{found} lets no event through"


@broken_by(what_aws_says_by_itself_comes_through)
def _events_stay_outside(cloud: Cloud) -> None:
    (policy,) = cloud.all("AWS::SNS::TopicPolicy", stack="observability")
    policy.properties["PolicyDocument"]["Statement"] = []


@promise()
def silence_is_not_taken_for_health(cloud: Cloud) -> Iterator[str]:
    for slug, alarm in ringing(cloud, ALARM):
        treated = alarm.get("TreatMissingData")
        if treated not in ("breaching", "notBreaching", "ignore"):
            yield f"{alarm} does not say what silence means"
        if slug in GONE and treated != "breaching":
            yield f"{alarm} stays quiet when who measures is gone"


@broken_by(silence_is_not_taken_for_health)
def _as_it_comes(cloud: Cloud) -> None:
    del dict(ringing(cloud))["dead-letters"].properties["TreatMissingData"]


@broken_by(silence_is_not_taken_for_health)
def _no_clock_no_alarm(cloud: Cloud) -> None:
    dict(ringing(cloud))["heartbeat"].properties["TreatMissingData"] = "notBreaching"
