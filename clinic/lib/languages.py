"""Which of the site's languages somebody reads."""

from django.conf import settings
from django.utils import translation


def current_language() -> str:
    """That of this request's pages: for what is sent or kept because of it."""
    language = (translation.get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
