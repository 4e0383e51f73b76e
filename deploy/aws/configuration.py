"""What differs from one environment to the next, and nothing else: sizes, counts and names.

Money, regions and sizes are chosen here; how the parts hang together is in `stacks/`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

# AWS's own example account: synthesis needs one, and asks nobody about it.
NO_ACCOUNT = "111122223333"
NO_ZONE = "Z0000000EXAMPLE"


@dataclass(frozen=True)
class Database:
    size: str  # RDS's instance class without "db."
    multi_az: bool
    replicas: int  # read replicas
    proxy: bool  # RDS Proxy between the tasks and the database
    backup_days: int  # how far back a point in time can be restored
    storage_gib: int
    most_storage_gib: int  # it grows up to this by itself
    protected: bool  # from deletion; and what is deleted leaves a last snapshot


@dataclass(frozen=True)
class Cache:
    size: str  # ElastiCache's node type without "cache."
    replicas: int  # beside the first node; 1 or more means failover across zones


@dataclass(frozen=True)
class Tasks:
    """A service of Fargate tasks."""

    cpu: int  # 1024 are one vCPU
    memory_mib: int
    least: int
    most: int


@dataclass(frozen=True)
class Alerts:
    email: str
    monthly_budget_usd: int
    monthly_sms_usd: int
    # Wrong passwords and codes within five minutes, from which on somebody is told. A clinic's
    # front desk mistypes a few in the morning; guessing at any speed is hundreds.
    sign_in_failures: int = 50


@dataclass(frozen=True)
class Environment:
    name: str
    domain: str  # the site is at https://DOMAIN; mail comes from no-reply@DOMAIN
    database: Database
    cache: Cache
    web: Tasks
    worker: Tasks
    alerts: Alerts
    zones: int = 3
    # How tasks reach AWS's services (docs/decisions/aws-network.md): by VPC endpoints in so many
    # zones, and without any way to the open internet; or, with none of these, by NAT gateways.
    endpoint_zones: int = 2
    nat_gateways: int = 0
    # Neither of both: tasks have public addresses of their own, at which nobody answers.
    public_tasks: bool = False
    # Web, workers and clock as containers of one task, which does not scale.
    one_task: bool = False
    insights: bool = True  # ECS counts what each task uses; each number has its price
    # Where the names of DOMAIN are kept: a public zone of Route 53 that is there already.
    zone: str = "clinic.example"
    zone_id: str = field(default_factory=lambda: os.environ.get("CLINIC_ZONE_ID", NO_ZONE))
    # Requests a minute, a vCPU, that one more task is started at. A page costs 20 to 60 ms of a
    # processor (README, "What the clinic's own pages cost"): this is a third to a half of it.
    requests_a_minute: int = 600
    # Requests within five minutes from one address, from which on it is refused. A clinic's whole
    # front desk comes from one address.
    requests_per_address: int = 3000
    canary: bool = True  # blue/green: 10 % for five minutes, else a plain rolling release
    log_days: int = 400
    audit_lock_days: int = 365  # AUDIT_LOCK_DAYS; chosen once: nobody can shorten it afterwards
    keeps_data: bool = True  # what holds data stays when its stack is deleted
    # It sets what texts may cost in a month, and has them logged. Both are the account's, so one
    # environment of an account does (docs/decisions/aws-messages.md).
    sets_texts: bool = True
    second_region: str = "us-west-2"  # copies of snapshots
    region: str = field(default_factory=lambda: os.environ.get("CDK_DEFAULT_REGION", "us-east-1"))
    account: str = field(default_factory=lambda: os.environ.get("CDK_DEFAULT_ACCOUNT", NO_ACCOUNT))

    @property
    def availability_zones(self) -> list[str]:
        """Named here, so that synthesis asks no account for them."""
        return [f"{self.region}{letter}" for letter in "abc"[: self.zones]]

    def stack(self, what: str) -> str:
        """The name of one of its stacks: "clinic-production-data"."""
        return f"clinic-{self.name}-{what}"


def production() -> Environment:
    return Environment(
        name="production",
        domain="clinic.example",
        database=Database(
            size="m7g.large",
            multi_az=True,
            replicas=1,
            proxy=True,
            backup_days=35,
            storage_gib=100,
            most_storage_gib=1000,
            protected=True,
        ),
        cache=Cache(size="t4g.small", replicas=1),
        web=Tasks(cpu=1024, memory_mib=2048, least=2, most=10),
        worker=Tasks(cpu=1024, memory_mib=2048, least=2, most=10),
        alerts=Alerts("operators@clinic.example", monthly_budget_usd=950, monthly_sms_usd=100),
    )


def staging() -> Environment:
    """Production's shape at the smallest sizes: what it does not have is not tried there."""
    return Environment(
        name="staging",
        domain="staging.clinic.example",
        database=Database(
            size="t4g.small",
            multi_az=True,
            replicas=1,
            proxy=True,
            backup_days=7,
            storage_gib=20,
            most_storage_gib=100,
            protected=True,
        ),
        cache=Cache(size="t4g.micro", replicas=1),
        web=Tasks(cpu=512, memory_mib=1024, least=2, most=4),
        worker=Tasks(cpu=512, memory_mib=1024, least=1, most=2),
        alerts=Alerts("operators@clinic.example", monthly_budget_usd=450, monthly_sms_usd=5),
        endpoint_zones=1,
        sets_texts=False,  # production does, in the same account
    )


