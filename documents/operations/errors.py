"""Expected refusals; `str()` says each to a person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class DocumentError(Exception):
    """This is not done, and the reason is no fault of the program."""

    sentence = _("This cannot be done.")

    def __str__(self) -> str:
        return str(self.sentence)


class NotYours(DocumentError):
    """To this person there is no such document: a page answers 404."""

    sentence = _("There is no such document.")


class NotReady(DocumentError):
    sentence = _("This document cannot be opened yet.")
