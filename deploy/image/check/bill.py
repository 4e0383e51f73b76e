"""The list of what is in the image (SBOM, CycloneDX as JSON): its Python packages.

Debian's packages of the base are in no such list of ours; ECR's scan names them.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from deploy.image.check.table import CheckError
from deploy.image.check.tools import beside_python, run


def write_bill(root: Path, target: Path) -> int:
    """Write it to `target`. Returns how many packages it names. Raises CheckError if none."""
    (packages,) = root.glob("opt/venv/lib/python3*/site-packages")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # It asks the environment's interpreter for its path; that one lives in another root.
        interpreter = Path(folder) / "python"
        interpreter.write_text(f"#!/bin/sh\necho '{json.dumps([str(packages)])}'\n")
        interpreter.chmod(0o700)
        lister = [beside_python("cyclonedx-py"), "environment", "--output-format", "JSON"]
        options = ["--output-reproducible", "--pyproject", "pyproject.toml"]
        run([*lister, *options, "--output-file", str(target), str(interpreter)])
    count = len(json.loads(target.read_text())["components"])
    if not count:
        raise CheckError("The list of what is in the image is empty.")
    return count
