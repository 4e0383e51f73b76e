from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.queries import current_clinic


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page may show: the clinic, and whether this is a demonstration."""
    return {"clinic": current_clinic(), "DEMO": settings.DEMO}
