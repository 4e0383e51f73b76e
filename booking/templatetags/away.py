"""Time off in words."""

from __future__ import annotations

from django import template

from booking import wording
from booking.models import TimeOff

register = template.Library()


@register.filter
def span(time_off: TimeOff) -> str:
    """Whole days by their names, anything else by the clock."""
    return wording.span_text(time_off.start, time_off.end, time_off.clinic.zone)
