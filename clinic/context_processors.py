from typing import Any

from accounts.queries import current_clinic
from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page may show: the clinic, and whether this is a demonstration."""
    return {"clinic": current_clinic(), "DEMO": settings.DEMO}
