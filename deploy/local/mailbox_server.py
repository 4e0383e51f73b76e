"""The mailbox's process: `python -m deploy.local.mailbox_server PORT DIRECTORY`."""

import signal
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import HOST
from deploy.local.state import write_private


class Keeper:
    """Writes each message in one step, so that a reader never sees half of it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        write_private(self._directory / f"{stamp}-{uuid.uuid4()}.eml", envelope.content or b"")
        return "250 Message kept"


def main(port: int, directory: Path) -> None:
    controller = Controller(
        Keeper(directory), hostname=HOST, port=port, server_kwargs={"data_size_limit": 40 << 20}
    )
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # before any thread, so that all inherit it
    controller.start()
    signal.sigwait(stops)
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
