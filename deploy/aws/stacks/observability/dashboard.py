"""One page that shows how the clinic is: what rings first, then part by part."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.app import App
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.observability import serving, stores, work
from deploy.aws.stacks.observability.metrics import FIVE, names, ours

Metrics = Sequence[cloudwatch.IMetric]
WIDTH = 24


def dashboard(
    scope: Construct,
    *,
    environment: Environment,
    data: Data,
    messages: Messages,
    app: App,
    alarms: Sequence[cloudwatch.IAlarm],
) -> cloudwatch.Dashboard:
    made = cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=environment.stack("overview"),
        default_interval=cdk.Duration.hours(3),
        period_override=cloudwatch.PeriodOverride.AUTO,
    )
    made.add_widgets(
        cloudwatch.AlarmStatusWidget(
            title="What rings: docs/runbook.md says what to do",
            alarms=list(alarms),
            width=WIDTH,
            height=6,
        )
    )
    for title, graphs in (
        ("Scaling", _scaling(app, environment)),
        ("Latency and errors", _answers(app, environment)),
        ("Database", _database(data)),
        ("Cache", _cache(environment)),
        ("Queues", _queues(messages, environment)),
        ("Messages", _messages(environment)),
        ("Bookings", _bookings(environment)),
    ):
        _row(made, title, graphs)
    return made


def _row(made: cloudwatch.Dashboard, title: str, graphs: dict[str, Metrics]) -> None:
    made.add_widgets(cloudwatch.TextWidget(markdown=f"## {title}", width=WIDTH, height=1))
    made.add_widgets(
        *(
            cloudwatch.GraphWidget(
                title=name, left=list(metrics), width=WIDTH // len(graphs), height=6
            )
            for name, metrics in graphs.items()
        )
    )


def _scaling(app: App, environment: Environment) -> dict[str, Metrics]:
    every = serving.services(app).items()
    running = [
        serving.insights(app, service, "RunningTaskCount").with_(label=name)
        for name, service in every
    ]
    counted = {"Running tasks": running} if environment.insights else {}
    return counted | {
        "CPU, percent": [
            serving.usage(app, service, "CPUUtilization").with_(label=name)
            for name, service in every
        ],
        "Memory, percent": [
            serving.usage(app, service, "MemoryUtilization").with_(label=name)
            for name, service in every
        ],
    }


def _answers(app: App, environment: Environment) -> dict[str, Metrics]:
    name = environment.name
    return {
        "Requests and errors": serving.requests(app),
        "Seconds until the answer": serving.latency(app),
        "By kind of page, p95, milliseconds": [
            ours(names.REQUEST_MILLISECONDS, name, period=FIVE, Group=group)
            for group in names.GROUPS
        ],
    }


def _database(data: Data) -> dict[str, Metrics]:
    def of_each(metric: str) -> Metrics:
        return [
            stores.of_instance(instance, metric).with_(label=name)
            for name, instance in stores.instances(data)
        ]

    graphs = {
        "CPU, percent": of_each("CPUUtilization"),
        "Connections": of_each("DatabaseConnections"),
        "Free storage, bytes": of_each("FreeStorageSpace"),
    }
    if data.replica:
        graphs["Replica's lag, seconds"] = [
            stores.of_instance(data.replica, "ReplicaLag", "Maximum")
        ]
    return graphs


def _cache(environment: Environment) -> dict[str, Metrics]:
    nodes = stores.nodes(environment)
    name = environment.name
    return {
        "Memory, percent": [
            stores.of_node(node, "DatabaseMemoryUsagePercentage").with_(label=node)
            for node in nodes
        ],
        "CPU, percent": [
            stores.of_node(node, "CPUUtilization").with_(label=node) for node in nodes
        ],
        "Evictions": [stores.of_node(node, "Evictions", "Sum").with_(label=node) for node in nodes],
        "Free times: from the cache, or computed": [
            ours(names.CACHE_HITS, name, period=FIVE),
            ours(names.CACHE_MISSES, name, period=FIVE),
        ],
    }


def _queues(messages: Messages, environment: Environment) -> dict[str, Metrics]:
    every = work.working(messages).items()
    return {
        "Age of the oldest, seconds": [
            work.of_queue(queue, "ApproximateAgeOfOldestMessage").with_(label=name)
            for name, queue in every
        ],
        "What workers have before them": [
            ours(names.WORKER_BACKLOG, environment.name, Queue=queue) for queue in names.QUEUES
        ],
        "Dead letters": [
            work.of_queue(messages.dead_letters, "ApproximateNumberOfMessagesVisible")
        ],
        "Tasks that failed": [ours(names.TASKS_FAILED, environment.name, period=FIVE)],
    }


def _messages(environment: Environment) -> dict[str, Metrics]:
    name = environment.name

    def by_channel(metric: object) -> Metrics:
        return [ours(metric, name, period=FIVE, Channel=each) for each in names.CHANNELS]

    return {
        "Sent": by_channel(names.MESSAGES_SENT),
        "Given up": [*by_channel(names.MESSAGES_FAILED), work.failed_share(environment)],
        "Due and not sent": [ours(names.MESSAGES_DUE, name)],
        "The oldest waits, seconds": [
            ours(names.OLDEST_MESSAGE_SECONDS, name),
            ours(names.OLDEST_REMINDER_SECONDS, name),
        ],
    }


def _bookings(environment: Environment) -> dict[str, Metrics]:
    name = environment.name
    return {
        "Held, booked, cancelled": [
            ours(each, name, period=FIVE)
            for each in (names.HOLDS, names.BOOKINGS, names.CANCELLATIONS)
        ],
        "Refused": [ours(names.BOOKINGS_REFUSED, name, period=FIVE)],
        "Wrong passwords, emergencies": [
            ours(names.SIGN_IN_FAILURES, name, period=FIVE),
            ours(names.EMERGENCY_ACCESSES, name, period=FIVE),
        ],
    }
