"""The day's visits as rows of a table: on the page, and on paper.

A clinic's day has a thousand of them. Their text is put together here at once, where a template
would look up ten thousand variables one by one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from booking.desk.days import Visit
from booking.desk.widget import SHAPES, Said
from booking.models import Status

ROW = """<tr>
<td class="desk-time">{}</td>
<th scope="row"><a href="{}?next={}">{}</a></th>
<td>{}</td><td>{}</td><td>{}</td>
<td><span aria-hidden="true">{}</span> {}{}</td>
<td>{}</td>
</tr>
"""
CHECK_IN = (
    '<button class="desk-button" formaction="{}do/check-in/">{}'
    '<span class="desk-away"> {}</span></button>'
)
UNREACHED = ' · <span class="desk-flag">{}</span>'
ON_PAPER = (
    '<tr><td>{}</td><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>'
    "<td>{} {}</td></tr>\n{}"
)
NOTE = '<tr class="note"><td></td><td colspan="6">{}</td></tr>\n'
NOBODY = uuid.UUID(int=0)


def rows_on_page(
    visits: Iterable[Visit], zone: ZoneInfo, *, back: str, with_check_in: bool
) -> SafeString:
    """With links, and `with_check_in` the button that says that who is expected is here."""
    address = reverse("admin:desk_visit", args=[NOBODY])
    safe, said, check_in = Escaped(), Said(zone), _("Check in")
    flag = format_html(UNREACHED, _("not reached"))

    def cells(visit: Visit) -> tuple[str, ...]:
        url = SafeString(address.replace(str(NOBODY), visit.id))
        name = safe[visit.patient.name if visit.patient else ""]
        is_expected = with_check_in and visit.status == Status.BOOKED
        return (
            safe[said.time(visit)],
            url,
            safe[back],
            name,
            safe[visit.visit_type.name],
            safe[str(visit.doctor)],
            safe[visit.room],
            safe[SHAPES[Status(visit.status)]],
            safe[said.status(visit)],
            flag if visit.is_unreached else SafeString(),
            format_html(CHECK_IN, url, safe[check_in], name) if is_expected else SafeString(),
        )

    return format_html_join("", ROW, map(cells, visits))


def rows_on_paper(visits: Iterable[Visit], zone: ZoneInfo) -> SafeString:
    """With what somebody at the door is asked for, and the notes."""
    safe, said = Escaped(), Said(zone)

    def cells(visit: Visit) -> tuple[str, ...]:
        patient, note = visit.patient, visit.internal_note
        born = patient.date_of_birth if patient else None
        return (
            safe[said.time(visit)],
            safe[patient.name if patient else ""],
            safe[born.isoformat() if born else ""],
            safe[patient.phone if patient else ""],
            safe[visit.visit_type.name],
            safe[visit.room],
            safe[SHAPES[Status(visit.status)]],
            safe[said.status(visit)],
            format_html(NOTE, note) if note else SafeString(),
        )

    return format_html_join("", ON_PAPER, map(cells, visits))


class Escaped(dict[str, SafeString]):
    """Texts as HTML. Most come again and again, and are escaped once."""

    def __missing__(self, text: str) -> SafeString:
        self[text] = found = conditional_escape(text)
        return found
