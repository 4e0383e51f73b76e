"""Getting and giving back a bearer token."""

from __future__ import annotations

from typing import cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import BearerAuthentication
from accounts.models import ApiToken, User
from accounts.operations import tokens
from accounts.queries import has_verified_email
from accounts.second_factors.missing import has_second_factor, missing
from clinic.lib.actor import Actor
from clinic.lib.api import JsonView
from clinic.lib.throttles import ScopedThrottle
from clinic.lib.times import iso_z


class Credentials(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)


class IssuedToken(serializers.Serializer):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class TokenThrottle(ScopedThrottle):
    scope = "token"


class TokenView(JsonView):
    """POST needs no sign-in, DELETE a bearer token: the one that it revokes."""

    authentication_classes = [BearerAuthentication]
    throttle_classes = [TokenThrottle]

    def get_permissions(self) -> list[AllowAny | IsAuthenticated]:
        return [IsAuthenticated()] if self.request.method == "DELETE" else [AllowAny()]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """An old token must not keep anyone from getting a new one."""
        if self.request is not None and self.request.method == "POST":
            return []
        return [BearerAuthentication()]

    def get_authenticate_header(self, request: Request) -> str:
        return BearerAuthentication.keyword  # so that a wrong password is 401, not 403

    @extend_schema(request=Credentials, responses=IssuedToken, auth=[])
    def post(self, request: Request) -> Response:
        """Exchange email and password for a token."""
        form = Credentials(data=request.data)
        form.is_valid(raise_exception=True)
        user = _authenticate(request, **form.validated_data)
        _refuse_where_more_is_asked(user)
        by = Actor.of_user(user, getattr(request._request, "client_address", ""))
        token, plaintext = tokens.issue(user=user, now=timezone.now(), by=by)
        answer = {"token": plaintext, "expires_at": iso_z(token.expires_at)}
        return Response(answer)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Revoke the token that this request carries."""
        token = cast(ApiToken, request.auth)
        tokens.revoke(token=token, now=timezone.now(), by=Actor.from_request(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _authenticate(request: Request, *, email: str, password: str) -> User:
    """With the site's own limits: by address and name (axes), and by name alone (allauth)."""
    try:
        user = get_adapter(request._request).authenticate(
            request._request, email=email.lower(), password=password
        )
    except ValidationError as error:
        raise Throttled(detail=_("Too many failed attempts. Try again later.")) from error
    if user is None or not user.is_active:
        raise AuthenticationFailed(_("Email address or password is not right."))
    return cast(User, user)


def _refuse_where_more_is_asked(user: User) -> None:
    if not has_verified_email(user):
        raise PermissionDenied(_("Confirm your email address on the site first."))
    if missing(user):
        raise PermissionDenied(
            _("This account needs a second factor: set it up on the site and make a token there.")
        )
    if has_second_factor(user):
        raise PermissionDenied(
            _("This account uses a second factor: make a token on the signed-in page.")
        )
