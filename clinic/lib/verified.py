"""Addresses of stores that must prove who they are: TLS with a certificate that is looked at."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured


def cache_url(url: str, *, ca: str = "") -> str:
    """`rediss://…` with what every client of ours reads out of an address: that the certificate
    must be signed by `ca` (a file; empty: the system's authorities) and be that host's.

    Other addresses stay as they are. Raises ImproperlyConfigured when one asks for less.
    """
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return url
    asked = dict(parse_qsl(parts.query))
    less = {"ssl_cert_reqs": {"none", "optional", "CERT_NONE", "CERT_OPTIONAL"}}
    less["ssl_check_hostname"] = {"0", "false", "False", "no"}
    if any(asked.get(name) in values for name, values in less.items()):
        raise ImproperlyConfigured("An address with rediss:// asks for certificates to be ignored.")
    asked |= {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}
    if ca:
        asked["ssl_ca_certs"] = ca
    return urlunsplit(parts._replace(query=urlencode(asked)))


def database_options(ca: str) -> dict[str, str]:
    """What libpq is told: refuse a server that `ca` (a file) did not certify to be that host.

    Empty: what the address itself says (`?sslmode=…`); for one machine, and for sockets.
    """
    return {"sslmode": "verify-full", "sslrootcert": ca} if ca else {}
