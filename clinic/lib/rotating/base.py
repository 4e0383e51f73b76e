"""Django's PostgreSQL, with a password that may have been exchanged since the process began.

A connection that is refused for its password reads the secret again, once, and tries with what
it finds. Those that are open stay: PostgreSQL asks for a password at the beginning only.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError

from clinic.lib.rotating import secret

# What PostgreSQL and RDS Proxy say of a password that is not (or no longer) the one.
REFUSED = ("authentication failed", "no password supplied", "has no credentials for the role")


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if password := secret.known(params.get("user", "")):
            params["password"] = password
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises psycopg's OperationalError, whose words have no password in them."""
        refusal: OperationalError | None = None
        for password in secret.passwords(conn_params.get("password", "")):
            try:
                connection = super().get_new_connection(conn_params | {"password": password})
            except OperationalError as error:
                if not _is_refusal(error):
                    raise
                refusal = error
            else:
                secret.worked(conn_params.get("user", ""), password)
                return connection
        raise refusal or OperationalError("No password of the database is known.")


def _is_refusal(error: OperationalError) -> bool:
    text = str(error)
    return any(words in text for words in REFUSED)
