"""What an environment costs a month: what stands there all the time, and what is used."""

from __future__ import annotations

import math
import runpy
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.aws.configuration import Environment, Tasks
from deploy.sizing.demand import Size, assumed
from deploy.sizing.machines import machine
from deploy.sizing.plan import Plan
from deploy.sizing.prices import HOURS, usd

# Counted in what `deploy/aws/stacks/` makes; a test of `make check-aws` sees that no more is made.
ENDPOINTS = 8
RULES = 6  # of the firewall
SECRETS = 6  # one of them, where there is no replica, made and kept by RDS itself
KEYS, KEYS_KEPT = 6, 8  # KMS; with data that is kept, also those of its copies
# An alarm that is made of alarms is paid as five.
ALARMS, ALARMS_KEPT = 12, 80
# Ten of each of the cluster, three services and four kinds of task, and counts of what runs: from
# AWS's list of what Container Insights tells, and not counted in an account.
INSIGHTS = 98
BEAT = Tasks(cpu=256, memory_mib=512, least=1, most=1)
GB_MIB = 1024
NAMES = Path(__file__).resolve().parents[2] / "clinic/lib/metrics/names.py"


@dataclass(frozen=True)
class Line:
    what: str
    usd: float


def total(lines: list[Line]) -> float:
    return sum(line.usd for line in lines)


def at_rest(environment: Environment) -> list[Line]:
    """With the smallest number of tasks, and nobody there."""
    return [
        Line("tasks", _tasks(environment)),
        Line("database", _database(environment)),
        Line("database proxy", _proxy(environment)),
        Line("cache", _cache(environment)),
        Line("load balancer", HOURS * usd("Load balancer")),
        Line("ways to AWS's services", _network(environment)),
        Line("firewall, names", _edge()),
        Line("keys and secrets", _keys(environment)),
        Line("alarms, metrics, dashboard", _watching(environment)),
    ]


def used(size: Size, environment: Environment) -> list[Line]:
    """What a month of people adds."""
    requests, visits = size.requests_a_month, size.visits_a_month
    gb = requests * size.cost.packed_bytes / 1e9
    logs = requests * assumed("log bytes of a request") / 1e9
    years = 12 * assumed("years of visits stored")
    documents = visits * years * assumed("share of visits with a document")
    texts = visits * assumed("share of visits reminded by text") * assumed("parts of a text")
    return [
        Line(
            "text messages", texts * usd("Text message, a part, to the US, with the carrier's fee")
        ),
        Line("mails", visits * assumed("mails for a visit") / 1000 * usd("Mail (SES), 1,000")),
        Line("requests and bytes to people", _delivery(requests, gb)),
        Line(
            "logs",
            logs * usd("CloudWatch logs, a GB taken in")
            + logs * environment.log_days / 30 * usd("CloudWatch logs, a GB kept"),
        ),
        Line("documents kept", documents * assumed("bytes of a document") / 1e9 * usd("S3, a GB")),
        Line("more tasks in open hours", 0.0),
    ]


def of_plan(plan: Plan, environment: Environment) -> list[Line]:
    """All cells of a plan, of the shape of `environment`. More web tasks than the least stand in
    open hours only."""
    least = min(plan.web_tasks, environment.web.least)
    sized = replace(
        environment,
        database=replace(
            environment.database,
            size=plan.database.name.removeprefix("db."),
            storage_gib=plan.storage_gib,
        ),
        cache=replace(environment.cache, size=plan.cache.name.removeprefix("cache.")),
        web=replace(environment.web, least=least),
        worker=replace(environment.worker, least=plan.worker_tasks),
    )
    share = assumed("open hours a day") * assumed("working days a month") / HOURS
    more = (plan.web_tasks - least) * task_usd(environment.web) * share
    lines = [Line(line.what, plan.cells * line.usd) for line in at_rest(sized)]
    usage = used(plan.size, environment)
    return [*lines, *usage[:-1], replace(usage[-1], usd=plan.cells * more)]


def task_usd(tasks: Tasks) -> float:
    """One task for a month."""
    vcpu = tasks.cpu / 1024 * usd("Fargate, ARM, a vCPU")
    return HOURS * (vcpu + tasks.memory_mib / GB_MIB * usd("Fargate, ARM, a GB"))


def _services(environment: Environment) -> tuple[Tasks, ...]:
    """Of tasks; where one task runs everything, there is no other."""
    if environment.one_task:
        return (environment.web,)
    return (environment.web, environment.worker, BEAT)


