"""What no row names goes after a day; what somebody may be at work on stays."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from documents import storage, tasks
from documents.models import Document, DocumentStatus
from documents.operations import orphans
from documents.operations.orphans import sweep_orphans
from documents.tests.factories import BYTES, objects_of, stored_document
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> str:
    """A part of the bucket that no other test writes to."""
    room = storage.new_key(storage.FILES) + "/"
    monkeypatch.setattr(orphans, "PREFIXES", (room,))
    return room


def tomorrow() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=1, minutes=1)


def kept(room: str) -> list[tuple[str, str]]:
    return [(each.key, each.version) for each in storage.versions(room)]


def test_what_no_row_names_goes_after_a_day_and_not_before(room: str) -> None:
    storage.put_bytes(f"{room}a", BYTES, "application/pdf")
    today = sweep_orphans(now=timezone.now())
    assert (today.seen, today.young, today.gone) == (1, 1, 0)
    assert sweep_orphans(now=tomorrow(), dry_run=True).orphans == 1
    assert len(kept(room)) == 1
    swept = sweep_orphans(now=tomorrow())
    assert (swept.gone, swept.bytes) == (1, len(BYTES))
    assert kept(room) == []


def test_of_a_file_the_version_that_its_row_names_stays_alone(room: str) -> None:
    served = stored_document(factories.patient(), key=f"{room}served")
    storage.put_bytes(served.key, b"a second writer's", "application/pdf")
    assert sweep_orphans(now=tomorrow()).gone == 1
    assert kept(room) == [(served.key, served.version)]


def test_pages_stay_with_their_document(room: str) -> None:
    whole = stored_document(factories.patient())
    page = storage.put_bytes(f"{room}page", b"picture", "image/png")
    whole.pages.create(number=2, key=page.key, version=page.version, width=1, height=1)
    assert sweep_orphans(now=tomorrow()).gone == 0
    whole.pages.all().delete()
    assert sweep_orphans(now=tomorrow()).gone == 1


def test_an_upload_that_is_not_decided_keeps_every_version(room: str) -> None:
    waiting = stored_document(
        factories.patient(), upload_key=f"{room}upload", status=DocumentStatus.CHECKING, key=""
    )
    storage.put_bytes(waiting.upload_key, BYTES, "application/pdf")
    assert sweep_orphans(now=tomorrow()).gone == 0
    Document.objects.update(status=DocumentStatus.REFUSED, refusal="encrypted")
    assert sweep_orphans(now=tomorrow()).gone == 2


def test_a_mark_that_hides_what_is_served_goes(room: str) -> None:
    served = stored_document(factories.patient(), key=f"{room}served")
    storage.client.client().delete_object(Bucket=storage.client.bucket(), Key=served.key)
    assert len(kept(room)) == 2
    sweep_orphans(now=tomorrow())
    assert kept(room) == [(served.key, served.version)]


def test_the_command_counts_and_removes(
    room: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stored_document(factories.patient(), key=f"{room}served")
    storage.put_bytes(f"{room}nobodys", BYTES, "application/pdf")
    monkeypatch.setattr(orphans, "OLD_ENOUGH", dt.timedelta(seconds=-5))
    call_command("sweep_orphans", "--dry-run")
    assert "1 of 2 objects" in capsys.readouterr().out
    call_command("sweep_orphans")
    assert "Removed 1" in capsys.readouterr().out
    assert len(objects_of(whole)) == 3


def test_the_command_says_that_the_store_is_away(
    room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(prefix: str) -> None:
        raise storage.StorageAway("ConnectTimeout")

    monkeypatch.setattr(storage, "versions", away)
    with pytest.raises(SystemExit, match="1"):
        call_command("sweep_orphans")
    assert tasks.sweep_orphans() == 0
