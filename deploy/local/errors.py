"""What can go wrong on somebody's machine, said in one sentence."""


class LocalError(Exception):
    """Its text is the one sentence that the person at the terminal reads."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or SIGHUP arrived while something was being waited for."""
