"""A message as a mail: subject, plain text, HTML, and perhaps a calendar file."""

from __future__ import annotations

import re
from email.mime.text import MIMEText

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from notifications.channels.base import Letter
from notifications.models import Message

BLANK_LINES = re.compile(r"\n\s*\n")  # templates leave some where a line is not needed
METHOD = re.compile(r"^METHOD:([A-Z]+)\s*$", re.MULTILINE)


def render(message: Message | Letter) -> EmailMultiAlternatives:
    folder = f"notifications/{message.template}"
    context = {**message.context, "site_url": settings.SITE_URL}
    with translation.override(message.language):
        subject = " ".join(render_to_string(f"{folder}/subject.txt", context).split())
        text = BLANK_LINES.sub("\n\n", render_to_string(f"{folder}/body.txt", context)).strip()
        html = render_to_string(f"{folder}/body.html", {**context, "subject": subject})
    mail = EmailMultiAlternatives(subject=subject, body=text + "\n", to=[message.recipient])
    mail.attach_alternative(html, "text/html")
    # Machines that answer mail (holiday notices) should not answer this one.
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    mail.extra_headers["X-Message-ID"] = str(message.id)
    if calendar := message.context.get("calendar"):
        mail.attach(calendar_part(calendar))
    return mail


def calendar_part(text: str) -> MIMEText:
    """A calendar file whose method is in its content type too, as RFC 5546 asks."""
    found = METHOD.search(text)
    part = MIMEText(text, "calendar", "utf-8")
    part.set_param("method", found.group(1) if found else "PUBLISH")
    part.add_header("Content-Disposition", "attachment", filename="appointment.ics")
    return part
