"""A message as a mail server takes it: words, headers, perhaps a calendar file."""

from __future__ import annotations

import re
import uuid
from email.mime.text import MIMEText
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.catalog import KINDS
from notifications.rendering import shapes
from notifications.rendering.addresses import deliverable
from notifications.rendering.words import Letterlike
from notifications.stopping.links import stop_url

METHOD = re.compile(r"^METHOD:([A-Z]+)\s*$", re.MULTILINE)


def render(letter: Letterlike) -> EmailMultiAlternatives:
    """Raises BadAddress, or whatever a template or a context that cannot be raises."""
    to = deliverable(letter.recipient)
    said = shapes.write(letter)
    mail = EmailMultiAlternatives(subject=said.subject, body=said.text, to=[to])
    mail.attach_alternative(said.html, "text/html")
    mail.extra_headers = {"Message-ID": message_id(letter.id), **headers(letter)}
    if calendar := letter.context.get("calendar"):
        mail.attach(calendar_part(calendar))
    return mail


def headers(letter: Letterlike) -> dict[str, str]:
    """Those that are ours on every way out; Message-ID and Date are the provider's on some."""
    return {**ALWAYS, **own_headers(letter)}


# Machines that answer mail (holiday notices) should not answer this one.
ALWAYS = {"Auto-Submitted": "auto-generated"}


def own_headers(letter: Letterlike, *, stop: str = "") -> dict[str, str]:
    """Those that differ from letter to letter. `stop` is its `stop_url`, where that is known."""
    found = {"X-Message-ID": str(letter.id)}
    kind = KINDS.get(letter.template)
    if kind and kind.reminder and letter.patient_id:
        # RFC 8058: the mail program's own button posts there, without a page between.
        found["List-Unsubscribe"] = f"<{stop or stop_url(letter.patient_id)}>"
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def message_id(letter_id: uuid.UUID) -> str:
    """The same on every try, so that a mailbox that got it twice can tell."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{letter_id}@{host}>"


def calendar_part(text: str) -> MIMEText:
    """A calendar file whose method is in its content type too, as RFC 5546 asks."""
    found = METHOD.search(text)
    part = MIMEText(text, "calendar", "utf-8")
    part.set_param("method", found.group(1) if found else "PUBLISH")
    part.add_header("Content-Disposition", "attachment", filename="appointment.ics")
    return part
