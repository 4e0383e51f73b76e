"""Telling a worker that messages wait."""

from clinic.lib.hints import Hint

hint = Hint("outbox-ping", "notifications.tasks.deliver_due")
