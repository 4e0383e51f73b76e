"""One JSON object a line, of our records and the libraries', with no words of people in it."""

from __future__ import annotations

import io
import json
import logging
import logging.config

import pytest
import structlog

from clinic.lib.logs import logging_config


@pytest.fixture
def lines(request):
    """A function that gives the lines written since, from a tree of loggers of its own."""
    config = logging_config(level="INFO", json=True, said_by={"service": "web", "release": ""})
    made = logging.config.DictConfigurator(config)
    formatter = made.configure_formatter(config["formatters"]["structured"])
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    handler.addFilter(made.configure_filter(config["filters"]["without-quotes"]))
    logger = logging.getLogger("gunicorn.error")
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_the_web_servers_lines_are_json_too_and_say_of_which_part(lines) -> None:
    logging.getLogger("gunicorn.error").warning("Booting worker with pid: %s", 7)
    (line,) = lines()
    assert line["event"] == "Booting worker with pid: 7"
    assert (line["logger"], line["level"], line["service"]) == (
        "gunicorn.error",
        "warning",
        "web",
    )
    assert "release" not in line


def test_a_request_that_it_cannot_take_is_logged_without_address_and_path(lines) -> None:
    log = logging.getLogger("gunicorn.error")
    log.warning("Invalid request from ip=198.51.100.7: 'GET /?q=CanaryName'")
    log.error("Error handling request %s", "/?q=CanaryName")
    assert [line["event"] for line in lines()] == ["Invalid request", "Error handling request"]


def test_an_exception_that_a_library_quotes_is_its_type(lines) -> None:
    log = logging.getLogger("gunicorn.error")
    log.error("Signal handler %r raised: %r", "f", ValueError("CanaryName"))
    log.error(ValueError("CanaryName"))
    try:
        raise ValueError("CanaryName")
    except ValueError:
        log.exception("Socket error processing request.")
    assert "CanaryName" not in json.dumps(lines())
    assert [line["event"] for line in lines()] == [
        "Signal handler 'f' raised: 'ValueError'",
        "ValueError",
        "Socket error processing request.",
    ]
    assert lines()[2]["exception"] == "ValueError"


def test_also_one_that_is_quoted_by_name_or_that_we_hand_over_ourselves(lines) -> None:
    said = ValueError("CanaryName")
    logging.getLogger("gunicorn.error").error("%(id)s: %(exc)r", {"id": 7, "exc": said})
    structlog.get_logger("gunicorn.error").error("ours", error=said, number=2)
    named, ours = lines()
    assert named["event"] == "7: 'ValueError'"
    assert (ours["event"], ours["error"], ours["number"]) == ("ours", "ValueError", 2)


def test_the_web_server_gives_up_its_own_handler() -> None:
    config = logging_config(level="INFO", json=True)
    assert config["loggers"]["gunicorn.error"] == {"handlers": [], "propagate": True}
    assert config["handlers"]["stderr"]["filters"] == ["without-quotes"]
