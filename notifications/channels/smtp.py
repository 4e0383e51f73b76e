"""Mail by SMTP: one connection a process, kept as long as it is used, one mail after the other."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Iterable, Sequence

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.channels.base import (
    Accepted,
    Letter,
    ProviderAway,
    Refused,
    Result,
    Trouble,
    Untried,
)
from notifications.rendering import render

logger = structlog.get_logger(__name__)

PER_CALL = 10
# Servers hang up on who is silent; what was not used for longer is opened anew.
IDLE_SECONDS = 10.0


class SmtpOutlet:
    name = "smtp"
    per_call = PER_CALL
    in_flight = 1

    def __init__(self) -> None:
        self._line: BaseEmailBackend | None = None
        self._used_at = 0.0  # monotonic clock
        self._lock = threading.Lock()

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        waiting = list(letters)
        return [waiting[start : start + PER_CALL] for start in range(0, len(waiting), PER_CALL)]

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        with self._lock:
            results: list[Result] = []
            for letter in letters:
                try:
                    results.append(self._send(letter))
                except ProviderAway as error:
                    if not results:
                        raise
                    return results + [Untried(str(error))] * (len(letters) - len(results))
            return results

    def close(self) -> None:
        with self._lock:
            self._hang_up()

    def _send(self, letter: Letter) -> Result:
        """Raises ProviderAway."""
        try:
            mail = render(letter)
        except Exception as error:  # a template or context that cannot be: this letter alone
            return Refused(f"render {type(error).__name__}")
        mail.connection = self._open()
        try:
            mail.send()
        except smtplib.SMTPException as error:
            # After a refusal the session may be in any state; the next letter has a new one.
            self._hang_up()
            return _as_result(error)
        except OSError as error:  # the line broke; the next letter opens it again
            self._hang_up()
            return Trouble(type(error).__name__)
        except Exception as error:  # a mail that the library cannot even write
            return Refused(type(error).__name__)
        self._used_at = time.monotonic()
        return Accepted()

    def _open(self) -> BaseEmailBackend:
        """Raises ProviderAway."""
        if self._line is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self._hang_up()
        if self._line is None:
            line = get_connection()
            try:
                line.open()
            except (smtplib.SMTPException, OSError) as error:
                raise ProviderAway(type(error).__name__) from error
            self._line, self._used_at = line, time.monotonic()
        return self._line

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        try:
            line.close()
        except (smtplib.SMTPException, OSError) as error:
            logger.info("mail-close", error=type(error).__name__)


def _as_result(error: smtplib.SMTPException) -> Result:
    """Answers of 500 and more are final, others are tried again."""
    codes = _codes(error)
    reason = f"{type(error).__name__} {' '.join(map(str, codes))}".strip()
    if codes and all(code >= 500 for code in codes):
        return Refused(reason)
    return Trouble(reason)


def _codes(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [error.smtp_code]
    return []
