"""The settings that each task is given (`clinic/settings/`), and which of them are secrets.

A setting that is misspelt here, or that the application wants and nobody gives, fails
`tests/test_settings.py`.
"""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.app import timing
from deploy.aws.stacks.app.signing import signing_key
from deploy.aws.stacks.app.task import TRACES
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.data.passwords import APP, DATABASE, OWNER
from deploy.aws.stacks.messages import Messages

# Authorities by which the database proves who it is: the proxy by one that every system knows, RDS
# itself by Amazon's own for RDS, which the image brings along.
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
RDS_AUTHORITIES = "/app/deploy/image/rds.pem"


class Given:
    """Each method: what one task gets, as plain values or (`…_secrets`) by name of a secret."""

    def __init__(
        self,
        scope: Construct,
        *,
        environment: Environment,
        data: Data,
        messages: Messages,
        key: kms.IKey,
        release: str,
    ) -> None:
        self.scope, self.tag = scope, release
        self.environment, self.data, self.messages = environment, data, messages
        self.signing = signing_key(scope, "Signing", environment=environment, key=key)

    def web(self) -> dict[str, str]:
        return (
            self._site("web")
            | self._database()
            | self._stores()
            | self._queues()
            | self._messages()
            | {
                "WEB_DRAIN_SECONDS": str(timing.DRAIN),
                "WEB_GRACEFUL_SECONDS": str(timing.GRACEFUL),
                "WEB_WORKERS": str(max(1, round(2 * self.environment.web.cpu / 1024))),
            }
        )

    def worker(self) -> dict[str, str]:
        return (
            self._site("worker")
            | self._database()
            | self._stores()
            | self._queues()
            | self._messages()
            | {
                "AUDIT_BUCKET": self.data.audit.bucket_name,
                "AUDIT_LOCK_DAYS": str(self.environment.audit_lock_days),
            }
        )

    def beat(self) -> dict[str, str]:
        return self._site("beat") | self._queues()

    def release(self) -> dict[str, str]:
        return self._site("release") | self._owner()

    def roles(self) -> dict[str, str]:
        """It knows nothing of Django: an address, and by which authorities the database is it."""
        return {
            "DATABASE_URL": _address(OWNER, self.data.primary_host),
            "DATABASE_CA": RDS_AUTHORITIES,
        }

    def roles_secrets(self) -> dict[str, ecs.Secret]:
        """Whole, as JSON of username and password."""
        return {
            "ADMINISTRATOR": self._whole("Administrator", self.data.administrator_secret_arn),
            "OWNER": self._whole("Owner", self.data.owner_secret.secret_arn),
            "APP": self._whole("App", self.data.database_secret.secret_arn),
        }

    def web_secrets(self) -> dict[str, ecs.Secret]:
        return self._signing() | self._cache_secrets()

    def worker_secrets(self) -> dict[str, ecs.Secret]:
        return self.web_secrets()

    def beat_secrets(self) -> dict[str, ecs.Secret]:
        """It signs nothing, but nothing of ours starts without a key."""
        return self._signing()

    def release_secrets(self) -> dict[str, ecs.Secret]:
        return self._signing()

    def _site(self, service: str) -> dict[str, str]:
        """What every process is told, and what it says of itself."""
        return {
            "SITE_URL": f"https://{self.environment.domain}",
            "BEHIND_PROXY": "1",
            "TRUSTED_PROXIES": "2",  # CloudFront, and the balancer
            "AWS_REGION": self.environment.region,
            "LOG_JSON": "1",
            "METRICS": "emf",
            "ENVIRONMENT_NAME": self.environment.name,
            "SERVICE_NAME": service,
            "RELEASE": self.tag,
            "OTEL_EXPORTER_OTLP_ENDPOINT": TRACES if service in ("web", "worker") else "",
        }

    def _stores(self) -> dict[str, str]:
        return {
            "S3_BUCKET": self.data.documents.bucket_name,
            "S3_REGION": self.environment.region,
            "S3_KMS_KEY_ID": self.data.key.key_arn,
        }

    def _queues(self) -> dict[str, str]:
        return {
            "CELERY_BROKER_URL": "sqs://",
            "SQS_DEFAULT_URL": self.messages.default.queue_url,
            "SQS_MESSAGES_URL": self.messages.messages.queue_url,
            "SQS_DOCUMENTS_URL": self.messages.documents.queue_url,
            "SQS_DEAD_LETTERS_URL": self.messages.dead_letters.queue_url,
        }

    def _messages(self) -> dict[str, str]:
        return {
            "EMAIL_OUTLET": "ses",
            "SMS_OUTLET": "sns",
            "DEFAULT_FROM_EMAIL": f"Clinic <no-reply@{self.environment.domain}>",
            "SES_CONFIGURATION_SET": self.messages.configuration_set.configuration_set_name,
            "SNS_TOPICS": self.messages.events_topic.topic_arn,
        }

    def _database(self) -> dict[str, str]:
        """Without passwords: a task reads them itself, because they change while it runs."""
        data = self.data
        given = {
            "DATABASE_URL": _address(APP, data.database_host),
            "DATABASE_SECRET_ARN": data.database_secret.secret_arn,
            "DATABASE_CA": SYSTEM_AUTHORITIES if data.database_proxy else RDS_AUTHORITIES,
        }
        if data.database_proxy is not None:
            given |= {"DATABASE_BY_PROXY": "1"}
        if data.replica_host:
            given |= {
                "DATABASE_REPLICA_URL": _address(APP, data.replica_host),
                "DATABASE_REPLICA_CA": RDS_AUTHORITIES,
            }
        return given

    def _owner(self) -> dict[str, str]:
        """Past the proxy: a migration holds locks for its whole connection."""
        return {
            "DATABASE_URL": _address(OWNER, self.data.primary_host),
            "DATABASE_SECRET_ARN": self.data.owner_secret.secret_arn,
            "DATABASE_CA": RDS_AUTHORITIES,
            "DATABASE_APP_ROLE": APP,
            "STATIC_BUCKET": self.data.static.bucket_name,
            "S3_REGION": self.environment.region,
        }

    def _signing(self) -> dict[str, ecs.Secret]:
        return {
            "SECRET_KEY": self._field("Signing", self.signing, "key"),
            "SECRET_KEY_FALLBACKS": self._field("Signing", self.signing, "fallbacks"),
        }

    def _cache_secrets(self) -> dict[str, ecs.Secret]:
        return {"REDIS_URL": self._field("Cache", self.data.cache_secret, "url")}

    def _whole(self, name: str, arn: str) -> ecs.Secret:
        found = secretsmanager.Secret.from_secret_complete_arn(self.scope, f"{name}Secret", arn)
        return ecs.Secret.from_secrets_manager(found)

    def _field(self, name: str, secret: secretsmanager.ISecret, field: str) -> ecs.Secret:
        """By its ARN alone: were it known as what it is, the CDK would name the role that reads it
        in the key's policy, and the key's stack would wait for ours, which waits for the key's."""
        known = f"{name}Secret"
        found = self.scope.node.try_find_child(known)
        if found is None:
            found = secretsmanager.Secret.from_secret_complete_arn(
                self.scope, known, secret.secret_arn
            )
        return ecs.Secret.from_secrets_manager(found, field)  # type: ignore[arg-type]


def _address(role: str, host: str) -> str:
    return f"postgres://{role}@{host}:5432/{DATABASE}"
