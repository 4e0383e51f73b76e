"""What a message says, as it was or will be sent; for whoever may see patients."""

from __future__ import annotations

from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from notifications.catalog import KINDS
from notifications.models import Channel, Message
from notifications.rendering.sms import sms_text
from notifications.rendering.words import write

# Nothing of it runs, loads or leads anywhere: a frame that may do nothing at all.
FRAME = (
    '<iframe sandbox srcdoc="{}" title="{}" loading="lazy"'
    ' style="width:100%;height:32rem;border:1px solid #dde4e8;border-radius:8px;background:#fff">'
    "</iframe>"
)
TEXT = '<pre style="white-space:pre-wrap;font:inherit">{}</pre>'


def preview(message: Message) -> SafeString:
    kind = KINDS.get(message.template)
    if kind is None:
        return format_html("{}", _("Its kind is not known any more."))
    if kind.secret:
        return format_html("{}", _("It holds a code, which nobody is shown."))
    if not message.context:
        return format_html("{}", _("What it said is not kept any more."))
    try:
        return _rendered(message)
    except Exception as error:  # what cannot be sent cannot be shown either; the page can
        return format_html("{}", _("It cannot be put into words: %s.") % type(error).__name__)


def _rendered(message: Message) -> SafeString:
    if message.channel == Channel.SMS:
        return format_html(TEXT, escape(sms_text(message)))
    mail: Any = write(message)
    file = _("A calendar file is attached.") if message.context.get("calendar") else ""
    return format_html(
        "<p><strong>{}</strong></p>{}<p>{}</p>",
        escape(mail.subject),
        # What a template made counts as safe, which says nothing of an attribute.
        format_html(FRAME, escape(mail.html), _("The message")),
        file,
    )
