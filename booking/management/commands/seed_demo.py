"""`manage.py seed_demo`: an invented clinic to look at, with logins for each role."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from booking import demo
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Load the demonstration: a clinic, 20 doctors, visit types, slots, patients, visits and a"
        " login for each role. Loading it again only adds the days that have come in reach."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--logins", action="store_true", help="only print the demo logins")
        parser.add_argument(
            "--force",
            action="store_true",
            help="also where DEMO is off; the logins then get a random password, shown once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["logins"]:
            self._show_logins(as_json=options["json"])
            return
        if not (settings.DEMO or options["force"]):
            raise CommandError(
                "Demo data is for demonstrations: set DEMO=1, or say --force if this database"
                " may be filled with invented people."
            )
        # The well-known password must never open an installation that is no demonstration.
        password = demo.PASSWORD if settings.DEMO else secrets.token_urlsafe(12)
        with self.bar(what="visits") as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                summary = demo.seed(now=timezone.now(), password=password, progress=progress)
            except demo.DemoError as error:
                raise CommandError(str(error)) from None
        facts: dict[str, Any] = summary.facts()
        note = ""
        if summary.created and not settings.DEMO:
            facts["password"] = password
            note = f" The demo logins have the password {password}"
        verb = "Loaded" if summary.created else "Already there:"
        self.conclude(
            f"{verb} {summary.doctors} doctors, {summary.visit_types} visit types,"
            f" {summary.patients} patients, {summary.appointments} visits and {summary.slots}"
            f" slots; {summary.documents} documents were sent.{note}",
            facts,
            as_json=options["json"],
        )

    def _show_logins(self, *, as_json: bool) -> None:
        if not settings.DEMO:
            raise CommandError("Demo logins exist only where DEMO is on.")
        rows = [
            {"role": login.role.value, "email": login.email, "password": demo.PASSWORD}
            for login in demo.LOGINS
        ]
        lines = [f"{row['role']:10} {row['email']:24} {row['password']}" for row in rows]
        self.conclude("\n".join(lines), rows, as_json=as_json)
