"""The mailbox of a demonstration. Anywhere else these pages do not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from notifications import mailbox

# Nothing of a mail runs, loads or submits; its links may leave the frame when they are clicked.
FRAME_POLICY = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

ONLY = {"mails": (mailbox.MAILS,), "texts": (mailbox.TEXTS,)}

View = Callable[..., HttpResponse]


def only_in_a_demonstration(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (settings.DEMO and settings.MAILBOX_DIR):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


@only_in_a_demonstration
def index(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    found = mailbox.newest(Path(settings.MAILBOX_DIR), ONLY.get(show, mailbox.ALL))
    context = {"entries": found, "show": show if show in ONLY else ""}
    return render(request, "notifications/mailbox/index.html", context)


@only_in_a_demonstration
def mail(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "notifications/mailbox/mail.html", {"mail": _find(name)})


@only_in_a_demonstration
@xframe_options_sameorigin
def html(request: HttpRequest, name: str) -> HttpResponse:
    """The mail's HTML alone, for the frame in its page."""
    content = _find(name).html.replace("<head>", '<head><base target="_top">', 1)
    response = HttpResponse(content)
    response._csp_exempt = True  # type: ignore[attr-defined]  # it has a stricter one of its own
    response["Content-Security-Policy"] = FRAME_POLICY
    return response


@only_in_a_demonstration
def attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    for part in _find(name).attachments:
        if part.number == number:
            headers = {"Content-Disposition": f'attachment; filename="attachment-{number}"'}
            if part.filename.replace("-", "").replace(".", "").isalnum():
                headers["Content-Disposition"] = f'attachment; filename="{part.filename}"'
            return HttpResponse(part.content, content_type=part.content_type, headers=headers)
    raise Http404


def _find(name: str) -> mailbox.Opened:
    found = mailbox.find(Path(settings.MAILBOX_DIR), name)
    if found is None:
        raise Http404
    return found
