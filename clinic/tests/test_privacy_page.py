"""The page on privacy names tests as proofs: each of them is there."""

from __future__ import annotations

import ast
import re

import pytest
from django.conf import settings

PAGE = settings.BASE_DIR / "docs" / "privacy-and-security.md"
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::([\w:]+)`", PAGE.read_text())))
STANDARDS = ("(a)(1)", "(a)(2)(i)", "(a)(2)(ii)", "(a)(2)(iii)", "(a)(2)(iv)", "(b)", "(c)(1)",
             "(c)(2)", "(d)", "(e)(1)", "(e)(2)(i)", "(e)(2)(ii)")  # fmt: skip


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_each_proof_is_there(file: str, name: str) -> None:
    scope: list[ast.stmt] = ast.parse((settings.BASE_DIR / file).read_text()).body
    for part in name.split("::"):
        found = [
            each for each in scope
            if isinstance(each, ast.FunctionDef | ast.ClassDef) and each.name == part
        ]  # fmt: skip
        assert found, f"{file} has no {name}"
        scope = found[0].body


def test_every_standard_of_the_rule_has_a_row() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| (")]
    assert [row.split()[1] for row in rows] == list(STANDARDS)
    assert len(NAMED) > 20
