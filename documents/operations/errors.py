"""Expected refusals; `str()` says each to a person."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient


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


class UploadRefused(DocumentError):
    """What was chosen is not taken; `str()` says what would be."""


class NothingChosen(UploadRefused):
    sentence = _("Choose a file first.")


class EmptyFile(UploadRefused):
    sentence = _("This file is empty: it has 0 bytes. Please choose another one.")


class WrongType(UploadRefused):
    sentence = _(
        "We can take PDF files and pictures (JPEG, PNG or WebP). Please save it as one of these, "
        "or take a photo of it."
    )


class TooLarge(UploadRefused):
    sentence = _(
        "This file is larger than %(most)s MB. Please send it in parts, or scan it at a lower "
        "resolution."
    )

    def __str__(self) -> str:
        return str(self.sentence) % {"most": settings.DOCUMENT_MAX_BYTES // (1024 * 1024)}


class TooManyAtOnce(UploadRefused):
    sentence = _("That is very many documents in one hour. Please go on a little later.")


class NothingArrived(DocumentError):
    """The form was given out, and nothing lies where it leads."""

    sentence = _("The file has not arrived. Please send it again.")


class NotTied(DocumentError):
    """The document is in; who waits for it could not be told. Saying it again may work."""

    sentence = _(
        "Your document is stored, but we could not note at this moment that it is the one we asked "
        "you for. Please send it again."
    )


class StoreTrouble(DocumentError):
    """The store of documents is away, full or refuses us: to be tried again later."""

    sentence = _(
        "Documents cannot be stored or opened at the moment. Nothing is lost: please try again in "
        "a few minutes."
    )


class MustStay(DocumentError):
    sentence = _(
        "The clinic must keep this document at present, so it cannot be deleted. Please call us "
        "if you would like to know more."
    )


class GoneForGood(DocumentError):
    sentence = _("This document was deleted too long ago to be brought back.")

    def __init__(self, patient: Patient) -> None:
        super().__init__()
        self.patient = patient  # to whose list the page goes back


class NoSuchDoctor(DocumentError):
    sentence = _("Please choose one of the doctors of the clinic.")
