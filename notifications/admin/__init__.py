"""The portal's pages of what left, what waits, what did not arrive, and what messages say."""

from notifications import preview_pages, suppression_pages
from notifications.admin import dead_letters, messages

__all__ = ["dead_letters", "messages", "preview_pages", "suppression_pages"]
