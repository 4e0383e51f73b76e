"""Time off and the visits that stand in it, for staff and for the doctor whose time it is."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.queries import current_clinic
from booking import affected
from booking.models import TimeOff


@never_cache
@require_safe
@login_required
def away_list(request: HttpRequest) -> HttpResponse:
    """The time off in which visits stand that nobody has dealt with."""
    if not affected.may_look(request.user):
        raise Http404
    found = affected.unsettled(user=request.user, now=timezone.now())
    clinic = current_clinic()
    context = {"rows": found, "zone": clinic.zone if clinic else None}
    return render(request, "away/list.html", context)


@never_cache
@require_safe
@login_required
def away(request: HttpRequest, pk: int) -> HttpResponse:
    """One time off and its visits."""
    time_off = time_off_or_404(request, pk)
    now = timezone.now()
    context = {
        "time_off": time_off,
        "zone": time_off.clinic.zone,
        "sheet": affected.sheet_of(time_off, now=now),
    }
    return render(request, "away/away.html", context)


def time_off_or_404(request: HttpRequest, pk: int) -> TimeOff:
    found = affected.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
