"""Who does something: passed as `by=` to every operation and written to the audit trail."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a guest, who has a mailed link, or the system itself.

    `user_id` is None for guests and the system. `roles` are the user's group names.
    `address` is the network address the request came from ("" outside of a request).
    """

    kind: str  # "user", "guest", "link" or "system"
    user_id: str | None = None
    roles: frozenset[str] = frozenset()
    address: str = ""
    name: str = ""  # of a part of the system: "beat", "replay", a command's name

    @classmethod
    def system(cls, name: str) -> Self:
        return cls(kind="system", name=name)

    @classmethod
    def guest(cls, address: str = "") -> Self:
        return cls(kind="guest", address=address)

    @classmethod
    def by_link(cls, address: str = "") -> Self:
        """Whoever has the link that a patient was sent. Bound by the rules that bind patients."""
        return cls(kind="link", address=address)

    @classmethod
    def of_user(cls, user: Any, address: str = "") -> Self:
        return cls(kind="user", user_id=str(user.pk), roles=user.role_names, address=address)

    @classmethod
    def from_request(cls, request: Any) -> Self:
        """The signed-in user, or a guest. `request.client_address` is set by our middleware."""
        address = getattr(request, "client_address", "")
        user = request.user
        if not user.is_authenticated:
            return cls.guest(address)
        return cls.of_user(user, address)

    @property
    def label(self) -> str:
        return f"system:{self.name}" if self.kind == "system" else self.kind

    @property
    def is_clinic(self) -> bool:
        """Whether this is the clinic itself: its people or its system, not a patient or guest."""
        return self.kind == "system" or bool(self.roles & {"doctor", "staff"})
