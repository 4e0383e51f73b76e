"""Alarms of work and messages: queues, what no worker could do, reminders, mail and texts."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.observability.alarms import AS_IT_WAS, GONE, QUIET, Alarms
from deploy.aws.stacks.observability.metrics import (
    FIVE,
    HOUR,
    MINUTE,
    QUARTER,
    aws,
    names,
    ours,
    worked_out,
)

# Seconds that work may wait. A document may be worked on for a quarter of an hour, and what a
# worker that died had taken comes back after half an hour (messages/queues.py): no alarm for one.
AGES = {"default": 600, "messages": 600, "documents": 2400}
REMINDER_SECONDS = 300
FAILED_PERCENT, FAILED_LEAST = 10, 10
TASKS = 5  # failed in a quarter of an hour: each is tried again, and one alone ends well
# SES looks at an account that comes to 5 % and 0.1 %, and stops it at twice that and more.
BOUNCES, COMPLAINTS = 0.04, 0.0008
SMS_SHARE = 0.8
NOT_STORED = "audit-head-not-stored"  # the event in accounts/operations/heads.py


def stands_still(alarms: Alarms, environment: Environment) -> cloudwatch.Alarm:
    """Once a minute beat asks and a worker answers; what else is told, they tell."""
    return alarms.add(
        "heartbeat",
        "No background work is done: the clock or the workers are gone.",
        ours(names.MESSAGES_DUE, environment.name, period=FIVE, statistic="SampleCount"),
        below=1,
        times=(1, 1),
        missing=GONE,
    )


def dead_letters(alarms: Alarms, messages: Messages) -> None:
    alarms.add(
        "dead-letters",
        "There is work that no worker could finish.",
        of_queue(messages.dead_letters, "ApproximateNumberOfMessagesVisible"),
        above=0,
        times=(1, 1),
        missing=QUIET,  # SQS tells nothing of a queue that nothing came to for hours
    )
    alarms.add(
        "lost-events",
        "The site was not told what became of some messages.",
        of_queue(messages.lost_events, "ApproximateNumberOfMessagesVisible"),
        above=0,
        times=(1, 1),
        missing=QUIET,  # the same
    )


def queues(alarms: Alarms, messages: Messages, environment: Environment) -> None:
    for name, queue in working(messages).items():
        alarms.add(
            "queue-age",
            f"Work waits too long in the queue {name}.",
            of_queue(queue, "ApproximateAgeOfOldestMessage"),
            above=AGES[name],
            times=(3, 3),
            missing=QUIET,  # as dead letters; that nothing comes says the heartbeat
            of=name,
        )
    alarms.add(
        "tasks-failed",
        "Background work ends with errors of ours.",
        ours(names.TASKS_FAILED, environment.name, period=QUARTER),
        above=TASKS,
        times=(1, 1),
        missing=QUIET,
    )


def working(messages: Messages) -> dict[str, sqs.Queue]:
    return {
        "default": messages.default,
        "messages": messages.messages,
        "documents": messages.documents,
    }


def of_queue(queue: sqs.IQueue, name: str) -> cloudwatch.Metric:
    return aws("SQS", name, {"QueueName": queue.queue_name}, statistic="Maximum")


def sending(alarms: Alarms, environment: Environment, still: cloudwatch.IAlarm) -> None:
    reminders = alarms.add(
        "oldest-reminder",
        "A reminder that is due has waited for more than five minutes.",
        ours(names.OLDEST_REMINDER_SECONDS, environment.name),
        above=REMINDER_SECONDS,
        times=(3, 3),
        missing=GONE,
        told=False,
    )
    alarms.either("reminders-late", "Reminders are late.", [reminders], quiet_during=still)
    alarms.add(
        "messages-failed",
        "More than a tenth of all messages is given up.",
        failed_share(environment),
        above=FAILED_PERCENT,
        times=(1, 2),
        missing=QUIET,
    )
    # Of the whole account, as SES judges it.
    for slug, says, name, bound in (
        ("bounces", "Too many mails come back.", "Reputation.BounceRate", BOUNCES),
        ("complaints", "Too many mails are called spam.", "Reputation.ComplaintRate", COMPLAINTS),
    ):
        alarms.add(
            slug,
            says,
            aws("SES", name, period=HOUR),
            above=bound,
            times=(1, 1),
            missing=AS_IT_WAS,  # told when mail is sent
        )
    alarms.add(
        "texts-budget",
        "Four fifths of the month's money for texts is spent; at its end, no text leaves.",
        aws("SNS", "SMSMonthToDateSpentUSD", statistic="Maximum", period=HOUR),
        above=SMS_SHARE * environment.alerts.monthly_sms_usd,
        times=(1, 1),
        missing=AS_IT_WAS,  # told when a text is sent
    )


def failed_share(environment: Environment) -> cloudwatch.MathExpression:
    failed, sent = "FILL(failed, 0)", "FILL(sent, 0)"
    return worked_out(
        f"IF({failed} >= {FAILED_LEAST}, 100 * {failed} / ({failed} + {sent}), 0)",
        period=QUARTER,
        label="failed messages, percent",
        failed=ours(names.MESSAGES_FAILED, environment.name, period=QUARTER),
        sent=ours(names.MESSAGES_SENT, environment.name, period=QUARTER),
    )


def seals(scope: Construct, alarms: Alarms, log: logs.ILogGroup) -> None:
    """Seals are stored every five minutes, by a worker, which logs when it cannot."""
    found = logs.MetricFilter(
        scope,
        "SealsNotStoredSeen",
        log_group=log,
        filter_pattern=logs.FilterPattern.string_value("$.event", "=", NOT_STORED),
        metric_namespace=f"{names.NAMESPACE}/{alarms.environment.name}",
        metric_name="SealsNotStored",
        metric_value="1",
    )
    alarms.add(
        "seals-not-stored",
        "The audit trail's seals are not kept outside the database.",
        found.metric(statistic="Sum", period=QUARTER),
        above=0,
        times=(2, 2),
        missing=QUIET,  # no such line in the log
    )


def functions(alarms: Alarms) -> None:
    """All of the account's: what exchanges passwords, and what passes on the log of texts."""
    alarms.add(
        "functions-failed",
        "A function ended with an error.",
        aws("Lambda", "Errors", statistic="Sum", period=QUARTER),
        above=0,
        times=(2, 2),  # each is called again by whoever called it
        missing=QUIET,  # none was called
    )


def people(alarms: Alarms, environment: Environment) -> None:
    alarms.add(
        "sign-in-failures",
        "Many wrong passwords or codes: somebody guesses, or nobody can sign in.",
        ours(names.SIGN_IN_FAILURES, environment.name, period=FIVE),
        above=environment.alerts.sign_in_failures,
        times=(1, 1),
        missing=QUIET,
    )
    alarms.add(
        "emergency-access",
        "For your information: somebody opened a record without treating the patient.",
        ours(names.EMERGENCY_ACCESSES, environment.name, period=MINUTE),
        above=0,
        times=(1, 1),
        missing=QUIET,
        over=False,
    )


def backups(alarms: Alarms, vault: str) -> None:
    """A copy that nobody asks for fails nowhere: what is watched is that one was made."""
    alarms.add(
        "backup-missing",
        "No copy of the database and the documents was made for more than a day.",
        aws(
            "Backup",
            "NumberOfBackupJobsCompleted",
            {"BackupVaultName": vault},
            statistic="Sum",
            period=HOUR,
        ),
        below=1,
        times=(30, 30),  # hours: once a day, and it may take six
        missing=GONE,
    )
