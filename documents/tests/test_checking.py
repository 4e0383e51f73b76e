"""An upload is decided once, on the version that was meant; what is away or dies leaves nothing
half-readable."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
import subprocess
import sys
import uuid

import pytest
from django.conf import settings as site
from django.db import connection

from accounts.models import AuditEvent
from documents import hint, operations, storage, tasks
from documents.models import Document, DocumentStatus, Page
from documents.operations import arriving, checking, purging, scratch
from documents.operations import deciding_uploads as deciding
from documents.tests import clamd, corpus
from tests import factories
from tests.factories import NOW

LATER = NOW + 2 * checking.LEASE
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patient(db):
    return factories.patient()


def awaited(patient, *, at=NOW) -> Document:
    return Document.objects.create(
        patient=patient,
        kind="result",
        name="Ärztlicher Befund.pdf",
        created_at=at,
        created_by="user",
        upload_key=storage.new_key(storage.UPLOADS),
        declared_type="application/pdf",
    )


def arrived(patient, content: bytes, **fields) -> Document:
    document = awaited(patient)
    stored = storage.put_bytes(document.upload_key, content, "application/pdf")
    fields = {"status": "checking", "upload_version": stored.version, "arrived_at": NOW} | fields
    Document.objects.filter(pk=document.pk).update(**fields)
    document.refresh_from_db()
    return document


def letter() -> bytes:
    return corpus.pdf_of(corpus._open_javascript)()


def objects(prefix: str) -> set[str]:
    return {each.key for each in storage.versions(prefix)}


@pytest.fixture(autouse=True)
def empty_bucket():
    for prefix in (storage.UPLOADS, storage.FILES, storage.PAGES):
        for key in objects(prefix):
            storage.delete_all_versions(key)


def content_of(key: str, version: str) -> bytes:
    return b"".join(storage.open_version(key, version))


def is_untouched(document: Document) -> bool:
    document.refresh_from_db()
    return (
        document.status == "checking"
        and not (document.key or document.sha256 or document.pages.exists())
        and not objects(storage.FILES) | objects(storage.PAGES)
        and objects(storage.UPLOADS) == {document.upload_key}
    )


def test_what_is_accepted_lies_under_a_key_of_its_own_with_its_pages(patient):
    document = arrived(patient, letter())
    assert operations.check_document(document.pk, now=NOW) == "ready"
    document.refresh_from_db()
    content = content_of(document.key, document.version)
    assert b"JavaScript" not in content and content.startswith(b"%PDF-")
    assert (document.size, document.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (document.status, document.content_type) == ("ready", "application/pdf")
    assert (document.removed, document.scanned, document.decided_at) == (["javascript"], False, NOW)
    assert document.keep_until and document.lease is None
    page = document.pages.get()
    assert content_of(page.key, page.version).startswith(b"\xff\xd8") and page.number == 1
    # Nothing is left in quarantine, and keys say nothing.
    assert not objects(storage.UPLOADS)
    event = AuditEvent.objects.get(action="document.ready")
    assert (event.actor, str(event.patient_id)) == ("system:checking", str(patient.pk))
    assert event.data == {"removed": ["javascript"]}


def test_what_is_refused_says_why_and_is_not_kept(patient):
    document = arrived(patient, corpus.cut_off())
    assert operations.check_document(document.pk, now=NOW) == "refused"
    document.refresh_from_db()
    assert (document.status, document.refusal) == ("refused", "truncated")
    assert not objects(storage.UPLOADS) | objects(storage.FILES) | objects(storage.PAGES)
    assert AuditEvent.objects.get(action="document.refused").data == {"refusal": "truncated"}


def test_what_is_decided_stays_decided(patient):
    document = arrived(patient, letter())
    operations.check_document(document.pk, now=NOW)
    assert operations.check_document(document.pk, now=LATER) == "busy"
    assert operations.check_document(uuid.uuid4(), now=NOW) == "busy"
    assert AuditEvent.objects.filter(action="document.ready").count() == 1


def test_a_form_that_is_used_again_changes_nothing(patient, monkeypatch):
    """At every step: before it is fetched, while it is looked at, and after."""
    document = arrived(patient, corpus.picture("JPEG"))
    again = lambda: storage.put_bytes(document.upload_key, letter(), "application/pdf")  # noqa: E731
    again()
    look = checking.checking.check
    monkeypatch.setattr(checking.checking, "check", lambda *a, **kw: (again(), look(*a, **kw))[1])
    assert operations.check_document(document.pk, now=NOW) == "ready"
    document.refresh_from_db()
    served = content_of(document.key, document.version)
    again()
    assert operations.check_document(document.pk, now=LATER) == "busy"
    assert document.content_type == "image/jpeg"
    assert content_of(document.key, document.version) == served


def test_one_too_large_is_not_even_fetched(patient, monkeypatch, settings):
    settings.DOCUMENT_MAX_BYTES = 99
    document = arrived(patient, bytes(100))
    monkeypatch.setattr(storage, "download_to", None)
    operations.check_document(document.pk, now=NOW)
    document.refresh_from_db()
    assert document.refusal == "too-large"


def test_a_version_that_is_gone_is_asked_for_again(patient):
    document = arrived(patient, letter())
    storage.delete_version(document.upload_key, document.upload_version)
    storage.put_bytes(document.upload_key, letter(), "application/pdf")
    operations.check_document(document.pk, now=NOW)
    document.refresh_from_db()
    assert document.refusal == "gone"


# -- What is away ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["head", "download_to", "put_stream"])
@pytest.mark.parametrize(
    ("error", "waits_for"),
    [
        (storage.StorageAway, "storage"),
        (storage.StorageFull, "space"),
        (storage.StorageDenied, "key"),
    ],
)
def test_a_store_that_does_not_do_its_part_is_asked_again(
    step, error, waits_for, patient, monkeypatch
):
    document = arrived(patient, letter())

    def refuse(*args, **options):
        raise error("SlowDown")

    with monkeypatch.context() as broken:
        broken.setattr(storage, step, refuse)
        assert operations.check_document(document.pk, now=NOW) == "waits"
    assert is_untouched(document)
    assert (document.waits_for, document.losses, document.lease) == (waits_for, 0, None)
    assert operations.check_document(document.pk, now=NOW) == "busy"  # not at once
    assert operations.check_document(document.pk, now=NOW + checking.PAUSE) == "ready"
    document.refresh_from_db()
    assert document.waits_for == ""


def test_a_store_that_fails_in_the_middle_of_the_pages_leaves_no_orphans(patient, monkeypatch):
    document = arrived(patient, corpus.saved(corpus.new_pdf(3)))
    put, calls = storage.put_stream, []

    def third_fails(*args):
        calls.append(args)
        if len(calls) == 3:
            raise storage.StorageFull("QuotaExceeded")
        return put(*args)

    monkeypatch.setattr(storage, "put_stream", third_fails)
    assert operations.check_document(document.pk, now=NOW) == "waits"
    assert is_untouched(document)


def test_a_scanner_that_is_away_decides_nothing(patient, settings):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    document = arrived(patient, letter())
    assert operations.check_document(document.pk, now=NOW) == "waits"
    assert is_untouched(document) and document.waits_for == "scanner"
    with clamd.running() as server:
        settings.CLAMD_ADDRESS = server.address
        assert operations.check_document(document.pk, now=LATER) == "ready"
    document.refresh_from_db()
    assert document.scanned


def test_a_run_stops_when_what_it_needs_is_away(patient, monkeypatch):
    for _ in range(5):
        arrived(patient, letter())

    def away(*args):
        raise storage.StorageAway("ConnectTimeoutError")

    with monkeypatch.context() as broken:
        broken.setattr(storage, "head", away)
        assert operations.check_waiting(clock=lambda: NOW) == {"waits": checking.MOST_AWAY}
    # Those that were not tried yet come first.
    assert operations.check_waiting(clock=lambda: NOW) == {"ready": 2}
    assert operations.check_waiting(clock=lambda: LATER) == {"ready": 3}


# -- Two workers, and dead ones --------------------------------------------------------------


def test_two_workers_never_have_the_same(patient):
    document = arrived(patient, letter())
    assert isinstance(checking._begin(document.pk, now=NOW), checking.Work)
    assert operations.check_document(document.pk, now=NOW) == "busy"
    assert operations.check_waiting(clock=lambda: NOW) == {}


@pytest.mark.parametrize("taken_by", ["another worker", "the purge"])
def test_who_was_overtaken_changes_nothing_and_leaves_nothing(taken_by, patient, monkeypatch):
    document = arrived(patient, letter())
    look = checking.checking.check

    def slowly(*args, **options):
        verdict = look(*args, **options)
        if taken_by == "another worker":
            Document.objects.filter(pk=document.pk).update(lease=uuid.uuid4())
        else:
            Document.objects.filter(pk=document.pk).update(leased_until=NOW)
            cause = {"cause": "erased", "by": checking.CHECKER, "now": LATER}
            purging.purge(document_id=document.pk, **cause)
        return verdict

    monkeypatch.setattr(checking.checking, "check", slowly)
    assert operations.check_document(document.pk, now=NOW) == "busy"
    assert not objects(storage.FILES) | objects(storage.PAGES)
    assert not AuditEvent.objects.filter(action="document.ready").exists()


def test_without_the_lease_a_slow_worker_would_decide_twice(patient, monkeypatch):
    """The guard off: whoever is overtaken writes over what the other one decided."""
    document = arrived(patient, letter())
    slow = checking._begin(document.pk, now=NOW)
    assert operations.check_document(document.pk, now=LATER) == "ready"
    document.refresh_from_db()
    with monkeypatch.context() as off:
        off.setattr(deciding, "_mine", lambda d, lease: Document.objects.get(pk=d.pk))
        with pytest.raises(Exception, match="document_served_when_ready"):
            deciding.refuse(slow.document, slow.lease, "virus", by=checking.CHECKER, now=LATER)
    with pytest.raises(deciding.Overtaken):
        deciding.refuse(slow.document, slow.lease, "virus", by=checking.CHECKER, now=LATER)


KILLED = """
import datetime as dt, os, signal, sys
import django; django.setup()
from documents import operations, storage
from documents.operations import checking
step, document, now = sys.argv[1:4]
def die(*args, **options): os.kill(os.getpid(), signal.SIGKILL)
def after(function):
    def called(*args, **options):
        function(*args, **options)
        die()
    return called