def _tasks(environment: Environment) -> float:
    return sum(tasks.least * task_usd(tasks) for tasks in _services(environment))


def _database(environment: Environment) -> float:
    """A standby is a second machine with its own disk; so is each replica."""
    database = environment.database
    copies = 1 + database.multi_az + database.replicas
    disk = database.storage_gib * usd("RDS gp3, a GB")
    each = HOURS * usd(f"RDS db.{database.size}") + disk
    # As much of it again in the other region.
    away = database.storage_gib * usd("RDS backup beyond the database's size, a GB")
    return copies * each + (away if environment.keeps_data else 0)


def _proxy(environment: Environment) -> float:
    """By the processors of the database behind it: two at least."""
    if not environment.database.proxy:
        return 0.0
    vcpus = max(2, machine(f"db.{environment.database.size}").vcpus)
    return HOURS * vcpus * usd("RDS Proxy, a vCPU")


def _cache(environment: Environment) -> float:
    cache = environment.cache
    return HOURS * (1 + cache.replicas) * usd(f"ElastiCache Valkey cache.{cache.size}")


def _network(environment: Environment) -> float:
    doors = ENDPOINTS * environment.endpoint_zones * usd("Interface endpoint in a zone")
    each = usd("NAT gateway") + usd("Public IPv4 address")
    return HOURS * (doors + environment.nat_gateways * each + _addresses(environment))


def _addresses(environment: Environment) -> float:
    """Where tasks have public addresses: one for each."""
    if not environment.public_tasks:
        return 0.0
    return sum(tasks.least for tasks in _services(environment)) * usd("Public IPv4 address")


def _edge() -> float:
    firewall = usd("Firewall (WAF)") + RULES * usd("Firewall, a rule")
    return usd("Route 53, a zone") + firewall


def counted(environment: Environment) -> dict[str, int]:
    """How many are paid, by CloudFormation's name of the kind."""
    database, kept = environment.database, environment.keeps_data
    return {
        "AWS::EC2::NatGateway": environment.nat_gateways,
        "AWS::ElasticLoadBalancingV2::LoadBalancer": 1,
        "AWS::ElastiCache::ReplicationGroup": 1,
        "AWS::RDS::DBInstance": 1 + database.replicas,
        "AWS::RDS::DBProxy": int(database.proxy),
        "AWS::WAFv2::WebACL": 1,
        "AWS::KMS::Key": KEYS_KEPT if kept else KEYS,
        "AWS::SecretsManager::Secret": SECRETS,
        "AWS::CloudWatch::Alarm": ALARMS_KEPT if kept else ALARMS,
        "AWS::CloudWatch::Dashboard": int(kept),
    }


def metrics_of_ours() -> int:
    """Each name with each set of values of its dimensions is one, and has its price."""
    names = runpy.run_path(str(NAMES))
    values = {
        "Group": names["GROUPS"],
        "StatusClass": names["STATUS_CLASSES"],
        "Channel": names["CHANNELS"],
        "Queue": names["QUEUES"],
    }
    return sum(
        math.prod(len(values[dimension]) for dimension in dimensions[1:])
        for metric in names["ALL"].values()
        for dimensions in metric.dimension_sets
    )


def _keys(environment: Environment) -> float:
    paid = counted(environment)
    secrets = paid["AWS::SecretsManager::Secret"] * usd("Secret")
    return paid["AWS::KMS::Key"] * usd("KMS key") + secrets


def _watching(environment: Environment) -> float:
    paid = counted(environment)
    metrics = metrics_of_ours() + (INSIGHTS if environment.insights else 0)
    return (
        paid["AWS::CloudWatch::Alarm"] * usd("CloudWatch alarm")
        + metrics * usd("CloudWatch metric of ours")
        + paid["AWS::CloudWatch::Dashboard"] * usd("CloudWatch dashboard")
    )


def _delivery(requests: float, gb: float) -> float:
    cdn = max(0.0, gb - 1024) * usd("CloudFront, a GB after the first 1,024")
    beyond = max(0.0, requests - 10e6) / 1e4
    asked = beyond * usd("CloudFront, 10,000 requests after the first 10,000,000")
    looked = requests / 1e6 * usd("Firewall, a million requests")
    # A unit of capacity is 1 GB an hour or 25 new connections a second: bytes decide with us.
    units = gb * usd("Load balancer, a capacity unit")
    return cdn + asked + units + looked
