"""Sessions by whose they are: what a browser had with us goes with its login."""

from __future__ import annotations

import uuid

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from accounts.sessions import SessionStore


def forget_sessions(user_id: uuid.UUID) -> int:
    """Delete every session of a login, from Valkey and the database; returns how many.

    They are read one by one: no column says whose a session is. Those of browsers where nobody
    has signed in end by themselves (SESSION_COOKIE_AGE).
    """
    gone = 0
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(user_id):
            SessionStore(session.session_key).delete()
            gone += 1
    return gone
