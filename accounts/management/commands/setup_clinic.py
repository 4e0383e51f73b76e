import getpass
import secrets
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from accounts.operations.clinics import AlreadySetUp, set_up_clinic
from accounts.operations.people import EmailTaken
from clinic.lib.actor import Actor
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = "An empty start: the clinic, its time zone, and the first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", help="the clinic's name")
        parser.add_argument("--time-zone", help="IANA name, like Europe/Lisbon")
        parser.add_argument("--admin-email", help="the first administrator's address")
        parser.add_argument(
            "--admin-password-stdin",
            action="store_true",
            help="read the password from standard input (never give it as an argument)",
        )
        parser.add_argument(
            "--admin-by-mail",
            action="store_true",
            help="no password: the administrator chooses one by “Forgot your password?”",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"] or self._ask("Name of the clinic")
        time_zone = options["time_zone"] or self._ask("Time zone (like Europe/Lisbon)")
        email = options["admin_email"] or self._ask("Administrator's email address")
        if options["admin_by_mail"]:  # where nobody can type one: a task in the cloud
            password = secrets.token_urlsafe(48)
        else:
            password = self._password(from_stdin=options["admin_password_stdin"])
        try:
            validate_email(email)
            clinic, user = set_up_clinic(
                name=name,
                time_zone=time_zone,
                email=email,
                password=password,
                by=Actor.system("setup_clinic"),
                now=timezone.now(),
            )
        except AlreadySetUp as error:
            raise CommandError("There is a clinic already: change it in /admin/.") from error
        except EmailTaken as error:
            raise CommandError(f"There is a login {email} already.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        facts = {"clinic": clinic.name, "time_zone": clinic.time_zone, "administrator": user.email}
        self.conclude(
            f"Made the clinic {clinic.name} ({clinic.time_zone}) and its administrator"
            f" {user.email}: sign in at /admin/.",
            facts,
            as_json=options["json"],
        )

    def _ask(self, question: str) -> str:
        if not sys.stdin.isatty():
            raise CommandError(f"Missing: {question}. Give it as an option; see --help.")
        while not (answer := input(f"{question}: ").strip()):
            pass
        return answer

    def _password(self, *, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        if not sys.stdin.isatty():
            raise CommandError("Missing: the password. Use --admin-password-stdin.")
        first, again = getpass.getpass("Password: "), getpass.getpass("Once more: ")
        if first != again:
            raise CommandError("The two passwords differ; nothing was made.")
        return first
