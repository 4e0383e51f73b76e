"""The templates of letters have an engine of their own: it is there at once.

Django's ordinary one loads the tags of every app before the first template, a good part of a
second in which the first fifty thousand reminders wait.
"""

from __future__ import annotations

from typing import Any

from django.template.backends.django import DjangoTemplates

NAME = "letters"


class Letters(DjangoTemplates):
    def get_templatetag_libraries(self, custom_libraries: dict[str, str]) -> dict[str, Any]:
        """What letters may `{% load %}`."""
        return {"i18n": "django.templatetags.i18n"}
