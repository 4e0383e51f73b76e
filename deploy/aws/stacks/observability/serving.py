"""Alarms of what serves: the balancer, and the tasks behind it and beside it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb

from deploy.aws.configuration import Environment
from deploy.aws.stacks.app import App
from deploy.aws.stacks.observability.alarms import AS_IT_WAS, GONE, QUIET, Alarms
from deploy.aws.stacks.observability.metrics import DAY, FIVE, MINUTE, aws, worked_out

# Of all answers, in percent: one in a hundred is felt, one in two is an outage.
FAILING, DOWN = 1, 50
LEAST = 5  # so many failures at least: at night a single one may be all requests
SLOW_SECONDS = 1  # the 95th percentile; pages take 0.15 at most (README)
# Scaling aims at 70 and 80: more, for a quarter of an hour, and it has come to its end.
CPU, MEMORY = 85, 90
# What is filled with 0 is 0 for the minute that just ended, as it comes a little late: those alarms
# look at some minutes more than they need.
LATE = 2
EXPIRES = 30  # days; ACM renews by itself sixty before the end


def balancer(alarms: Alarms, app: App, *, all_of_them: bool) -> None:
    """`all_of_them`: else only whether the site is there."""
    down = alarms.either(
        "site-down",
        "Nobody can use the site.",
        [
            alarms.add(
                "no-healthy-target",
                "No web task is well.",
                hosts(app, "HealthyHostCount", "Maximum"),
                below=1,
                times=(3, 3),
                missing=GONE,
                told=False,
            ),
            alarms.add(
                "most-requests-fail",
                "More than half of all requests fail.",
                failing(app),
                above=DOWN,
                times=(3, 3 + LATE),
                missing=QUIET,
                told=False,
            ),
        ],
    )
    if all_of_them:
        _trouble(alarms, app, down)


def _trouble(alarms: Alarms, app: App, down: cloudwatch.IAlarm) -> None:
    parts = [
        alarms.add(
            "target-errors",
            "The application answers with errors.",
            failing(app, "HTTPCode_Target_5XX_Count"),
            above=FAILING,
            times=(5, 5 + LATE),
            missing=QUIET,
            told=False,
        ),
        alarms.add(
            "balancer-errors",
            "The balancer answers with errors of its own: no task did in time.",
            failing(app, "HTTPCode_ELB_5XX_Count"),
            above=FAILING,
            times=(5, 5 + LATE),
            missing=QUIET,
            told=False,
        ),
    ]
    alarms.either("errors", "Some requests fail.", parts, quiet_during=down)
    alarms.add(
        "slow",
        "Pages are slow: the 95th percentile is over a second.",
        _of_balancer(app, "TargetResponseTime", "p95"),
        above=SLOW_SECONDS,
        times=(10, 15),
        missing=QUIET,
    )
    alarms.add(
        "unhealthy-target",
        "A web task fails its health check and is not replaced.",
        hosts(app, "UnHealthyHostCount", "Maximum"),
        above=0,
        times=(10, 10 + LATE),
        missing=QUIET,  # a group without targets; that all are gone says no-healthy-target
    )


def certificate(alarms: Alarms, made: acm.ICertificate, *, of: str) -> None:
    """Seen twice a day, until it has expired: from then on, nothing new is no relief."""
    alarms.add(
        "certificate",
        "A certificate ends soon and was not renewed.",
        aws(
            "CertificateManager",
            "DaysToExpiry",
            {"CertificateArn": made.certificate_arn},
            statistic="Minimum",
            period=DAY,
        ),
        below=EXPIRES,
        times=(1, 1),
        missing=AS_IT_WAS,
        of=of,
    )


def tasks(alarms: Alarms, app: App, environment: Environment) -> None:
    for name, service in services(app).items():
        for slug, what, most in (("cpu", "CPU", CPU), ("memory", "Memory", MEMORY)):
            alarms.add(
                slug,
                f"{what} of the tasks of {name} is used up, and scaling adds no more.",
                usage(app, service, f"{what}Utilization"),
                above=most,
                times=(3, 3),
                missing=QUIET,  # that there are none says tasks-missing
                of=name,
            )
        if environment.insights:
            alarms.add(
                "tasks-missing",
                f"Fewer tasks of {name} run than should.",
                missing(app, service),
                above=0,
                # A task takes a minute or two to start, and a release replaces all.
                times=(10, 10),
                missing=GONE,
                of=name,
            )
    if environment.insights:
        alarms.add(
            "at-most-tasks",
            "As many web tasks as there may be, for half an hour.",
            insights(app, app.web.service, "DesiredTaskCount"),
            above=environment.web.most - 1,
            times=(30, 30),
            missing=QUIET,
        )


def services(app: App) -> dict[str, ecs.FargateService]:
    """By name; of the web alone where one task does all."""
    every = {"web": app.web.service, "worker": app.worker.service, "beat": app.beat.service}
    return {"web": app.web.service} if app.worker is app.web else every


def insights(app: App, service: ecs.IBaseService, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name=name,
        dimensions_map=_service(app, service),
        statistic="Average",
        period=MINUTE,
    )


def missing(app: App, service: ecs.IBaseService) -> cloudwatch.MathExpression:
    return worked_out(
        "desired - running",
        label="missing tasks",
        desired=insights(app, service, "DesiredTaskCount"),
        running=insights(app, service, "RunningTaskCount"),
    )


def usage(app: App, service: ecs.IBaseService, name: str) -> cloudwatch.Metric:
    """Percent. `name`: CPUUtilization or MemoryUtilization."""
    return aws("ECS", name, _service(app, service), period=FIVE)


def _service(app: App, service: ecs.IBaseService) -> dict[str, str]:
    return {"ClusterName": app.cluster.cluster_name, "ServiceName": service.service_name}


def hosts(app: App, name: str, statistic: str) -> cloudwatch.MathExpression:
    """In all groups of targets: after every second release the other one is empty."""
    metrics = {
        f"group{number}": _of_balancer(app, name, statistic, group)
        for number, group in enumerate(app.target_groups)
    }
    filled = " + ".join(f"FILL({group}, 0)" for group in metrics)
    return worked_out(filled, label=name, **metrics)


BOTH = ("HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count")


def failing(app: App, *kinds: str) -> cloudwatch.MathExpression:
    """The share of requests answered so, in percent: 0 below a handful. The balancer counts its
    own errors apart, also those of requests that it never passed on."""
    failed = {
        f"failed{number}": _of_balancer(app, kind, "Sum")
        for number, kind in enumerate(kinds or BOTH)
    }
    total = " + ".join(f"FILL({name}, 0)" for name in failed)
    return worked_out(
        f"IF({total} >= {LEAST}, 100 * ({total}) / MAX([{total}, FILL(requests, 0)]), 0)",
        label="failed requests, percent",
        requests=_of_balancer(app, "RequestCount", "Sum"),
        **failed,
    )


def _of_balancer(
    app: App, name: str, statistic: str, group: elb.ApplicationTargetGroup | None = None
) -> cloudwatch.Metric:
    of = {"TargetGroup": group.target_group_full_name} if group else {}
    whole = {"LoadBalancer": app.balancer.load_balancer_full_name, **of}
    return aws("ApplicationELB", name, whole, statistic=statistic)


def requests(app: App) -> Sequence[cloudwatch.Metric]:
    return [_of_balancer(app, name, "Sum") for name in ("RequestCount", *BOTH)]


def latency(app: App) -> Sequence[cloudwatch.Metric]:
    return [_of_balancer(app, "TargetResponseTime", each) for each in ("p50", "p95", "p99")]
