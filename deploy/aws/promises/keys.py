"""Everything that rests is encrypted, by keys of ours where it is anybody's business."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud, text
from deploy.aws.promises.promise import APART, broken_by, promise

# By kind: the property that names our key.
NAMED = {
    "AWS::RDS::DBInstance": "KmsKeyId",
    "AWS::ElastiCache::ReplicationGroup": "KmsKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::Backup::BackupVault": "EncryptionKeyArn",
    "AWS::Logs::LogGroup": "KmsKeyId",
}
OURS = ("network", "data", "messages", "hooks", "copies")


@promise()
def everything_at_rest_has_a_key_of_ours(cloud: Cloud) -> Iterator[str]:
    for kind, path in NAMED.items():
        for found in cloud.all(kind):
            replica = found.get("SourceDBInstanceIdentifier")  # has its source's key
            if found.stack in OURS and not replica and not found.get(path):
                yield f"{found} names no key"


@broken_by(everything_at_rest_has_a_key_of_ours)
def _the_database_in_clear(cloud: Cloud) -> None:
    for database in cloud.all("AWS::RDS::DBInstance"):
        database.properties.pop("KmsKeyId", None)


@broken_by(everything_at_rest_has_a_key_of_ours)
def _a_queue_in_clear(cloud: Cloud) -> None:
    del next(cloud.all("AWS::SQS::Queue")).properties["KmsMasterKeyId"]


@broken_by(everything_at_rest_has_a_key_of_ours)
def _a_log_in_clear(cloud: Cloud) -> None:
    del next(cloud.all("AWS::Logs::LogGroup", stack="network")).properties["KmsKeyId"]


@promise()
def keys_are_replaced_each_year(cloud: Cloud) -> Iterator[str]:
    for key in cloud.all("AWS::KMS::Key"):
        if key.get("EnableKeyRotation") is not True:
            yield f"{key} stays as it is for ever"


@broken_by(keys_are_replaced_each_year)
def _one_is_not(cloud: Cloud) -> None:
    next(cloud.all("AWS::KMS::Key")).properties["EnableKeyRotation"] = False


@promise(*APART)
def the_databases_passwords_are_exchanged(cloud: Cloud) -> Iterator[str]:
    exchanged = {
        schedule.get("SecretId.Ref", "")
        for schedule in cloud.all("AWS::SecretsManager::RotationSchedule")
    }
    attached = {
        link.name: link.get("SecretId.Ref")
        for link in cloud.all("AWS::SecretsManager::SecretTargetAttachment")
    }
    for link, secret in attached.items():
        if link not in exchanged:
            yield f"{secret} stays as it is for ever"
    if len(attached) < 2:
        yield "the database's two roles have no two passwords"
    for database in cloud.all("AWS::RDS::DBInstance"):
        if database.get("SourceDBInstanceIdentifier"):
            continue
        managed = database.get("ManageMasterUserPassword") is True
        password = text(database.get("MasterUserPassword", ""))
        if not managed and not any(secret in password for secret in attached.values()):
            yield f"the password of {database}'s administrator is exchanged by nobody"


@broken_by(the_databases_passwords_are_exchanged)
def _one_stays(cloud: Cloud) -> None:
    schedule = next(cloud.all("AWS::SecretsManager::RotationSchedule"))
    del cloud.templates[schedule.stack]["Resources"][schedule.name]


@broken_by(the_databases_passwords_are_exchanged)
def _the_administrators_stays(cloud: Cloud) -> None:
    for database in cloud.all("AWS::RDS::DBInstance"):
        database.properties["ManageMasterUserPassword"] = False
        database.properties["MasterUserPassword"] = "{{resolve:ssm-secure:another}}"
