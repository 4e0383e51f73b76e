"""The page behind the link with which a freed time is offered: yes, no, or what became of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.languages import speak_as_written
from accounts.models import Patient
from booking import links, lookups, messages, operations, waitlist
from booking.models import Offer
from booking.operations import BookingError, OfferOver
from clinic.lib.actor import Actor
from clinic.lib.by_link import by_link


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks (mail scanners follow links), POST answers. Who has the link needs no sign-in."""
    pk = links.offer_id(token)
    made = lookups.offer(pk) if pk else None
    if made is None:
        return _page(request, None, status=404)
    speak_as_written(request, made.entry.patient.language)
    if request.method != "POST":
        return _page(request, made)
    try:
        _answer(request, made)
    except OfferOver:
        return _page(request, lookups.offer(made.pk), status=409)
    except BookingError as error:
        return _page(request, made, refused=error, status=409)
    return redirect("offer", token=token)


def _answer(request: HttpRequest, made: Offer) -> None:
    by, now = Actor.from_request(request), timezone.now()
    answer = request.POST.get("answer")
    if answer == "yes":
        operations.accept_offer(offer=made, by=by, now=now)
    elif answer == "no":
        operations.decline_offer(offer=made, by=by, now=now)
    elif answer == "leave":
        operations.leave_waitlist(entry=made.entry, by=by, now=now)


def _page(
    request: HttpRequest,
    made: Offer | None,
    *,
    refused: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    """A link is forwarded and lies in histories: who is not signed in as the patient or a carer
    learns no more of a name than the mail says, and nothing of the kind of visit or of others."""
    context: dict[str, object] = {"offer": made, "refused": refused, "state": "unknown"}
    if made is not None:
        patient = made.entry.patient
        is_known = Patient.objects.looked_after_by(request.user.pk).filter(pk=patient.pk).exists()
        context |= {
            "state": _state(made),
            "visit": made.hold,
            "visit_type": made.hold.visit_type,
            "zone": made.hold.visit_type.clinic.zone,
            "entry": made.entry,
            "linked": not is_known,
            "who": {"name": patient.name if is_known else _name_in_mail(patient)},
        }
        if is_known and made.status == Offer.Status.ACCEPTED:
            context["later"] = waitlist.later_visits(made.hold, now=timezone.now())
    return render(request, "booking/offer.html", context, status=status)


def _name_in_mail(patient: Patient) -> str:
    """The first name where carers are asked, who may look after several; or else none."""
    return next((reader.of for reader in messages.readers_for(patient)), "")


def _state(made: Offer) -> str:
    """One that ran out a moment ago is over, though no sweep has written it down yet."""
    if made.status == Offer.Status.OPEN:
        return "open" if made.hold.is_held(now=timezone.now()) else "expired"
    return made.status
