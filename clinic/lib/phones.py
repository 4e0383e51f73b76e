"""Phone numbers in E.164 (+15550123456), the form that SMS providers take."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def to_e164(text: str, *, region: str | None = None) -> str:
    """`text` as E.164. Raises ValidationError for what is no phone number.

    `region` is the ISO country code for numbers written without one.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise ValidationError(
            _("Enter a phone number with its country code, like +1 415 555 0123.")
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError(_("This phone number has too few or too many digits."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def validate_e164(text: str) -> None:
    if to_e164(text) != text:
        raise ValidationError(_("Enter the number as +, country code and digits only."))


def is_premium(number: str) -> bool:
    """Whether its owner earns by each call or text to it. `number` is E.164; False for others."""
    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(found) == phonenumbers.PhoneNumberType.PREMIUM_RATE
