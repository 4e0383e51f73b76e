"""The heads outside: what a rewritten database no longer follows from."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import heads, verifying
from accounts.models import AuditEvent, AuditSeal, Patient
from accounts.operations import record_audit, seal_audit
from accounts.operations.audit_digest import LINK_DIGEST
from accounts.operations.heads import store_head
from accounts.queries import verify_audit
from accounts.verifying import verify
from clinic.lib.actor import Actor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def locked_bucket() -> str:
    name = f"audit-{uuid.uuid4().hex[:8]}"
    heads._client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture
def bucket(settings: Any, locked_bucket: str, monkeypatch: Any) -> Iterator[str]:
    """One bucket for the run, a folder of it for each test: what is locked cannot be emptied."""
    folder = f"{uuid.uuid4().hex}/seals/"
    monkeypatch.setattr(heads, "PREFIX", folder)
    monkeypatch.setattr(heads, "KEY", heads.key_under(folder))
    settings.AUDIT_BUCKET = locked_bucket
    yield locked_bucket


def write(count: int = 3) -> None:
    for _each in range(count):
        by = Actor.system("test")
        record_audit(action="patient.viewed", subject=Patient(), by=by, now=timezone.now())


def sealed(links: int = 2) -> None:
    for _link in range(links):
        write()
        seal_audit(now=timezone.now())


def as_owner(sql: str, values: Any = ()) -> None:
    """What the triggers do not keep the table's owner from."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)


def rewrite_all() -> None:
    """The cleverest attack: a row is changed, and every digest from there on computed anew."""
    first = AuditEvent.objects.earliest("id").pk
    as_owner("UPDATE accounts_auditevent SET action = 'nothing.viewed' WHERE id = %s", [first])
    previous = ""
    for seal in AuditSeal.objects.order_by("id"):
        as_owner(FORGE, {"seal": seal.pk, "previous": previous})
        previous = AuditSeal.objects.get(pk=seal.pk).digest


FORGE = f"""
    UPDATE accounts_auditseal s SET previous = %(previous)s, digest = (
        SELECT {LINK_DIGEST.format(previous="%(previous)s::text")}
        FROM jsonb_array_elements(s.event_ids) span
        JOIN accounts_auditevent e ON e.id BETWEEN (span->>0)::bigint AND (span->>1)::bigint
    ) WHERE s.id = %(seal)s
"""


def cut_off_the_end() -> None:
    newest = AuditSeal.objects.latest("id")
    as_owner("DELETE FROM accounts_auditevent WHERE id >= %s", [newest.first_id])
    as_owner("DELETE FROM accounts_auditseal WHERE id = %s", [newest.pk])


def test_an_untouched_trail_is_proved(bucket: str) -> None:
    sealed()
    assert store_head(now=timezone.now())
    report = verify(now=timezone.now())
    assert (report.seals, report.rows, report.heads) == (2, 6, 1)
    assert (report.faults, report.unproved) == ([], [])


def test_what_is_sealed_meanwhile_is_no_fault(bucket: str, monkeypatch: Any) -> None:
    sealed()
    store_head(now=timezone.now())

    def slowly() -> list[str]:
        sealed(1)
        store_head(now=timezone.now())
        return verify_audit()

    monkeypatch.setattr(verifying, "verify_audit", slowly)
    assert verify(now=timezone.now()).faults == []


def test_one_bit_of_a_row_changed_is_caught(bucket: str) -> None:
    sealed()
    as_owner(
        "UPDATE accounts_auditevent SET address = chr(ascii('0') # 1) WHERE id = %s",
        [AuditEvent.objects.earliest("id").pk],
    )
    assert verify(now=timezone.now()).faults


def test_a_deleted_row_is_caught(bucket: str) -> None:
    sealed()
    gone = AuditEvent.objects.earliest("id").pk
    as_owner("DELETE FROM accounts_auditevent WHERE id = %s", [gone])
    assert "covers 3 rows, but 2 are there" in verify(now=timezone.now()).faults[0]


