"""Structured logs: one JSON object a line with a request id, and no personal data.

What may be logged are identifiers, codes and counts. Query strings, form bodies, names, addresses
and user agents are not; Django's own request log (which holds the path with its query) is replaced
by `clinic.middleware.RequestContextMiddleware`.
"""

import logging
import logging.config
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.types import EventDict, Processor

FRAMES = 12


def without_words(
    exception: BaseException, traceback: TracebackType | None = None
) -> dict[str, str | list[str]]:
    """An exception's type and where it rose, and nothing that it says.

    Its message may name a person: PostgreSQL quotes the whole row that breaks a constraint.
    """
    traceback = traceback or exception.__traceback__
    frames: list[str] = []
    while traceback:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return {"exception": type(exception).__name__, "frames": frames[-FRAMES:]}


def forget_words(logger: Any, method: str, event: EventDict) -> EventDict:
    """The last step before a line is written, for our records and the libraries' alike."""
    info = event.pop("exc_info", None)
    event.pop("exc_text", None)
    for key, value in event.items():
        event[key] = _wordless(value)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple):
        info = info[1]
    if isinstance(info, BaseException):
        event.update(without_words(info))
    return event


def _wordless(value: Any) -> Any:
    return type(value).__name__ if isinstance(value, BaseException) else value


class WithoutQuotes(logging.Filter):
    """Libraries' own lines, before they are put together: of an exception that is quoted the type,
    and of a request that the web server cannot take neither its address nor its path."""

    REQUESTS = ("Error handling request", "Invalid request")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _wordless(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_wordless(value) for value in record.args)
        elif isinstance(record.args, Mapping):
            record.args = {key: _wordless(value) for key, value in record.args.items()}
        if record.name.startswith("gunicorn"):
            for beginning in self.REQUESTS:
                if str(record.msg).startswith(beginning):
                    record.msg, record.args = beginning, ()
        return True


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_config(
    *, level: str, json: bool, said_by: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The dictionary for `logging.config`, with both our and the libraries' records alike.

    `said_by`: what this process is, for each line; what is empty is left out.
    """
    stamp = {key: value for key, value in (said_by or {}).items() if value}
    renderer = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    forget_words,
                    lambda logger, method, event: {**event, **stamp},
                    renderer,
                ],
                "foreign_pre_chain": SHARED,
            }
        },
        "filters": {"without-quotes": {"()": WithoutQuotes}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "structured",
                "filters": ["without-quotes"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # The web server made its own handler before it loaded us.
            "gunicorn.error": {"handlers": [], "propagate": True},
            "django.request": {"level": "CRITICAL"},
            "django.security": {"level": "ERROR"},
            "axes": {"level": "ERROR"},
            "botocore": {"level": "WARNING"},
            "boto3": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # Quotes the exception and prints its traceback; clinic.celery logs what may be said.
            "celery.app.trace": {"level": logging.CRITICAL + 1},
            "django_redis": {"level": "ERROR"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Configure the standard library's logging and structlog together (LOGGING_CONFIG)."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