def simple() -> Environment:
    """For a single clinic, at the lowest price at which it is still safe to keep patients' data.

    What it does without, and what that costs on a bad day, is in docs/decisions/aws-simple.md.
    """
    return Environment(
        name="simple",
        domain="clinic.example",
        database=Database(
            size="t4g.micro",
            multi_az=False,
            replicas=0,
            proxy=False,
            backup_days=14,
            storage_gib=20,
            most_storage_gib=100,
            protected=True,
        ),
        cache=Cache(size="t4g.micro", replicas=0),
        web=Tasks(cpu=512, memory_mib=2048, least=1, most=1),
        worker=Tasks(cpu=512, memory_mib=2048, least=1, most=1),  # the same task
        alerts=Alerts("operators@clinic.example", monthly_budget_usd=150, monthly_sms_usd=20),
        zones=2,
        endpoint_zones=0,
        public_tasks=True,
        one_task=True,
        insights=False,
        canary=False,
    )


def dev() -> Environment:
    return _short_lived("dev", "dev.clinic.example", monthly_budget_usd=200)


def preview(number: str = "0") -> Environment:
    """One for a pull request, made and removed by its pipeline. `number`: the pull request's."""
    return _short_lived(
        f"preview-{number}", f"preview-{number}.dev.clinic.example", monthly_budget_usd=50
    )


def _short_lived(name: str, domain: str, *, monthly_budget_usd: int) -> Environment:
    return Environment(
        name=name,
        domain=domain,
        database=Database(
            size="t4g.micro",
            multi_az=False,
            replicas=0,
            proxy=False,
            backup_days=1,
            storage_gib=20,
            most_storage_gib=50,
            protected=False,
        ),
        cache=Cache(size="t4g.micro", replicas=0),
        web=Tasks(cpu=256, memory_mib=1024, least=1, most=2),
        worker=Tasks(cpu=256, memory_mib=1024, least=1, most=1),
        alerts=Alerts("operators@clinic.example", monthly_budget_usd, monthly_sms_usd=1),
        zones=2,
        endpoint_zones=0,
        nat_gateways=1,
        canary=False,
        log_days=30,
        audit_lock_days=1,
        keeps_data=False,
        sets_texts=False,
    )


ENVIRONMENTS = {
    "production": production,
    "staging": staging,
    "simple": simple,
    "dev": dev,
    "preview": preview,
}
