"""`make diagram`: writes docs/architecture.md from production's templates."""

from __future__ import annotations

import tempfile
from pathlib import Path

from deploy.aws.configuration import production
from deploy.aws.diagram import page
from deploy.aws.synthesis import synthesise

ARCHITECTURE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        ARCHITECTURE.write_text(page(synthesise(production(), Path(folder)).templates))
