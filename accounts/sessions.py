"""Sessions in Valkey with PostgreSQL behind it; only keys that we could have made are tried."""

from django.contrib.sessions.backends import cached_db


class SessionStore(cached_db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie can say anything, also what PostgreSQL refuses to compare (a NUL)."""
        plain = bool(key) and key.isascii() and key.isalnum()  # type: ignore[union-attr]
        return plain and bool(super()._validate_session_key(key))  # type: ignore[misc]
