"""Background work: queues and workers."""

from clinic.lib import queues, verified
from clinic.settings.environment import env
from clinic.settings.stores import CACHE_CA, REDIS_URL

AWS_REGION = env.str("AWS_REGION", default="us-east-1")
# A Redis URL, or "sqs://": then the queues' URLs are given too.
CELERY_BROKER_URL = verified.cache_url(env.str("CELERY_BROKER_URL", default=REDIS_URL), ca=CACHE_CA)
SQS_QUEUE_URLS = {
    queues.DEFAULT: env.str("SQS_DEFAULT_URL", default=""),
    queues.MESSAGES: env.str("SQS_MESSAGES_URL", default=""),
    queues.DOCUMENTS: env.str("SQS_DOCUMENTS_URL", default=""),
}
SQS_DEAD_LETTERS_URL = env.str("SQS_DEAD_LETTERS_URL", default="")
CELERY_BROKER_TRANSPORT_OPTIONS = queues.transport_options(
    CELERY_BROKER_URL, region=AWS_REGION, urls=SQS_QUEUE_URLS
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_QUEUES = queues.queues()
CELERY_TASK_DEFAULT_QUEUE = queues.DEFAULT
CELERY_TASK_ROUTES = queues.ROUTES
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_TIME_LIMIT = queues.LONGEST_TASK
# A request that enqueues while the broker is down must not hang: the sweep finds its message.
CELERY_TASK_PUBLISH_RETRY = False
# What a killed machine had begun is given to another worker; what killed its own process is not,
# or it would kill one after the other: it ends with the dead letters.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "clinic.worker:Consumer"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not queues.is_sqs(CELERY_BROKER_URL)  # needs fan-out
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
