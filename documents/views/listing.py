"""A patient's documents, and those of whom the patient looks after."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from documents.operations import list_documents
from documents.queries import deleted_of
from documents.views.common import by, of_documents, person_of, user_of


@of_documents
@require_safe
def documents(request: HttpRequest) -> HttpResponse:
    person, people = person_of(request)
    if person is None:
        return render(request, "documents/nobody.html")
    user, now = user_of(request), timezone.now()
    context = {
        "person": person,
        "people": people,
        "is_own": person.user_id == user.pk,
        "documents": list_documents(patient=person, user=user, by=by(request), now=now),
        "deleted": deleted_of(person, user=user, now=now),
        "undo_days": settings.DOCUMENT_UNDO_DAYS,
    }
    return render(request, "documents/list.html", context)
