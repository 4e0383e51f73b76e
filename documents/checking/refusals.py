"""What people are told of a file that was not taken, and of what was taken out of one."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

REFUSALS = {
    "empty": gettext_noop("This file is empty. Please choose it again."),
    "too-large": gettext_noop(
        "This file is too large. Please send it in parts, or in a lower quality."
    ),
    "type": gettext_noop(
        "We can open PDF, JPEG, PNG and WebP files, and this is something else. Please save it as "
        "a PDF, or send a photo of it."
    ),
    "heic": gettext_noop(
        "This photo is in a format that not every computer opens (HEIC). Please send it as a JPEG: "
        "taking a screenshot of it is enough."
    ),
    "encrypted": gettext_noop(
        "This PDF asks for a password. Please save it without one (open it, then print it to a "
        "PDF) and send that."
    ),
    "truncated": gettext_noop(
        "The end of this file is missing. Please download or scan it again, then send it."
    ),
    "damaged": gettext_noop(
        "This file is damaged, we cannot open it. Please save it again, or send a photo of it."
    ),
    "xfa": gettext_noop(
        "This PDF is a form that only some programs can show. Please print it to a PDF and send "
        "that."
    ),
    "portfolio": gettext_noop(
        "This PDF is a folder with other files in it. Please send each of them by itself."
    ),
    "polyglot": gettext_noop(
        "This file is of two kinds at once, which is unsafe. Please print it to a PDF, or send a "
        "photo of it."
    ),
    "frames": gettext_noop(
        "This picture moves. Please send each picture that matters by itself, as a JPEG or PNG."
    ),
    "pixels": gettext_noop("This picture has too many points. Please send it in a smaller size."),
    "pages": gettext_noop("This PDF has more than a thousand pages. Please send it in parts."),
    "too-complex": gettext_noop(
        "We could not check this file: it is too complicated. Please print it to a PDF, or send a "
        "photo of it."
    ),
    "virus": gettext_noop(
        "Our virus scanner found something harmful in this file. We did not keep it. Please check "
        "the computer that it comes from."
    ),
    "gone": gettext_noop("This file did not reach us whole. Please send it again."),
}

REMOVED = {
    "javascript": gettext_noop("programs (JavaScript)"),
    "actions": gettext_noop("actions that would run by themselves"),
    "attachments": gettext_noop("files inside this file"),
    "media": gettext_noop("sound, film or 3D"),
    "xfa": gettext_noop("a form’s own programs (XFA)"),
    "links": gettext_noop("links to other files"),
    "signature": gettext_noop("the digital signature’s proof"),
    "restrictions": gettext_noop("the lock against changes and printing"),
    "location": gettext_noop("the place where it was taken"),
    "metadata": gettext_noop("what the camera or program wrote beside it"),
    "trailing": gettext_noop("what stood after its end"),
}


def sentence(code: str) -> str:
    """Why, and what to do now; in the reader's language."""
    return gettext(REFUSALS.get(code, REFUSALS["too-complex"]))


def removed_words(codes: list[str]) -> list[str]:
    """What was taken out, in the reader's language; codes of another version say nothing."""
    return [gettext(REMOVED[code]) for code in codes if code in REMOVED]
