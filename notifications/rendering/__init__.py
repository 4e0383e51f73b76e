"""Letters into mails. Knows templates and the settings, no database.

`words` is what a mail says; `shapes` says it without rendering templates for each of thousands;
`mime` makes of it what a mail server takes.
"""

from notifications.rendering.mime import render
from notifications.rendering.words import Mail

__all__ = ["Mail", "render"]
