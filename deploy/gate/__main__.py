"""`make check-migrations`: may what is not released yet be applied while the site runs?

python -m deploy.gate             judge; exit code 1 if one may not
python -m deploy.gate released    from now on all of them are released
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import django

from deploy.gate import known
from deploy.local.services import Services


def main(arguments: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    os.environ.setdefault("SECRET_KEY", "only-to-judge-migrations")
    os.environ.setdefault("DATABASE_URL", "postgres://127.0.0.1:1/none")
    django.setup()
    from deploy.gate import judging

    every = judging.all_keys()
    if arguments == ["released"]:
        known.write_released(every)
        print(f"{len(every)} migrations are released.")
        return 0
    new = every - known.released()
    if not new:
        print(f"No migration is new: all {len(every)} are released.")
        return 0
    with tempfile.TemporaryDirectory(prefix="clinic-migrations-") as directory:
        Path(directory).chmod(0o755)
        with Services(Path(directory), throwaway=True, only=["postgres"]) as environment:
            return _judge_on(environment["DATABASE_URL"])


def _judge_on(url: str) -> int:
    import environ
    from django.db import connection

    from deploy.gate import judging

    connection.settings_dict.update(environ.Env.db_url_config(url))
    refused = judged = 0
    accepted = known.accepted()
    for (app, name), findings in judging.judge_all(known.released()):
        judged += 1
        for finding in findings:
            reason = accepted.get(((app, name), finding.rule))
            said = f"accepted: {reason}" if reason else "REFUSED"
            refused += reason is None
            print(f"{app}.{name}  {finding.rule}  {said}\n    {finding.why}")
    connection.close()
    print(f"{judged} new migrations, {refused} refusals (docs/decisions/migrations.md).")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
