"""Time off in words."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils.translation import gettext as _

from booking import wording
from booking.models import TimeOff
from clinic.lib.times import day_bounds, local_day

register = template.Library()


@register.filter
def span(time_off: TimeOff) -> str:
    """Whole days by their names, anything else by the clock."""
    zone = time_off.clinic.zone
    first = local_day(time_off.start, zone)
    last = local_day(time_off.end - dt.timedelta(microseconds=1), zone)
    if (time_off.start, time_off.end) == (day_bounds(first, zone)[0], day_bounds(last, zone)[1]):
        if first == last:
            return wording.day_text(first)
        return _("%(first)s – %(last)s") % {
            "first": wording.day_text(first), "last": wording.day_text(last),
        }  # fmt: skip
    until = wording.time_text if first == last else wording.when_text
    return _("%(first)s – %(last)s") % {
        "first": wording.when_text(time_off.start, zone), "last": until(time_off.end, zone),
    }  # fmt: skip
