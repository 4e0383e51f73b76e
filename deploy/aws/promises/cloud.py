"""An environment's templates, read as a whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.aws.configuration import Environment


@dataclass(frozen=True)
class Resource:
    stack: str  # "data"
    name: str  # the logical id
    kind: str  # "AWS::S3::Bucket"
    whole: dict[str, Any]  # the template's own, so that a test can break it

    @property
    def properties(self) -> dict[str, Any]:
        return self.whole.setdefault("Properties", {})

    def get(self, path: str, default: Any = None) -> Any:
        """A property by its path: "BackupPolicy.Status"; `default` where a part is missing."""
        found: Any = self.properties
        for part in path.split("."):
            if not isinstance(found, dict) or part not in found:
                return default
            found = found[part]
        return found

    def __str__(self) -> str:
        return f"{self.stack}/{self.name}"


class Cloud:
    """`templates`: by the stack's name without environment."""

    def __init__(self, environment: Environment, templates: dict[str, Any]) -> None:
        self.environment = environment
        self.templates = templates

    def all(self, *kinds: str, stack: str | None = None) -> Iterator[Resource]:
        """Resources of these kinds ("AWS::SQS::Queue"); of every kind where none is named."""
        for of, template in self.templates.items():
            if stack in (None, of):
                for name, whole in template.get("Resources", {}).items():
                    if not kinds or whole["Type"] in kinds:
                        yield Resource(of, name, whole["Type"], whole)

    def named(self, kind: str, beginning: str) -> Resource:
        """The one whose logical id begins so. Raises LookupError if it is none or many."""
        found = [each for each in self.all(kind) if each.name.startswith(beginning)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources {kind} begin with {beginning}")
        return found[0]

    def copy(self) -> Cloud:
        return Cloud(self.environment, copy.deepcopy(self.templates))


def text(value: Any) -> str:
    """A value with its Fn::… in it, as text to search."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
