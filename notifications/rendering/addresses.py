"""Where a mail may go."""

from __future__ import annotations

import re
from email.utils import parseaddr

# What nearly all are; the longer look costs more than all else about a reminder.
PLAIN = re.compile(r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")


class BadAddress(ValueError):
    """Nothing can be sent there."""


def deliverable(recipient: str) -> str:
    """As every provider takes it: the name in ASCII, the domain in punycode. Raises BadAddress.

    The outbox has looked at it; this is the last place before it becomes a header.
    """
    if PLAIN.fullmatch(recipient):
        return recipient
    name, _at, domain = recipient.rpartition("@")
    # What reads differently from how it is written (spaces, commas, names) is no plain address.
    if not name.isascii() or not recipient.isprintable() or parseaddr(recipient)[1] != recipient:
        raise BadAddress
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError as error:
        raise BadAddress from error
    if not name or not ascii_domain or " " in recipient:
        raise BadAddress
    return f"{name}@{ascii_domain}"
