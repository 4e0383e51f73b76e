"""What every page of documents does: who asks, of whom, and what is said when the store is away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import structlog
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import Patient, User
from accounts.queries import people_of
from clinic.lib.actor import Actor
from documents.operations import NotReady, NotYours
from documents.operations.errors import StoreTrouble
from documents.storage import StorageError, Stored, delete_version

logger = structlog.get_logger(__name__)
View = Callable[..., HttpResponse]


def of_documents(view: View) -> View:
    """For who is signed in. What is not theirs is 404; a store that is away says so, and when."""

    @never_cache
    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (NotYours, NotReady) as error:
            raise Http404 from error
        except StorageError as error:
            note_trouble(error)
            context = {"trouble": StoreTrouble()}
            response = render(request, "documents/away.html", context, status=503)
            response["Retry-After"] = "60"
            return response

    return wrapped


def note_trouble(error: StorageError) -> None:
    """For operators; patients are told in words."""
    logger.warning("storage", error=type(error).__name__, code=str(error))


def remove(stored: Stored) -> None:
    """Nothing became of it. What cannot be removed now goes with the other orphans."""
    try:
        delete_version(stored.key, stored.version)
    except StorageError as error:
        note_trouble(error)


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def by(request: HttpRequest) -> Actor:
    return Actor.from_request(request)


def person_of(request: HttpRequest) -> tuple[Patient | None, list[Patient]]:
    """Whose documents a page is about, by ?for=, and whom else it could be about.

    Without ?for= the first of the family; None for who has no record. Raises Http404 for others'.
    """
    people = people_of(request.user)
    asked = request.GET.get("for", "")
    if not asked:
        return (people[0] if people else None), people
    found = next((each for each in people if str(each.pk) == asked), None)
    if found is None:
        raise Http404
    return found, people


def uuid_or_404(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404 from error


def address(name: str, patient: Patient, **more: str) -> str:
    """A page about one of the family."""
    return f"{reverse(name)}?{urlencode({'for': str(patient.pk), **more})}"
