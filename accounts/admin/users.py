"""Logins and their roles, for operators."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as allauth_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin
from allauth.mfa.models import Authenticator
from axes.utils import reset
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.operations import end_sessions, remove_factors
from accounts.portal import AuditedAdmin, ReadOnlyAdmin
from clinic.lib.actor import Actor

# These register pages of their own, which know nothing of our audit trail. Imported first, so that
# what they register can be taken away; roles come back below, to be looked at.
OTHERS = (allauth_admin, mfa_admin, auth_admin)
for model in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

PORTAL_ROLES = {Role.STAFF, Role.OPERATOR}


class NewUserForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("email", "name", "groups")
        help_texts = {
            "email": _("The person chooses a password with “Forgot your password?” on sign-in.")
        }

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        saved: User = super().save(commit)
        return saved


@admin.register(User)
class UserAdmin(AuditedAdmin):
    list_display = ("email", "name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "groups", "is_active", "last_login", "date_joined")
    readonly_fields = ("email", "last_login", "date_joined")
    filter_horizontal = ("groups",)
    patient_path = "patient__pk"
    actions = ("end_their_sessions", "remove_their_factors", "unlock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewUserForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.fields if obj else ("email", "name", "groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # Nobody gives himself a role.
        return (*self.readonly_fields, "groups") if obj == request.user else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody who is less may change a superuser."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        user = form.instance
        user.__dict__.pop("role_names", None)
        opens_portal = bool(PORTAL_ROLES & user.role_names) or user.is_superuser
        if user.is_staff != opens_portal:
            user.is_staff = opens_portal
            user.save(update_fields=["is_staff"])

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @admin.action(description=_("End sessions and tokens"), permissions=["change"])
    def end_their_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            end_sessions(user=user, by=Actor.from_request(request), now=timezone.now())
        messages.success(request, _("They are signed out everywhere."))

    @admin.action(description=_("Remove second factors (phone lost)"), permissions=["change"])
    def remove_their_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by, now = Actor.from_request(request), timezone.now()
        removed = 0
        for user in queryset:
            if user != request.user and self.has_change_permission(request, user):
                removed += bool(remove_factors(user=user, by=by, now=now))
        messages.success(request, _("People whose factors were removed: %(n)d") % {"n": removed})

    @admin.action(description=_("Unlock sign-in"), permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            reset(username=user.email)
            self.audit(request, user, "unlocked")
        messages.success(request, _("They can try to sign in again."))


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """What each role may do; `manage.py sync_roles` writes it."""

    list_display = ("name",)
    fields = ("name", "permissions")

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False
