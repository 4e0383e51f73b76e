"""Every environment, synthesised once."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.aws.configuration import ENVIRONMENTS
from deploy.aws.promises.cloud import Cloud
from deploy.aws.synthesis import Synthesis, synthesise


@pytest.fixture(scope="session")
def syntheses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesis]:
    """By environment; each is made when it is first asked for."""
    return _Made(tmp_path_factory.mktemp("cdk"))


class _Made(dict[str, Synthesis]):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __missing__(self, name: str) -> Synthesis:
        self[name] = synthesise(ENVIRONMENTS[name](), self.folder / name)
        return self[name]


@pytest.fixture(params=list(ENVIRONMENTS), scope="session")
def synthesis(request: pytest.FixtureRequest, syntheses: dict[str, Synthesis]) -> Synthesis:
    return syntheses[request.param]


@pytest.fixture(scope="session")
def cloud(synthesis: Synthesis) -> Cloud:
    return Cloud(synthesis.environment, synthesis.templates)
