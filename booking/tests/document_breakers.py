"""Ways to break what is promised of documents; see `breakers`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from django.utils import timezone

from accounts.models import Patient
from booking.models import WantedDocument
from booking.tests.lived import Lived, without
from documents import storage
from documents.models import Document
from documents.tests.factories import document, stored_document
from tests import factories
from tests.factories import NOW

TABLE = "documents_document"


def _ready_without_a_hash(lived: Lived) -> None:
    without(TABLE, "document_ready_is_whole")
    document(lived.patient, sha256="")


def _refused_for_nothing(lived: Lived) -> None:
    without(TABLE, "document_refused_for_a_reason")
    document(lived.patient, status="refused", key="", version="")


def _served_twice(lived: Lived) -> None:
    other = document(factories.patient())
    document(lived.patient, key=other.key)


def _served_from_quarantine(lived: Lived) -> None:
    document(lived.patient, key="uploads/one", upload_key="uploads/one")


def _held_and_deleted(lived: Lived) -> None:
    without(TABLE, "document_held_is_kept")
    document(lived.patient, held_at=NOW, held_reason="A case", deleted_at=timezone.now())


def _nobody_checks(lived: Lived) -> None:
    old = timezone.now() - dt.timedelta(hours=2)
    document(lived.patient, status="checking", key="", lease=uuid.uuid4(), leased_until=old)


def _deleted_and_there(lived: Lived) -> None:
    document(lived.patient, deleted_at=timezone.now() - dt.timedelta(days=33))


def _anothers_document(lived: Lived) -> None:
    WantedDocument.objects.create(
        appointment=lived.booked, what="A letter", asked_at=NOW,
        document=document(factories.patient()),
    )  # fmt: skip


def _erased_with_a_name(lived: Lived) -> None:
    Patient.objects.filter(pk=lived.patient.pk).update(erased_at=NOW)


def _row_without_an_object(lived: Lived) -> None:
    document(lived.patient, key=storage.new_key(storage.FILES))


def _object_of_another_version(lived: Lived) -> None:
    Document.objects.filter(pk=stored_document(lived.patient).pk).update(version="another")


def _object_of_another_size(lived: Lived) -> None:
    Document.objects.filter(pk=stored_document(lived.patient).pk).update(size=1)


def _page_without_an_object(lived: Lived) -> None:
    page = stored_document(lived.patient).pages.get()
    storage.delete_all_versions(page.key)


DOCUMENT_BREAKERS: list[tuple[str, Callable[[Lived], None]]] = [
    ("documents_are_in_a_true_state", _ready_without_a_hash),
    ("documents_are_in_a_true_state", _refused_for_nothing),
    ("no_object_is_of_two_documents", _served_twice),
    ("no_object_is_of_two_documents", _served_from_quarantine),
    ("what_is_on_hold_is_kept", _held_and_deleted),
    ("checks_of_documents_go_on", _nobody_checks),
    ("what_was_deleted_is_gone", _deleted_and_there),
    ("wanted_documents_are_the_patients_own", _anothers_document),
    ("who_was_erased_has_no_name", _erased_with_a_name),
    ("ready_documents_have_their_object", _row_without_an_object),
    ("ready_documents_have_their_object", _object_of_another_version),
    ("ready_documents_have_their_object", _object_of_another_size),
    ("ready_documents_have_their_object", _page_without_an_object),
]
