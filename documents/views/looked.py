"""Who looked at a record: told to whose it is, and to who looks after them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from documents.looked import lines_of
from documents.operations import list_looks
from documents.views.common import by, of_documents, person_of, user_of

A_PAGE = 30


@of_documents
@require_safe
def who_looked(request: HttpRequest) -> HttpResponse:
    """Newest first, a page at a time. The patient's own looks only when they are asked for."""
    person, people = person_of(request)
    if person is None:
        return render(request, "documents/nobody.html")
    before = request.GET.get("before", "")
    own = request.GET.get("own") == "1"
    looks = list_looks(
        patient=person,
        user=user_of(request),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
        own=own,
        limit=A_PAGE + 1,
        by=by(request),
        now=timezone.now(),
    )
    lines = lines_of(looks[:A_PAGE], patient=person)
    context = {
        "person": person,
        "people": people,
        "is_own": person.user_id == user_of(request).pk,
        "lines": lines,
        "more": lines[-1].id if len(looks) > A_PAGE else None,
        "first_page": not before,
        "own": own,
    }
    return render(request, "documents/who_looked.html", context)
