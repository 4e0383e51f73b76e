"""What the stacks tell whoever releases, as CloudFormation outputs; nothing of the CDK is needed.

A release goes through the stacks in this order. The image is pushed once `registry` is there, and
the database is migrated by a task of `commands` before `app` replaces what serves the site: old
code runs on the new schema for a while, new code never on the old one.
"""

from __future__ import annotations

# What holds data and changes seldom, then what runs one-off commands, then what serves. Not every
# environment has all of them; one that is missing here is never deployed, and a test sees it.
BEFORE_IMAGE = ("network", "copies", "data", "messages", "registry")
BEFORE_MIGRATION = ("commands",)
AFTER_MIGRATION = ("app", "edge", "hooks", "edge-alarms", "observability")

# Of `registry`.
REPOSITORY_URI = "RepositoryUri"
COLLECTOR_URI = "CollectorUri"  # where a copy of AWS's collector of traces is wanted

# The collector: tasks without a way to the internet pull it from the registry, too.
COLLECTOR = "public.ecr.aws/aws-observability/aws-otel-collector"
COLLECTOR_TAG = "v0.47.0"
PLATFORM = "linux/arm64"  # of every image: what the tasks run on (stacks/app/task.py)

# Of `commands`: the cluster, and how a one-off command runs in it.
CLUSTER = "Cluster"
MIGRATION_TASK = "MigrationTask"  # the ARN of its task definition, with the new release's image
ROLES_TASK = "RolesTask"  # of the one that makes the database's two roles
COMMAND_SUBNETS = "CommandSubnets"  # ids, with commas between
COMMAND_GROUP = "CommandGroup"  # the security group's id
COMMAND_ADDRESS = "CommandAddress"  # "ENABLED": its task has a public one, else "DISABLED"
COMMAND_LOGS = "CommandLogs"  # what the names of their log groups begin with

# The families of their task definitions, which are the names of their containers, too.
MIGRATION, ROLES = "release", "roles"

# Stacks that are in a region of their own, wherever the rest is.
ELSEWHERE = {"edge": "us-east-1"}

# Of `edge`: "https://clinic.example".
SITE_URL = "SiteUrl"

# Of `app`: the release that serves, to go back to.
RELEASE = "Release"
