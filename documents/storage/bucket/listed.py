"""Settings that are lists, in which an operator may have entries of their own: those stay."""

from __future__ import annotations

import json
from typing import Any

from documents.storage import client as store
from documents.storage.bucket.asking import ask
from documents.storage.bucket.policy import VERSION, Statement
from documents.storage.bucket.property import Property


def lifecycle_rules(bucket: str, ours: list[dict[str, Any]]) -> Property:
    """Rules of what is removed by time, known by their ID."""
    client = store.client()
    wanted = {rule["ID"]: rule for rule in ours}

    def there() -> list[dict[str, Any]]:
        answer = ask(client.get_bucket_lifecycle_configuration, Bucket=bucket) or {}
        return list(answer.get("Rules", []))

    def write() -> None:
        theirs = [rule for rule in there() if rule.get("ID") not in wanted]
        ask(
            client.put_bucket_lifecycle_configuration,
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [*theirs, *ours]},
        )

    def read() -> Any:
        return {rule["ID"]: rule for rule in there() if rule.get("ID") in wanted}

    return Property("old things removed by time", wanted, read, write)


def policy_statements(bucket: str, wanted: dict[str, Statement]) -> Property:
    """Statements of the bucket's policy, known by their Sid; one of ours not wanted now goes."""
    client = store.client()

    def there() -> list[Statement]:
        answer = ask(client.get_bucket_policy, Bucket=bucket)
        return list(json.loads(answer["Policy"])["Statement"]) if answer else []

    def write() -> None:
        theirs = [each for each in there() if not _ours(each)]
        statements = [*theirs, *wanted.values()]
        if not statements:
            ask(client.delete_bucket_policy, Bucket=bucket)
            return
        policy = {"Version": VERSION, "Statement": statements}
        ask(client.put_bucket_policy, Bucket=bucket, Policy=json.dumps(policy))

    def read() -> Any:
        return {each["Sid"]: each for each in there() if _ours(each)}

    what = " and ".join(WHAT[sid] for sid in wanted)
    return Property(f"policy refuses {what}" if what else "no policy needed", wanted, read, write)


WHAT = {
    "ClinicEncrypted": "other encryption",
    "ClinicNamedKey": "other keys",
    "ClinicOverTls": "plain HTTP",
}


def _ours(statement: Statement) -> bool:
    return statement.get("Sid", "") in WHAT
