"""What others' rules say of the templates: cdk-nag's two packs, and cfn-lint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from deploy.aws.synthesis import Synthesis


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(synthesis: Synthesis) -> None:
    assert synthesis.findings == []


def test_each_acknowledgement_has_its_reason(synthesis: Synthesis) -> None:
    assert [where for where, why in synthesis.acknowledged.items() if len(why.split()) < 6] == []


def test_cfn_lint_finds_nothing(synthesis: Synthesis) -> None:
    assert lint(synthesis.files) == (0, "")


def test_cfn_lint_would_find_a_property_that_does_not_exist(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.template.json"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}}
    wrong.write_text(json.dumps({"Resources": {"Queue": queue}}))

    code, said = lint([wrong])

    assert code != 0
    assert "E3002" in said


def lint(files: list[Path]) -> tuple[int, str]:
    """Its exit code, and what it said."""
    command = [Path(sys.executable).with_name("cfn-lint"), "--format", "parseable", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
