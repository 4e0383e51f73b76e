"""A date of birth as three boxes: no order to guess, no calendar to page back through decades."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# By their first letters, whatever the language of the page: people write what they are used to.
MONTHS = [
    ("jan", "ene"),
    ("feb",),
    ("mar",),
    ("apr", "abr"),
    ("may",),
    ("jun",),
    ("jul",),
    ("aug", "ago"),
    ("sep", "set"),
    ("oct",),
    ("nov",),
    ("dec", "dic"),
]


class DateOfBirthWidget(forms.MultiWidget):
    template_name = "accounts/widgets/date_of_birth.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        boxes: dict[str, forms.Widget | type[forms.Widget]] = {
            "day": _box(_("Day"), "bday-day", 2),
            "month": _box(_("Month"), "bday-month", 9, mode="text"),
            "year": _box(_("Year"), "bday-year", 4),
        }
        super().__init__(boxes, attrs)

    def decompress(self, value: dt.date | None) -> list[object]:
        return [value.day, value.month, value.year] if value else [None, None, None]


class DateOfBirthField(forms.MultiValueField):
    """Day, month (a number or a name) and year (four digits) make a date."""

    widget = DateOfBirthWidget

    def __init__(self, **kwargs: Any) -> None:
        parts = [forms.CharField(max_length=size) for size in (2, 9, 4)]
        super().__init__(parts, require_all_fields=True, **kwargs)
        self.error_messages["required"] = _("Enter day, month and year of the date of birth.")

    def compress(self, data_list: list[str]) -> dt.date | None:
        if not data_list:
            return None
        day, month, year = (part.strip() for part in data_list)
        if not (len(year) == 4 and year.isdigit()):
            raise ValidationError(_("Enter the year with four digits, like 1985."))
        try:
            return dt.date(int(year), _month(month), int(day))
        except ValueError as error:
            raise ValidationError(_("This is no date. Check day and month.")) from error


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    written = text[:3].lower()
    for number, names in enumerate(MONTHS, start=1):
        if written in names:
            return number
    raise ValueError(text)


def _box(label: Any, autocomplete: str, size: int, mode: str = "numeric") -> forms.TextInput:
    return forms.TextInput(
        attrs={
            "label": label,
            "autocomplete": autocomplete,
            "inputmode": mode,
            "maxlength": size,
            "size": size,
        }
    )
