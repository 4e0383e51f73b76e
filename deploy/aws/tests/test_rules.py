"""What others' rules say of the templates: cdk-nag's two packs, and cfn-lint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.aws.synthesis import Synthesis


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(synthesis: Synthesis) -> None:
    assert synthesis.findings == []


def test_each_acknowledgement_has_its_reason(synthesis: Synthesis) -> None:
    assert [where for where, why in synthesis.acknowledged.items() if len(why.split()) < 6] == []


def test_cfn_lint_finds_nothing(synthesis: Synthesis) -> None:
    assert lint(synthesis.files) == ""


def test_cfn_lint_would_find_a_property_that_does_not_exist(
    synthesis: Synthesis, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.template.json"
    wrong.write_text(
        '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"A": 1}}}}'
    )

    assert "E3002" in lint([*synthesis.files, wrong])


def lint(files: list[Path]) -> str:
    command = [sys.executable, "-m", "cfnlint", "--format", "parseable", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
