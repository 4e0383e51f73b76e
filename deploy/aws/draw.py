"""`make diagram`: writes docs/architecture.md from production's templates."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import aws_cdk as cdk

from deploy.aws.configuration import production
from deploy.aws.diagram import page
from deploy.aws.site import Site
from deploy.aws.synthesis import context

ARCHITECTURE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"


def draw(folder: Path) -> str:
    """The page, from templates made in `folder`; no rules are asked."""
    app = cdk.App(outdir=str(folder), context=context())
    environment = production()
    stacks = Site(app, environment).stacks()
    app.synth()
    return page(
        {
            stack.stack_name.removeprefix(environment.stack("")): json.loads(
                (folder / stack.template_file).read_text()
            )
            for stack in stacks
        }
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        ARCHITECTURE.write_text(draw(Path(name)))
