"""A read replica of the embedded database: `pg_basebackup`, then streaming, as in the cloud."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.ports import HOST
from deploy.local.postgres import APP, OWNER, SUPERUSER, Postgres
from deploy.local.process import Child, Command, run_to_end, wait_until_ready
from deploy.local.service import Place

READY_WITHIN = 60.0


class Replica(Postgres):
    """Follows `primary`, which runs. Its files lie beside the primary's."""

    name = "PostgreSQL replica"
    given_by = "DATABASE_REPLICA_URL"

    def __init__(self, place: Place, primary: Postgres, *, label: str = "replica") -> None:
        super().__init__(place)
        self.primary = primary
        self.label = label

    @cached_property
    def data(self) -> Path:
        return self.place.root / self.label

    @cached_property
    def port(self) -> int:
        return self.place.state.port(self.label)

    def finish(self) -> None:
        """Everything comes from the primary."""

    def environment(self) -> dict[str, str]:
        return {"DATABASE_REPLICA_URL": self._url(OWNER if self.place.throwaway else APP)}

    def url(self, like: str) -> str:
        """The address `like`, of the primary, on the replica."""
        return like.replace(str(urlsplit(like).netloc.rpartition(":")[2]), str(self.port), 1)

    def _create_cluster(self) -> None:
        """A copy of the primary as it runs, with what a standby needs to follow it (`-R`)."""
        new = self.data.with_name(f"{self.label}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._own(new)
        argv = [
            "pg_basebackup",
            f"--pgdata={new}",
            f"--host={HOST}",
            f"--port={self.primary.port}",
            f"--username={SUPERUSER}",
            "--write-recovery-conf",
            "--wal-method=stream",
            "--checkpoint=fast",
            *(["--no-sync"] if self.place.throwaway else []),
        ]
        command = self._as_allowed("pg_basebackup", argv)
        password = {"PGPASSWORD": self.place.state.secret(SUPERUSER)}
        command = Command(
            command.name,
            command.argv,
            mark=str(self.data),
            environment={**command.environment, **password},
            options=command.options,
        )
        run_to_end(command, self.place.log(self.label), check=self.place.check)
        new.rename(self.data)


@contextmanager
def running(primary: Postgres, *, label: str = "replica") -> Iterator[Replica]:
    """A replica of `primary` for a while; its files go with it."""
    replica = Replica(primary.place, primary, label=label)
    child = Child(replica.command(), primary.place.log(label))
    try:
        wait_until_ready(child, replica.probe, seconds=READY_WITHIN, check=primary.place.check)
        yield replica
    finally:
        child.stop()
        shutil.rmtree(replica.data, ignore_errors=True)
