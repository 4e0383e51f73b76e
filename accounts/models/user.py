from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models.doctor import Doctor


class Role(models.TextChoices):
    """What a person is to the clinic; each is a Django group of that name."""

    PATIENT = "patient", _("patient")
    DOCTOR = "doctor", _("doctor")
    STAFF = "staff", _("staff")
    OPERATOR = "operator", _("operator")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user who signs in with `email`; None makes the password unusable."""
        if not email:
            raise ValueError("A user needs an email address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in. The email address is the login, stored in lower case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_staff = models.BooleanField(
        _("may open the staff portal"), default=False, help_text=_("Staff and operators.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Untick instead of deleting: sessions end at once.")
    )
    # Part of what a session is checked against: a step up ends every session of this person.
    session_generation = models.PositiveIntegerField(default=0, editable=False)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """As in Django, with `session_generation` beside the password."""
        value = f"{self.password}:{self.session_generation}"
        digest = salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256")
        return digest.hexdigest()

    @cached_property
    def role_names(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    def has_role(self, role: Role) -> bool:
        return role.value in self.role_names

    @cached_property
    def own_doctor(self) -> Doctor | None:
        """The doctor who this person is: by the role and by the row, never by one alone."""
        return getattr(self, "doctor", None) if self.has_role(Role.DOCTOR) else None

    def add_role(self, role: Role) -> None:
        group, _created = Group.objects.get_or_create(name=role.value)
        self.groups.add(group)
        self.__dict__.pop("role_names", None)
        self.__dict__.pop("own_doctor", None)
        # The database has ended this person's sessions (migration 0016); whoever signs in with this
        # very object begins one that counts.
        self.refresh_from_db(fields=["session_generation"])