@pytest.mark.parametrize("attack", [rewrite_all, cut_off_the_end])
def test_without_the_heads_the_owner_goes_unnoticed(attack: Any, settings: Any) -> None:
    settings.AUDIT_BUCKET = ""
    sealed()
    attack()
    assert verify_audit() == []
    report = verify(now=timezone.now())
    assert report.faults == []
    assert "rewrite all of it unnoticed" in report.unproved[0]


@pytest.mark.parametrize(
    ("attack", "said"), [(rewrite_all, "was rewritten"), (cut_off_the_end, "The end was cut off")]
)
def test_with_the_heads_the_owner_is_caught(bucket: str, attack: Any, said: str) -> None:
    sealed(1)
    store_head(now=timezone.now())
    sealed(1)
    store_head(now=timezone.now())
    attack()
    assert any(said in fault for fault in verify(now=timezone.now()).faults)


def test_a_new_end_after_the_cut_does_not_hide_it(bucket: str) -> None:
    sealed()
    store_head(now=timezone.now())
    cut_off_the_end()
    sealed(1)  # life goes on, under the number that is next
    assert "is missing" in verify(now=timezone.now()).faults[0]


def test_a_head_is_stored_once(bucket: str) -> None:
    assert not store_head(now=timezone.now()), "nothing is sealed yet"
    sealed(1)
    assert store_head(now=timezone.now())
    assert not store_head(now=timezone.now())
    sealed(1)
    assert store_head(now=timezone.now())
    assert len(heads.stored()) == 2


def test_nobody_shortens_the_lock_or_removes_a_head(bucket: str) -> None:
    sealed(1)
    store_head(now=timezone.now())
    client = heads._client()
    (version,) = client.list_object_versions(Bucket=bucket, Prefix=heads.PREFIX)["Versions"]
    which = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
    soon = timezone.now() + dt.timedelta(minutes=1)
    for mode in ("COMPLIANCE", "GOVERNANCE"):
        with pytest.raises(ClientError):
            client.put_object_retention(
                **which, Retention={"Mode": mode, "RetainUntilDate": soon},
                BypassGovernanceRetention=True,
            )  # fmt: skip
    with pytest.raises(ClientError):
        client.delete_object(**which, BypassGovernanceRetention=True)
    assert heads.is_locked(heads.stored()[0], now=timezone.now())


def test_a_delete_marker_hides_no_head(bucket: str) -> None:
    sealed()
    store_head(now=timezone.now())
    (head,) = heads.stored()
    key = f"{heads.PREFIX}{head.seal:012d}-{head.digest}.json"
    heads._client().delete_object(Bucket=bucket, Key=key)
    rewrite_all()
    assert "was rewritten" in " ".join(verify(now=timezone.now()).faults)


def test_heads_that_stopped_coming_are_told(bucket: str) -> None:
    sealed(1)
    store_head(now=timezone.now())
    sealed(1)
    later = timezone.now() + dt.timedelta(hours=2)
    assert "no head was stored outside" in verify(now=later).unproved[0]


def test_a_store_that_is_away_keeps_nobody_from_sealing(settings: Any) -> None:
    settings.AUDIT_BUCKET = "there-is-no-such-bucket"
    sealed(1)
    assert not store_head(now=timezone.now())
    assert "does not answer (NoSuchBucket)" in verify(now=timezone.now()).unproved[0]


def run(*arguments: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def test_the_command_says_what_is_wrong_and_ends_with_1(bucket: str) -> None:
    sealed()
    store_head(now=timezone.now())
    assert run() == ("6 rows under 2 seals, 1 heads outside: nothing was changed.\n", 0)
    cut_off_the_end()
    said, code = run()
    assert code == 1
    assert "✗ The end was cut off" in said
    said, code = run("--json")
    assert (json.loads(said)["ok"], code) == (False, 1)


def test_without_a_bucket_it_fails_only_where_heads_are_required(settings: Any) -> None:
    settings.AUDIT_BUCKET = ""
    sealed(1)
    said, code = run()
    assert code == 0
    assert "No AUDIT_BUCKET is set" in said
    assert run("--require-head")[1] == 1
