"""Where SNS posts. No session, no login: what is signed by it is believed, and nothing else."""

from __future__ import annotations

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.events.envelope import Malformed
from notifications.events.fetching import Unavailable
from notifications.events.receiving import NotBelieved, receive

logger = structlog.get_logger(__name__)

# SNS's own limit is 256 KiB for what is told; quotes in it are escaped once more.
MOST_BYTES = 640 * 1024


@csrf_exempt
@never_cache
@require_POST
def aws(request: HttpRequest) -> HttpResponse:
    """200: kept, or nothing to us. 4xx: SNS need not try again. 503: it should."""
    try:
        body = request.read(MOST_BYTES + 1)
    except (UnreadablePostError, RequestDataTooBig):
        return HttpResponse(status=400)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        receive(body, now=timezone.now())
    except Malformed:
        return HttpResponse(status=400)
    except NotBelieved as error:
        logger.warning("provider-event-not-believed", reason=str(error))
        return HttpResponse(status=403)
    except (Unavailable, OperationalError) as error:
        logger.warning("provider-event-later", error=type(error).__name__)
        return HttpResponse(status=503)
    return HttpResponse()
