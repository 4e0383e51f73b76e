"""The page behind the link that offers other times: choose one, none of them, or cancel."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.languages import speak_as_written
from accounts.models import Doctor
from booking import equivalents, links, lookups, operations
from booking.equivalents import Option
from booking.forms import OptionForm
from booking.models import Proposal
from booking.operations import BookingError
from clinic.lib.by_link import by_link
from clinic.lib.times import iso_z


@dataclass(frozen=True)
class Choice:
    """A button: what it sends, and what it says."""

    option: Option
    doctor: Doctor
    is_new: bool = False

    @property
    def value(self) -> str:
        return f"{iso_z(self.option.start)}/{self.option.doctor_id}"


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks (mail scanners follow links), POST answers. Who has the link needs no sign-in."""
    pk = links.proposal_id(token)
    proposal = lookups.proposal(pk) if pk else None
    if proposal is None:
        return render(request, "away/choose.html", {"state": "unknown"}, status=404)
    if proposal.appointment.patient is not None:
        speak_as_written(request, proposal.appointment.patient.language)
    if request.method != "POST":
        return _page(request, proposal)
    try:
        refused = _answer(request, proposal, now=timezone.now())
    except BookingError as error:
        fresh = lookups.proposal(proposal.pk)
        return _page(request, fresh or proposal, refused=error, status=409)
    if refused:
        return _page(request, proposal, status=400)
    return redirect("choose", token=token)


def _answer(request: HttpRequest, proposal: Proposal, *, now: dt.datetime) -> bool:
    """Do what was asked for; True if nothing that can be done was."""
    answer = request.POST.get("answer")
    if answer == "none":
        operations.decline_proposal(proposal=proposal, now=now)
    elif answer == "cancel":
        operations.cancel_by_proposal(proposal=proposal, now=now)
    else:
        form = OptionForm(request.POST)
        if not form.is_valid():
            return True
        start, doctor_id = form.cleaned_data["option"]
        operations.answer_proposal(proposal=proposal, start=start, doctor_id=doctor_id, now=now)
    return False


def state_of(proposal: Proposal, *, now: dt.datetime) -> str:
    """What the page has to say."""
    visit = proposal.appointment
    if visit.status in ("cancelled", "declined", "lapsed", "no_show"):
        return "ended"
    if visit.start <= now or not visit.is_live:
        return "over"
    if proposal.status == Proposal.Status.ACCEPTED:
        return "accepted"
    if proposal.version != visit.version:
        return "changed"
    if proposal.status == Proposal.Status.OPEN:
        return "open"
    return "declined" if proposal.status == Proposal.Status.DECLINED else "void"


def _page(
    request: HttpRequest,
    proposal: Proposal,
    *,
    refused: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    visit = proposal.appointment
    state = state_of(proposal, now=now)
    context: dict[str, Any] = {
        "state": state,
        "visit": visit,
        "zone": visit.visit_type.clinic.zone,
        "refused": refused,
    }
    if state == "open":
        context |= _choices(proposal, now=now)
    elif state in ("over", "ended", "void") and status == 200:
        status = 410
    return render(request, "away/choose.html", context, status=status)


def _choices(proposal: Proposal, *, now: dt.datetime) -> dict[str, list[Choice]]:
    """What was offered as far as it is free, what it is made up for with, and what is gone."""
    looked = equivalents.refreshed(proposal.appointment, proposal.offered, now=now)
    wanted = {option.doctor_id for some in looked for option in some}
    doctors = Doctor.objects.in_bulk(wanted)

    def choices(options: list[Option], *, is_new: bool = False) -> list[Choice]:
        return [
            Choice(option, doctors[option.doctor_id], is_new)
            for option in options
            if option.doctor_id in doctors
        ]

    return {
        "choices": choices(looked.free) + choices(looked.instead, is_new=True),
        "gone": choices(looked.gone),
    }
