"""Which addresses are SNS's own, in the region of a topic that is ours. Pure.

A text is compared as a whole, never taken apart first: parsers disagree about what
`https://sns.us-east-1.amazonaws.com@evil.example` or a tab in the middle mean.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

TOPIC = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{1,32}):[0-9]{12}:[\w.-]{1,256}")
# Queries hold letters, digits and what is percent-encoded; nothing else.
QUERY = r"[A-Za-z0-9%&=:._~-]{1,2000}"


class Foreign(Exception):
    """This address is none of SNS in the region of that topic."""


def host_of(topic: str) -> str:
    """The host that signs and confirms for a topic. Raises Foreign for what is no topic."""
    found = TOPIC.fullmatch(topic)
    if found is None:
        raise Foreign
    partition, region = found.groups()
    return f"sns.{region}.amazonaws.com" + (".cn" if partition == "aws-cn" else "")


def certificate_path(url: str, *, topic: str) -> str:
    """The path of a signing certificate on the topic's own host. Raises Foreign."""
    return _path(url, topic=topic, path=r"/[A-Za-z0-9_.-]{1,200}\.pem")


def confirmation_path(url: str, *, topic: str) -> str:
    """Path and query that confirm a subscription to this very topic. Raises Foreign."""
    path = _path(url, topic=topic, path=rf"/\?{QUERY}")
    asked = parse_qs(path.removeprefix("/?"))
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [topic]:
        raise Foreign
    return path


def _path(url: str, *, topic: str, path: str) -> str:
    found = re.fullmatch(rf"https://{re.escape(host_of(topic))}({path})", url, re.ASCII)
    if found is None:
        raise Foreign
    return found[1]
