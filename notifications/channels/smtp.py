"""Mail by SMTP: one connection a process, kept as long as it is used, one mail after the other."""

from __future__ import annotations

import re
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
    SlowDown,
    Trouble,
    unasked,
)
from notifications.rendering import render

logger = structlog.get_logger(__name__)

PER_CALL = 10
# Servers hang up on who is silent; what was not used for longer is opened anew.
IDLE_SECONDS = 10.0
THROTTLE_PAUSE = 10.0
CLOSING = 421
TOO_LARGE = 552
TOO_FAST = re.compile(
    rb"throttl|sending rate|rate limit|too many (messages|mails|emails|connections)|daily message",
    re.IGNORECASE,
)


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
                except (ProviderAway, SlowDown) as error:
                    if not results:
                        raise
                    return results + [unasked(error)] * (len(letters) - len(results))
            return results

    def close(self) -> None:
        with self._lock:
            self._hang_up()

    def _send(self, letter: Letter) -> Result:
        """Raises ProviderAway or SlowDown."""
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
        except OSError as error:  # the line broke or fell silent; the next letter opens it again
            self._hang_up(say_goodbye=False)
            return Trouble(type(error).__name__)
        except Exception as error:  # a mail that the library cannot even write
            return Refused(type(error).__name__)
        self._used_at = time.monotonic()
        # By this the server's own log can be searched.
        return Accepted(mail.extra_headers["Message-ID"])

    def _open(self) -> BaseEmailBackend:
        """Raises ProviderAway or SlowDown."""
        if self._line is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self._hang_up()
        if self._line is None:
            line = get_connection()
            try:
                line.open()
            except smtplib.SMTPResponseException as error:
                if _is_throttle(error):
                    raise SlowDown(THROTTLE_PAUSE) from error
                raise ProviderAway(_reason(error)) from error
            except (smtplib.SMTPException, OSError) as error:
                raise ProviderAway(type(error).__name__) from error
            self._line, self._used_at = line, time.monotonic()
        return self._line

    def _hang_up(self, *, say_goodbye: bool = True) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        try:
            if not say_goodbye and (session := getattr(line, "connection", None)) is not None:
                session.close()  # a farewell to who does not answer takes as long again
                line.connection = None  # type: ignore[attr-defined]
            line.close()
        except (smtplib.SMTPException, OSError) as error:
            logger.info("mail-close", error=type(error).__name__)


def _as_result(error: smtplib.SMTPException) -> Result:
    """Answers of 500 and more are final, others are tried again.

    Raises SlowDown, or ProviderAway when it is the sender that is refused: that is no one
    letter's fault, and every other would meet it too.
    """
    if _is_throttle(error):
        raise SlowDown(THROTTLE_PAUSE) from error
    codes = _codes(error)
    if isinstance(error, smtplib.SMTPSenderRefused) and 500 <= error.smtp_code != TOO_LARGE:
        raise ProviderAway(_reason(error)) from error
    if codes and all(code >= 500 for code in codes):
        return Refused(_reason(error))
    return Trouble(_reason(error))


def _is_throttle(error: smtplib.SMTPException) -> bool:
    """ "Closing the channel", or a passing refusal that says it is for our speed."""
    return any(
        code == CLOSING or (400 <= code < 500 and TOO_FAST.search(text))
        for code, text in _answers(error)
    )


def _reason(error: smtplib.SMTPException) -> str:
    """Codes only: servers like to repeat the address."""
    return f"{type(error).__name__} {' '.join(map(str, _codes(error)))}".strip()


def _codes(error: smtplib.SMTPException) -> list[int]:
    return [code for code, _text in _answers(error)]


def _answers(error: smtplib.SMTPException) -> list[tuple[int, bytes]]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        found: list[tuple[int, bytes | str]] = list(error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        found = [(error.smtp_code, error.smtp_error)]
    else:
        found = []
    return [(code, text if isinstance(text, bytes) else str(text).encode()) for code, text in found]
