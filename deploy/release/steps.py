"""A release from its beginning to its end, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.aws import outputs as named
from deploy.release import cdk, image, one_off, smoke, stacks
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError


@dataclass(frozen=True)
class Release:
    session: Any  # boto3's
    target: Target
    image_from: str | None = None

    def whole(self) -> None:
        """Everything, in the order that keeps old code on a schema that it knows.

        Raises ReleaseError at the first step that fails; what serves until then goes on serving.
        """
        before = self.serving()
        cdk.deploy(self.target, *named.BEFORE_IMAGE)
        image.provide(self.session, self.target, image_from=self.image_from)
        image.provide_collector(self.session, self.target)
        cdk.deploy(self.target, *named.BEFORE_MIGRATION)
        if before is None:
            one_off.make_roles(self.session, self.target)
        one_off.migrate(self.session, self.target)
        cdk.deploy(self.target, *named.AFTER_MIGRATION)
        self.smoke()
        print(self.way_back(before))

    def migrate(self) -> None:
        cdk.deploy(self.target, *named.BEFORE_MIGRATION)
        one_off.migrate(self.session, self.target)

    def roles(self) -> None:
        """Tells the database the passwords that are in its secrets."""
        one_off.make_roles(self.session, self.target)

    def back(self) -> None:
        """The release again that `target` names, whose image is there; the schema stays."""
        repository = stacks.outputs(self.session, self.target, "registry")[named.REPOSITORY_URI]
        if not image.is_there(self.session, repository, self.target.release):
            raise ReleaseError(f"There is no image of {self.target.release} to go back to.")
        cdk.deploy(self.target, "app")
        self.smoke()

    def smoke(self) -> None:
        smoke.smoke(stacks.outputs(self.session, self.target, "edge")[named.SITE_URL])

    def remove(self) -> None:
        """Raises ReleaseError for what keeps data: that is removed by hand, by docs/runbook.md."""
        if not self.target.environment.startswith(("preview", "dev")):
            raise ReleaseError(f"{self.target.name} holds people's data: docs/runbook.md says how.")
        cdk.destroy(self.target)

    def serving(self) -> str | None:
        """The release that serves now; None before the first."""
        try:
            return stacks.outputs(self.session, self.target, "app").get(named.RELEASE)
        except ReleaseError:
            return None

    def way_back(self, before: str | None) -> str:
        if before in (None, self.target.release):
            return "This is the first release: there is none to go back to."
        return (
            f"To go back to {before}:\n"
            f"    deploy/scalable.sh {self.target.environment} --only back --release {before}\n"
            "The schema stays: the release before runs on it (docs/decisions/migrations.md)."
        )
