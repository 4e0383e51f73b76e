"""The one way in which a release stops."""


class ReleaseError(Exception):
    """Its text is what the person at the terminal reads: what is wrong, and what to do."""
