"""What no worker could do, for operators to read. Given back or dropped by a command."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.portal import page, show
from clinic.lib import dead_letters

logger = structlog.get_logger(__name__)
MOST = 200


# Operators': of no table, so it has no permission of its own.
@page("dead-letters/", name="dead_letters", permission="accounts.view_user")
@never_cache
@require_safe
def page_of_dead_letters(request: HttpRequest) -> HttpResponse:
    title = _("Work that could not be done")
    try:
        found = dead_letters.all_newest_first()
    except Exception as error:  # whatever the broker's client raises
        logger.warning("dead-letters-not-read", error=type(error).__name__)
        return show(request, "admin/notifications/dead_letters.html", away=True, title=title)
    return show(
        request,
        "admin/notifications/dead_letters.html",
        letters=found[:MOST],
        more=max(len(found) - MOST, 0),
        title=title,
    )
