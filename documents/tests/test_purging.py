"""What goes for good goes wholly: bytes first, then the row; whatever comes in between."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, TreatingRelationship
from documents import storage
from documents.models import Document, DocumentStatus
from documents.operations import purging
from documents.operations.purging import purge, purge_due
from documents.tests.factories import document, objects_of, stored_document
from tests import factories
from tests.factories import NOW, SYSTEM

DAY = dt.timedelta(days=1)
LONG_AGO = NOW - 31 * DAY
pytestmark = pytest.mark.django_db


def test_what_was_deleted_long_ago_goes_with_every_version_of_every_object() -> None:
    gone = stored_document(factories.patient(), pages=2, deleted_at=LONG_AGO)
    storage.put_bytes(gone.upload_key, b"the same form, used again", "application/pdf")
    assert len(objects_of(gone)) == 5
    keys = objects_of(gone)

    done = purge_due(now=NOW)

    assert (done.gone, done.versions, done.left) == (1, 5, [])
    assert [key for key in keys if list(storage.versions(key))] == []
    assert not Document.objects.exists()
    event = AuditEvent.objects.get()
    assert (event.action, event.subject_id) == ("document.purged", str(gone.pk))
    assert event.patient_id == gone.patient_id
    assert event.data == {"cause": "deleted", "kind": "result", "versions": 5}


def test_what_can_still_be_taken_back_stays() -> None:
    kept = document(factories.patient(), deleted_at=NOW - 29 * DAY)
    assert purge_due(now=NOW).gone == 0
    assert Document.objects.get() == kept


def test_what_nobody_needs_to_keep_any_more_goes() -> None:
    patient = factories.patient()
    today = document(patient, keep_until=NOW.date())
    always = document(patient, keep_until=None)
    stored_document(patient, keep_until=NOW.date() - DAY)
    done = purge_due(now=NOW)
    assert (done.gone, set(Document.objects.all())) == (1, {today, always})
    assert AuditEvent.objects.get().data["cause"] == "retention"


def test_the_years_count_from_the_end_of_the_treatment() -> None:
    treated = document(factories.patient(), keep_until=NOW.date() - DAY)
    doctor = factories.doctor(factories.clinic())
    TreatingRelationship.objects.create(
        patient=treated.patient, doctor=doctor, opened_at=LONG_AGO, ends_at=NOW + 100 * DAY
    )
    done = purge_due(now=NOW)
    treated.refresh_from_db()
    assert (done.gone, done.postponed) == (0, 1)
    assert treated.keep_until == dt.date(2036, 9, 9)
    assert purge_due(now=NOW).postponed == 0


@pytest.mark.parametrize("due", [{"deleted_at": None, "keep_until": dt.date(2020, 1, 1)}])
def test_what_is_on_hold_never_goes(due: dict[str, object]) -> None:
    held = stored_document(factories.patient(), held_at=NOW, held_reason="A case", **due)
    before = objects_of(held)
    assert purge_due(now=NOW).gone == 0
    with pytest.raises(purging.OnHold):
        purge(document_id=held.pk, cause="erased", by=SYSTEM, now=NOW)
    assert objects_of(held) == before


def test_a_hold_between_the_list_and_the_turn_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    held = stored_document(factories.patient(), keep_until=dt.date(2020, 1, 1))
    listed = purging._due(now=NOW)
    Document.objects.update(held_at=NOW, held_reason="A case")
    monkeypatch.setattr(purging, "_due", lambda *, now: listed)
    done = purge_due(now=NOW)
    assert (done.gone, done.left) == (0, [held.pk])
    assert objects_of(held)


@pytest.mark.parametrize(
    ("listed_as", "meanwhile"),
    [
        ({"keep_until": dt.date(2020, 1, 1)}, {"keep_until": dt.date(2036, 1, 1)}),
        ({"keep_until": dt.date(2020, 1, 1)}, {"keep_until": None}),
        ({"deleted_at": LONG_AGO}, {"deleted_at": None}),
    ],
)
def test_what_came_to_be_kept_between_the_list_and_the_turn_stays(
    monkeypatch: pytest.MonkeyPatch, listed_as: dict[str, object], meanwhile: dict[str, object]
) -> None:
    kept = stored_document(factories.patient(), **listed_as)
    listed = purging._due(now=NOW)
    assert listed == [kept]
    Document.objects.update(**meanwhile)
    monkeypatch.setattr(purging, "_due", lambda *, now: listed)
    done = purge_due(now=NOW)
    assert (done.gone, done.left) == (0, [kept.pk])
    assert objects_of(kept)


def test_what_is_being_removed_is_never_taken_back_or_held() -> None:
    begun = document(factories.patient())
    purging._begin(begun.pk, cause="erased", now=NOW)
    changes: list[dict[str, object]] = [
        {"deleted_at": None},
        {"held_at": NOW, "held_reason": "Too late"},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.update(**change)


@pytest.mark.parametrize("dies_after", range(4))
def test_wherever_it_dies_the_next_run_ends_it(
    monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    """As a killed process would leave it: after the mark, and after each object."""
    gone = stored_document(factories.patient(), deleted_at=LONG_AGO)
    keys = objects_of(gone)
    really, calls = storage.delete_all_versions, []

    def dying(key: str) -> int:
        if len(calls) == dies_after:
            raise KeyboardInterrupt
        calls.append(key)
        return really(key)

    def dead(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete_all_versions", dying)
        if dies_after == 3:  # all objects are gone, and the row is not
            patched.setattr(purging, "_end", dead)
        with pytest.raises(KeyboardInterrupt):
            purge_due(now=NOW)
    assert Document.objects.get().purging_at == NOW
    assert not AuditEvent.objects.exists()

    # Even with the time for taking it back made longer since: there is no way back.
    assert purge_due(now=NOW).gone == 1
    assert [key for key in keys if list(storage.versions(key))] == []
    assert not Document.objects.exists()
    assert AuditEvent.objects.count() == 1


def test_a_store_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = stored_document(factories.patient(), deleted_at=LONG_AGO)
    with monkeypatch.context() as patched:

        def away(key: str) -> int:
            raise storage.StorageAway("ConnectTimeout")

        patched.setattr(storage, "delete_all_versions", away)
        done = purge_due(now=NOW)
    assert (done.gone, done.away) == (0, "StorageAway")
    assert objects_of(gone)
    assert purge_due(now=NOW).gone == 1


def test_what_is_being_checked_waits_and_a_lost_checker_loses_its_lease() -> None:
    checking = document(
        factories.patient(), status=DocumentStatus.CHECKING, deleted_at=LONG_AGO, key="",
        version="", lease=uuid.uuid4(), leased_until=NOW + dt.timedelta(minutes=1),
    )  # fmt: skip
    assert purge_due(now=NOW).left == [checking.pk]
    purging._begin(checking.pk, cause="erased", now=NOW + dt.timedelta(minutes=2))
    checking.refresh_from_db()
    assert checking.lease is None


def test_what_is_gone_needs_no_removing() -> None:
    assert purge(document_id=uuid.uuid4(), cause="erased", by=SYSTEM, now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_wait_for_the_store_inside_a_transaction() -> None:
    made = document(factories.patient())
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        purge(document_id=made.pk, cause="erased", by=SYSTEM, now=NOW)
