"""The local mailbox: an SMTP server that keeps every mail as a file and delivers nothing."""

import smtplib
import sys
from functools import cached_property

from deploy.local.ports import HOST
from deploy.local.process import Command
from deploy.local.service import CHECKOUT, Service


class Mailbox(Service):
    name = "Mailbox"
    given_by = "EMAIL_URL"

    @cached_property
    def port(self) -> int:
        return self.place.state.port("mailbox")

    def command(self) -> Command:
        directory = self.place.directory("mailbox")
        module = "deploy.local.mailbox_server"
        return Command(
            "Mailbox",
            [sys.executable, "-m", module, str(self.port), str(directory)],
            mark=module,
            stop_signal=self.place.stop_signal,
            options={"cwd": CHECKOUT},
        )

    def probe(self) -> None:
        with smtplib.SMTP(HOST, self.port, timeout=5) as client:
            client.noop()

    def environment(self) -> dict[str, str]:
        return {
            "EMAIL_URL": f"smtp://{HOST}:{self.port}",
            "MAILBOX_DIR": str(self.place.directory("mailbox")),
        }

    def summary(self) -> str:
        return f"{self.name} on port {self.port}"
