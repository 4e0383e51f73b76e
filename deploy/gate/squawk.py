"""squawk's judgement of the SQL: what locks a table while the site waits for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.gate.rules import Finding
from deploy.gate.schema import Columns

# What `migrate_safely` sees to, what our own rules say more exactly, and what is taste.
EXCLUDED = (
    "require-lock-timeout",
    "require-statement-timeout",
    "ban-drop-column",
    "ban-drop-table",
    "renaming-column",
    "renaming-table",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-text-field",
    "prefer-timestamp-tz",
    "transaction-nesting",
)
TABLE = re.compile(
    r'(?:ALTER\s+TABLE(?:\s+IF\s+EXISTS)?(?:\s+ONLY)?|\bON)\s+"?(\w+)"?', re.IGNORECASE
)


def of_statements(statements: list[str], *, atomic: bool, known: Columns) -> Iterator[Finding]:
    """One after the other; those about tables that the running release does not know may lock."""
    plain = [" ".join(statement.split()).rstrip(";") + ";" for statement in statements]
    judged = [each for each in plain if _table(each) in known]
    if not judged:
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "migration.sql"
        path.write_text("\n".join(judged) + "\n", encoding="utf-8")
        argv = [str(Path(sys.executable).with_name("squawk")), "--reporter", "json"]
        argv += ["--pg-version", "18", "--exclude", ",".join(EXCLUDED)]
        argv += ["--assume-in-transaction"] if atomic else []
        done = subprocess.run([*argv, str(path)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout.strip().startswith("["):
        raise RuntimeError(f"squawk did not run: {done.stderr.strip()}")
    for row in json.loads(done.stdout):
        yield Finding(row["rule_name"], f"{row['message']} [{judged[row['line']][:100]}]")


def _table(statement: str) -> str:
    found = TABLE.search(statement)
    return found[1] if found else ""
