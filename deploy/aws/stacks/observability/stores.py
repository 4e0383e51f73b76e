"""Alarms of what keeps: PostgreSQL, its replica and its proxy, and Valkey."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_rds as rds

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.observability.alarms import GONE, QUIET, Alarms
from deploy.aws.stacks.observability.metrics import FIVE, aws, worked_out

GIB = 2**30
CPU = 80  # percent: a failover or a vacuum needs the rest
STORAGE_SHARE = 0.1  # free; it should have grown by itself before
MEMORY_SHARE = 0.05  # free; below, the machine begins to swap
# RDS gives each connection so many bytes of what it leaves to PostgreSQL, about nine tenths.
BYTES_A_CONNECTION, LEFT = 9_531_392, 0.9
CONNECTIONS_SHARE = 0.8
MEMORY_GIB = {  # by class
    "t4g.micro": 1,
    "t4g.small": 2,
    "t4g.medium": 4,
    "t4g.large": 8,
    "m7g.large": 8,
    "m7g.xlarge": 16,
    "m7g.2xlarge": 32,
    "r7g.large": 16,
    "r7g.xlarge": 32,
    "r7g.2xlarge": 64,
}
LAG_SECONDS = 60  # readers of the replica see what was true a minute ago
TRANSACTIONS = 1_000_000_000  # of two: vacuum has half of the way left
BORROW_MICROSECONDS = 1_000_000
CACHE_CPU = 45  # percent of a node of two processors: Valkey works with one of them
CACHE_MEMORY = 85
EVICTIONS = 1000  # in five minutes


def database(alarms: Alarms, data: Data, environment: Environment) -> None:
    wanted = environment.database
    memory = MEMORY_GIB[wanted.size] * GIB
    for of, instance in instances(data):
        for slug, says, metric, bound in (
            ("database-cpu", "PostgreSQL has no processor left.", "CPUUtilization", CPU),
            (
                "database-connections",
                "PostgreSQL has hardly a connection left.",
                "DatabaseConnections",
                CONNECTIONS_SHARE * LEFT * memory / BYTES_A_CONNECTION,
            ),
        ):
            alarms.add(
                slug,
                says,
                of_instance(instance, metric),
                above=round(bound),
                times=(3, 3),
                missing=GONE,
                of=of,
            )
        for slug, says, metric, bound in (
            (
                "database-storage",
                "PostgreSQL's disk is nearly full and has not grown.",
                "FreeStorageSpace",
                STORAGE_SHARE * wanted.storage_gib * GIB,
            ),
            (
                "database-memory",
                "PostgreSQL has hardly any memory left.",
                "FreeableMemory",
                MEMORY_SHARE * memory,
            ),
        ):
            alarms.add(
                slug,
                says,
                of_instance(instance, metric),
                below=round(bound),
                times=(3, 3),
                missing=GONE,
                of=of,
            )
    alarms.add(
        "database-wraparound",
        "PostgreSQL's vacuum is not keeping up with transactions.",
        of_instance(data.database, "MaximumUsedTransactionIDs", "Maximum"),
        above=TRANSACTIONS,
        times=(3, 3),
        missing=QUIET,
    )
    if data.replica:
        alarms.add(
            "replica-lag",
            "The replica is behind.",
            # RDS says -1 where nothing is replayed any more.
            worked_out(
                "IF(lag < 0, 86400, lag)",
                period=FIVE,
                label="lag, seconds",
                lag=of_instance(data.replica, "ReplicaLag", "Maximum"),
            ),
            above=LAG_SECONDS,
            times=(2, 2),
            missing=GONE,
        )
    if data.database_proxy:
        _proxy(alarms, data.database_proxy)


def _proxy(alarms: Alarms, proxy: rds.DatabaseProxy) -> None:
    alarms.add(
        "proxy-waits",
        "Requests wait for a connection of RDS Proxy.",
        of_proxy(proxy, "DatabaseConnectionsBorrowLatency"),
        above=BORROW_MICROSECONDS,
        times=(2, 3),
        missing=QUIET,  # nobody asked
    )
    alarms.add(
        "proxy-refuses",
        "RDS Proxy cannot connect to PostgreSQL, or tasks not to it: a password, most likely.",
        of_proxy(proxy, "DatabaseConnectionsSetupFailed", "Sum"),
        above=5,
        times=(1, 1),
        missing=QUIET,
    )


def instances(data: Data) -> Iterator[tuple[str, rds.IDatabaseInstance]]:
    yield "primary", data.database
    if data.replica:
        yield "replica", data.replica


def of_instance(
    instance: rds.IDatabaseInstance, name: str, statistic: str = "Average"
) -> cloudwatch.Metric:
    of = {"DBInstanceIdentifier": instance.instance_identifier}
    return aws("RDS", name, of, statistic=statistic, period=FIVE)


def of_proxy(proxy: rds.DatabaseProxy, name: str, statistic: str = "Average") -> cloudwatch.Metric:
    of = {"ProxyName": proxy.db_proxy_name}
    return aws("RDS", name, of, statistic=statistic, period=FIVE)


def cache(alarms: Alarms, environment: Environment) -> None:
    """Each node: which of them is the primary changes."""
    for node in nodes(environment):
        for slug, says, metric, statistic, bound, missing in (
            ("cache-memory", "A cache is full.", "DatabaseMemoryUsagePercentage", "Average",
             CACHE_MEMORY, GONE),
            ("cache-cpu", "A cache has no processor left.", "CPUUtilization", "Average",
             CACHE_CPU, GONE),
            ("cache-evictions", "A cache forgets what is still asked for.", "Evictions", "Sum",
             EVICTIONS, QUIET),
        ):  # fmt: skip
            alarms.add(
                slug,
                says,
                of_node(node, metric, statistic),
                above=bound,
                times=(3, 3),
                missing=missing,
                of=node[-3:],
            )


def nodes(environment: Environment) -> list[str]:
    """As ElastiCache names them."""
    group = environment.stack("cache")
    return [f"{group}-{number:03}" for number in range(1, environment.cache.replicas + 2)]


def of_node(node: str, name: str, statistic: str = "Average") -> cloudwatch.Metric:
    return aws("ElastiCache", name, {"CacheClusterId": node}, statistic=statistic, period=FIVE)
