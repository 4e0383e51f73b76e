"""The database and the cache: they survive a zone, a mistake and a region, and tell nobody."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

# What would put people's names into a log.
SILENT = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def primary(cloud: Cloud) -> Resource:
    databases = cloud.all("AWS::RDS::DBInstance")
    (found,) = [each for each in databases if not each.get("SourceDBInstanceIdentifier")]
    return found


def parameters(cloud: Cloud) -> dict[str, str]:
    (group,) = cloud.all("AWS::RDS::DBParameterGroup")
    return group.get("Parameters", {})


def cache(cloud: Cloud) -> Resource:
    (found,) = cloud.all("AWS::ElastiCache::ReplicationGroup")
    return found


@promise("production", "staging")
def a_zone_may_be_lost(cloud: Cloud) -> Iterator[str]:
    if primary(cloud).get("MultiAZ") is not True:
        yield "the database has no standby in another zone"
    for wanted in ("MultiAZEnabled", "AutomaticFailoverEnabled"):
        if cache(cloud).get(wanted) is not True:
            yield f"the cache: {wanted} is off"


@broken_by(a_zone_may_be_lost)
def _no_standby(cloud: Cloud) -> None:
    primary(cloud).properties["MultiAZ"] = False


@broken_by(a_zone_may_be_lost)
def _one_cache(cloud: Cloud) -> None:
    cache(cloud).properties["MultiAZEnabled"] = False


@promise("production")
def thirty_five_days_can_be_gone_back_to(cloud: Cloud) -> Iterator[str]:
    if primary(cloud).get("BackupRetentionPeriod") != 35:
        yield "not every point of the last 35 days can be restored"


@broken_by(thirty_five_days_can_be_gone_back_to)
def _a_week(cloud: Cloud) -> None:
    primary(cloud).properties["BackupRetentionPeriod"] = 7


@promise("production", "staging", "simple")
def it_cannot_be_deleted_by_mistake(cloud: Cloud) -> Iterator[str]:
    database = primary(cloud)
    if database.get("DeletionProtection") is not True:
        yield "the database can be deleted by one call"
    if database.whole.get("DeletionPolicy") != "Snapshot":
        yield "the database goes with its stack"


@broken_by(it_cannot_be_deleted_by_mistake)
def _by_one_call(cloud: Cloud) -> None:
    primary(cloud).properties["DeletionProtection"] = False


@broken_by(it_cannot_be_deleted_by_mistake)
def _with_its_stack(cloud: Cloud) -> None:
    primary(cloud).whole["DeletionPolicy"] = "Delete"


@promise("production", "staging", "simple")
def a_region_may_be_lost(cloud: Cloud) -> Iterator[str]:
    there = cloud.environment.second_region
    plans = list(cloud.all("AWS::Backup::BackupPlan"))
    chosen = text(
        [each.get("BackupSelection") for each in cloud.all("AWS::Backup::BackupSelection")]
    )
    for plan in plans:
        for rule in plan.get("BackupPlan.BackupPlanRule", []):
            copies = text(rule.get("CopyActions", []))
            if f":{there}:" not in copies:
                yield f"{plan} copies nothing to {there}"
    if not plans or primary(cloud).name not in chosen:
        yield "no plan has the database in it"
    if "Documents" not in chosen:
        yield "no plan has patients' documents in it"
    if not list(cloud.all("AWS::Backup::BackupVault", stack="copies")):
        yield f"there is no vault in {there}"


@broken_by(a_region_may_be_lost)
def _no_copy(cloud: Cloud) -> None:
    plan = next(cloud.all("AWS::Backup::BackupPlan"))
    del plan.get("BackupPlan.BackupPlanRule")[0]["CopyActions"]


@broken_by(a_region_may_be_lost)
def _nothing_chosen(cloud: Cloud) -> None:
    next(cloud.all("AWS::Backup::BackupSelection")).get("BackupSelection")["Resources"] = []


@promise()
def nothing_is_said_in_clear(cloud: Cloud) -> Iterator[str]:
    if parameters(cloud).get("rds.force_ssl") != "1":
        yield "the database answers without TLS"
    for proxy in cloud.all("AWS::RDS::DBProxy"):
        if proxy.get("RequireTLS") is not True:
            yield f"{proxy} answers without TLS"
    if cache(cloud).get("TransitEncryptionMode") != "required":
        yield "the cache answers without TLS"
    if not cache(cloud).get("UserGroupIds"):
        yield "the cache answers whoever asks"


@broken_by(nothing_is_said_in_clear)
def _the_database_may(cloud: Cloud) -> None:
    parameters(cloud)["rds.force_ssl"] = "0"


@broken_by(nothing_is_said_in_clear)
def _the_cache_may(cloud: Cloud) -> None:
    cache(cloud).properties["TransitEncryptionMode"] = "preferred"


@broken_by(nothing_is_said_in_clear)
def _the_cache_asks_nobody(cloud: Cloud) -> None:
    del cache(cloud).properties["UserGroupIds"]


@promise()
def no_log_of_the_database_has_a_name_in_it(cloud: Cloud) -> Iterator[str]:
    found = parameters(cloud)
    for name, value in SILENT.items():
        if found.get(name) != value:
            yield f"{name} is {found.get(name)}"


@broken_by(no_log_of_the_database_has_a_name_in_it)
def _slow_statements_are_quoted(cloud: Cloud) -> None:
    parameters(cloud)["log_min_duration_statement"] = "500"


@promise()
def databases_are_not_public(cloud: Cloud) -> Iterator[str]:
    for database in cloud.all("AWS::RDS::DBInstance"):
        if database.get("PubliclyAccessible") is not False:
            yield f"{database} has a public address"
    for group in cloud.all("AWS::RDS::DBSubnetGroup"):
        if "Vpcstores" not in text(group.get("SubnetIds")):
            yield f"{group} is not where there is no way out"


@broken_by(databases_are_not_public)
def _it_is(cloud: Cloud) -> None:
    primary(cloud).properties["PubliclyAccessible"] = True


@promise("production", "staging")
def a_replica_can_be_made(cloud: Cloud) -> Iterator[str]:
    """RDS refuses one of a database whose administrator's password it keeps itself."""
    if primary(cloud).get("ManageMasterUserPassword"):
        yield "RDS keeps the administrator's password, and then makes no replica"


@broken_by(a_replica_can_be_made)
def _rds_keeps_it(cloud: Cloud) -> None:
    primary(cloud).properties["ManageMasterUserPassword"] = True
