"""Every metric of the application: its name, its unit, what it says and who says it.

The one list, for the processes that emit and for whoever draws dashboards or sets alarms. Plain
Python, without any import of ours, so that it can be read where the application is not installed:

    names = runpy.run_path("clinic/lib/metrics/names.py")

In CloudWatch each has the namespace `Clinic` and the dimension `Environment` (the setting
ENVIRONMENT_NAME); for each entry of `by` it exists once more with these dimensions added, and a
level then only with them (`dimension_sets` spells this out). No dimension has ever more than a
handful of values: none is a path, an id or a name.

Counts are sums since the last line (statistic Sum), timings are single values (p50, p95, p99).
Levels are told once a minute by one process of all (`clinic.tasks.measure`, asked for by beat,
done by a worker): take Maximum, and treat missing data as breaching, since a level that nobody
tells any more means that beat or the workers are gone.
"""

from typing import NamedTuple

NAMESPACE = "Clinic"
ENVIRONMENT = "Environment"

# How `kind` is to be read; see above.
COUNT, TIMING, LEVEL = "count", "timing", "level"

# The values of the dimensions.
GROUPS = ("pages", "api", "portal", "documents", "hooks", "unknown")
STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
CHANNELS = ("email", "sms")
QUEUES = ("default", "messages", "documents")


class Metric(NamedTuple):
    name: str
    unit: str  # as CloudWatch writes it
    kind: str
    means: str
    by: tuple[tuple[str, ...], ...] = ()

    @property
    def statistic(self) -> str:
        """The one an alarm or a line on a dashboard goes by."""
        return {COUNT: "Sum", TIMING: "p95", LEVEL: "Maximum"}[self.kind]

    @property
    def dimension_sets(self) -> tuple[tuple[str, ...], ...]:
        """The sets of dimensions under which it is found."""
        narrower = tuple((ENVIRONMENT, *more) for more in self.by)
        # The highest of several queues would pass for all of them.
        return narrower if narrower and self.kind == LEVEL else ((ENVIRONMENT,), *narrower)


# --- Requests: by each web process (`clinic.middleware`). Health checks are not among them.
REQUESTS = Metric("Requests", "Count", COUNT, "Requests answered.", by=(("Group", "StatusClass"),))
SERVER_ERRORS = Metric(
    "ServerErrors", "Count", COUNT, "Requests answered with 500 or more; 0 is told too."
)
REQUEST_MILLISECONDS = Metric(
    "RequestMilliseconds", "Milliseconds", TIMING, "From the first byte to the answer.",
    by=(("Group",),),
)  # fmt: skip

# --- What people do: by the process in which it was committed.
HOLDS = Metric("Holds", "Count", COUNT, "Times kept for somebody who is about to book.")
BOOKINGS = Metric("Bookings", "Count", COUNT, "Visits booked or asked for.")
CANCELLATIONS = Metric("Cancellations", "Count", COUNT, "Visits cancelled, by whomever.")
BOOKINGS_REFUSED = Metric(
    "BookingsRefused", "Count", COUNT,
    "Holds and bookings that a rule or another's booking refused: many at once say that people "
    "are shown times they cannot have.",
)  # fmt: skip
SIGN_IN_FAILURES = Metric(
    "SignInFailures", "Count", COUNT, "Wrong passwords and wrong codes: guessing, when many."
)
EMERGENCY_ACCESSES = Metric(
    "EmergencyAccesses",
    "Count",
    COUNT,
    "Records opened without treating the patient.",
)
CACHE_HITS = Metric("CacheHits", "Count", COUNT, "Days of free times served from the cache.")
CACHE_MISSES = Metric("CacheMisses", "Count", COUNT, "Days of free times that were computed.")

# --- Messages and tasks: by the worker that did it.
MESSAGES_SENT = Metric("MessagesSent", "Count", COUNT, "Taken by the provider.", by=(("Channel",),))
MESSAGES_FAILED = Metric(
    "MessagesFailed", "Count", COUNT, "Given up, with no other try to come.", by=(("Channel",),)
)
MESSAGES_SUPPRESSED = Metric(
    "MessagesSuppressed", "Count", COUNT,
    "Of those given up: to addresses that bounced or complained before.", by=(("Channel",),),
)  # fmt: skip
TASKS_FAILED = Metric("TasksFailed", "Count", COUNT, "Tasks that ended with an error of ours.")

# --- Levels, once a minute.
OLDEST_MESSAGE_SECONDS = Metric(
    "OldestMessageSeconds", "Seconds", LEVEL, "For how long the oldest message that is due waits."
)
OLDEST_REMINDER_SECONDS = Metric(
    "OldestReminderSeconds", "Seconds", LEVEL,
    "The same of reminders alone: more than 300 and patients hear of their visits too late.",
)  # fmt: skip
MESSAGES_DUE = Metric("MessagesDue", "Count", LEVEL, "Due and not sent yet.")
QUEUE_MESSAGES = Metric(
    "QueueMessages", "Count", LEVEL, "Tasks that no worker has taken.", by=(("Queue",),)
)
WORKER_BACKLOG = Metric(
    "WorkerBacklog", "Count", LEVEL,
    "What workers of a queue have before them, for scaling: divide by the running tasks. Not the "
    "queue's length: one task sends all messages that are due, so these are counted themselves, "
    "and documents that wait to be checked.",
    by=(("Queue",),),
)  # fmt: skip
DEAD_LETTERS = Metric(
    "DeadLetters", "Count", LEVEL, "Work that no worker could read or finish: any is one too many."
)
DATABASE_CONNECTIONS = Metric(
    "DatabaseConnections", "Count", LEVEL, "Connections to the primary, as it counts them itself."
)
REPLICA_LAG_SECONDS = Metric(
    "ReplicaLagSeconds", "Seconds", LEVEL,
    "How far the replica is behind; not told where there is none.",
)  # fmt: skip

ALL: dict[str, Metric] = {
    metric.name: metric for metric in list(globals().values()) if isinstance(metric, Metric)
}