if step == "while it is looked at": checking.checking.check = die
if step == "once the file is stored": storage.put_stream = after(storage.put_stream)
if step == "before it is decided": checking.deciding._mine = die
if step == "before quarantine is emptied": checking.deciding.forget_upload = die
if step == "when it is fetched": storage.download_to = after(storage.download_to)
operations.check_document(document, now=dt.datetime.fromisoformat(now))
"""


def work_until_killed(step: str, document: Document, now: dt.datetime = NOW) -> None:
    given, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": f"{given.rsplit('/', 1)[0]}/{name}",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", KILLED, step, str(document.pk), now.isoformat()],
        env=environment,
        cwd=site.BASE_DIR,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "step",
    [
        "when it is fetched",
        "while it is looked at",
        "once the file is stored",
        "before it is decided",
    ],
)
def test_a_worker_that_is_killed_leaves_nothing_readable_and_another_goes_on(step, patient):
    document = arrived(patient, letter())
    work_until_killed(step, document)
    document.refresh_from_db()
    assert document.status == "checking" and document.lease
    assert not document.key and not Page.objects.exists()
    assert operations.check_waiting(clock=lambda: NOW) == {}  # it may be alive

    assert operations.check_waiting(clock=lambda: LATER) == {"ready": 1}
    document.refresh_from_db()
    assert (document.status, document.losses) == ("ready", 1)
    # What the first had stored no row names: the daily sweep of orphans takes it.
    named = {document.key, *document.pages.values_list("key", flat=True)}
    stray = (objects(storage.FILES) | objects(storage.PAGES)) - named
    assert len(stray) == {"once the file is stored": 1, "before it is decided": 2}.get(step, 0)


def test_a_worker_that_is_killed_after_the_decision_has_decided(patient):
    document = arrived(patient, letter())
    work_until_killed("before quarantine is emptied", document)
    document.refresh_from_db()
    assert document.status == "ready" and content_of(document.key, document.version)
    assert objects(storage.UPLOADS) == {document.upload_key}  # for the daily sweep


def test_what_kills_worker_after_worker_is_refused(patient):
    document = arrived(patient, letter())
    lost = {"lease": uuid.uuid4(), "leased_until": NOW}
    Document.objects.filter(pk=document.pk).update(**lost, losses=1)
    assert operations.check_waiting(clock=lambda: LATER) == {"refused": 1}
    document.refresh_from_db()
    assert (document.refusal, document.losses, document.lease) == ("too-complex", 2, None)
    assert not objects(storage.UPLOADS)


def test_files_that_killed_workers_left_on_disk_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f"{scratch.PREFIX}abc"
    left.mkdir()
    (left / "upload").write_bytes(b"%PDF-")
    with scratch.directory() as place:
        assert place.stat().st_mode & 0o777 == 0o700
        os.utime(left, (0, 0))
        assert scratch.remove_stale() == 1 and place.exists()
    assert not list(tmp_path.iterdir())


# -- The sweep -------------------------------------------------------------------------------


@pytest.fixture
def hints(monkeypatch):
    given = []
    monkeypatch.setattr(hint.CHECK, "give", lambda: given.append(1))
    return given


def test_an_upload_of_which_the_browser_never_said_anything_is_found(patient, hints):
    document = awaited(patient, at=NOW - arriving.SOON)
    stored = storage.put_bytes(document.upload_key, letter(), "application/pdf")
    assert operations.sweep_uploads(now=NOW)["arrived"] == 1
    document.refresh_from_db()
    assert (document.status, document.upload_version) == ("checking", stored.version)
    assert document.arrived_at == NOW and hints
    assert AuditEvent.objects.get().action == "document.arrived"
    storage.put_bytes(document.upload_key, b"second", "application/pdf")
    assert operations.sweep_uploads(now=NOW)["arrived"] == 0
    document.refresh_from_db()
    assert document.upload_version == stored.version


@pytest.mark.parametrize("came", [True, False])
def test_after_a_day_it_is_looked_for_once_more_and_given_up(came, patient, hints):
    document = awaited(patient, at=NOW - arriving.GIVEN_UP)
    waits = awaited(patient, at=NOW - arriving.GIVEN_UP / 2)
    if came:
        storage.put_bytes(document.upload_key, letter(), "application/pdf")
    counts = operations.sweep_uploads(now=NOW)
    assert (counts["arrived"], counts["lapsed"]) == (int(came), int(not came))
    document.refresh_from_db(), waits.refresh_from_db()
    assert document.status == ("checking" if came else "lapsed")
    assert waits.status == DocumentStatus.AWAITED


def test_a_store_that_is_away_gives_nothing_up(patient, hints, monkeypatch):
    document = awaited(patient, at=NOW - arriving.GIVEN_UP)

    def away(*args):
        raise storage.StorageAway("ConnectTimeoutError")

    monkeypatch.setattr(storage, "head", away)
    assert operations.sweep_uploads(now=NOW)["lapsed"] == 0
    document.refresh_from_db()
    assert document.status == "awaited" and not hints


def test_the_tasks_have_a_queue_of_their_own_and_carry_nothing(patient, settings):
    arrived(patient, letter())
    assert tasks.verify() == {"ready": 1}
    assert settings.CELERY_TASK_ROUTES["documents.tasks.verify"] == {"queue": "documents"}
    assert "documents" in {queue.name for queue in settings.CELERY_TASK_QUEUES}
