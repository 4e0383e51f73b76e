"""Documents that somebody waits for. Who does, and what for, is named in settings: documents know
nothing of visits."""

from __future__ import annotations

import datetime as dt
import uuid
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings

from clinic.lib.actor import Actor
from documents.operations.errors import NotTied


class Wanted(NamedTuple):
    id: uuid.UUID
    what: str
    patient_id: uuid.UUID


def wanted(*, wanted_id: uuid.UUID, now: dt.datetime) -> Wanted | None:
    """What is still asked for under this id, and of whom; None: nothing is."""
    found = (module := _module()) and module.asked(wanted_id=wanted_id, now=now)
    return Wanted(found.id, found.what, found.patient_id) if found else None


def fulfil(*, wanted_id: uuid.UUID, document_id: uuid.UUID, by: Actor, now: dt.datetime) -> bool:
    """Tell who waits that the document has come. False: nobody waits for it any more.

    Raises NotTied when they cannot be told at this moment; the document is where it was.
    """
    module = _module()
    if module is None:
        return False
    try:
        return bool(module.fulfil(wanted_id=wanted_id, document_id=document_id, by=by, now=now))
    except module.Refusal as error:
        raise NotTied from error


def _module() -> Any:
    return import_module(settings.WANTED_DOCUMENTS) if settings.WANTED_DOCUMENTS else None
