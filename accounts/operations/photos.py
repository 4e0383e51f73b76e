"""Doctors' photos: small, plain JPEG, without what a camera writes beside the picture."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import Doctor
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor

LONGEST_SIDE = 512
MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class NoPhoto(Exception):
    """The file is no JPEG, PNG or WebP picture, or too large to be opened safely."""


def as_photo(file: IO[bytes]) -> bytes:
    """`file` as a JPEG of at most 512 pixels a side, its metadata gone. Raises NoPhoto."""
    try:
        picture = Image.open(file, formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise NoPhoto
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        # Pixels only: a copy into a new picture leaves every kind of metadata behind.
        clean = Image.new("RGB", upright.size)
        clean.paste(upright)
        out = io.BytesIO()
        clean.save(out, "JPEG", quality=85, optimize=True)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
        raise NoPhoto from error
    except Image.DecompressionBombError as error:
        raise NoPhoto from error
    return out.getvalue()


def set_photo(*, doctor: Doctor, photo: bytes | None, by: Actor, now: dt.datetime) -> None:
    """Replace a doctor's photo, or take it away. Not inside a transaction: it talks to the store.

    Each photo has a name of its own, so that browsers may keep it.
    """
    old = str(doctor.photo.name or "")
    new = ""
    if photo is not None:
        new = default_storage.save(f"doctors/{uuid.uuid4()}.jpg", ContentFile(photo))
    with transaction.atomic():
        Doctor.objects.filter(pk=doctor.pk).update(photo=new)
        record_audit(
            action="doctor.changed", subject=doctor, by=by, now=now, data={"fields": ["photo"]}
        )
    if old:
        default_storage.delete(old)
