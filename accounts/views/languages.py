"""The switch between languages at the head of every patient's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.languages import is_offered, keep_in_cookie, remember
from accounts.models import User
from accounts.operations import choose_language
from clinic.lib.actor import Actor


@never_cache
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Back to the same page in the language; a patient's messages come in it too from now on."""
    language = request.POST.get("language", "")
    if not is_offered(language):
        return HttpResponseBadRequest()
    response = redirect(_page_before(request))
    keep_in_cookie(response, language)
    if isinstance(request.user, User):
        remember(request, language)
        by = Actor.from_request(request)
        choose_language(user=request.user, language=language, by=by, now=timezone.now())
    return response


def _page_before(request: HttpRequest) -> str:
    """Where the switch was pressed: scripts may have changed that address since it was loaded, so
    the browser's word comes before the form's."""
    for page in (request.headers.get("Referer", ""), request.POST.get("next", "")):
        if url_has_allowed_host_and_scheme(
            page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return page
    return "/"
