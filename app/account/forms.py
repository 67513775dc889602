"""Forms of the account pages: text in, domain values out, words beside the field."""

import re
import unicodedata
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import DataRequired, InputRequired, Length, StopValidation

from app import clock
from app.account import passwords
from app.account.models import User, fold
from app.account.signup import is_old_enough
from app.forms import Form

ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """IANA zone names that a person would pick."""
    keep = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")
    return ["UTC"] + sorted(
        name for name in available_timezones() if name.startswith((*keep, "Pacific/"))
    )


def clean(text: str | None) -> str | None:
    """Outer spaces and characters that no name holds (NUL, lone surrogates) are dropped."""
    if text is None:
        return None
    return "".join(c for c in text if c.isprintable() or c == " ").strip()


def is_name(form: Any, field: Any) -> None:
    """Names stand in mails to others: who signs up must not be able to lead them anywhere."""
    if ADDRESS.search(field.data or ""):
        raise ValidationError("A name holds no web address.")


def normal(text: str | None) -> str:
    """One kind of line end and of accents (NFC); no NUL, no lone surrogates (they have no UTF-8)."""
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    text = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    return unicodedata.normalize("NFC", text)


class EmailField(StringField):
    data: str | None

    def pre_validate(self, form: Any) -> None:
        try:
            # Deliverability needs DNS; the verification mail proves it better.
            found = validate_email(
                self.data or "", check_deliverability=False, test_environment=True
            )
        except EmailNotValidError:
            raise StopValidation("This does not look like an e-mail address.") from None
        self.data = found.normalized


class BlankForm(Form):
    """Only the CSRF token: for buttons."""


class SignupForm(Form):
    name = StringField(
        "Your name", [DataRequired("Tell us your name."), Length(max=120), is_name], filters=[clean]
    )
    email = EmailField("E-mail", [InputRequired("Tell us your address."), Length(max=254)])
    password = PasswordField(
        "Password",
        [InputRequired("Choose a password.")],
        description="12 characters or more. A few unrelated words work well.",
    )
    organization = StringField(
        "Organisation",
        [DataRequired("Name your organisation."), Length(max=120), is_name],
        filters=[clean],
        description="Your team, brand or your own name. You can change it later.",
    )
    birth_month = SelectField(
        "Month",
        choices=[Choice("", "Month"), *(Choice(str(n), m) for n, m in enumerate(MONTHS, 1))],
    )
    birth_year = SelectField("Year")
    accept = BooleanField("I accept the privacy policy", [InputRequired("Please accept to go on.")])
    timezone = HiddenField()
    next = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        year = clock.now().year
        self.birth_year.choices = [
            Choice("", "Year"),
            *(Choice(str(y), str(y)) for y in range(year, year - 121, -1)),
        ]

    def names(self) -> tuple[str, ...]:
        """What a password must not be made of."""
        return (self.name.data or "", self.email.data or "", self.organization.data or "")

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.refuse(field.data or "", *self.names()):
            raise ValidationError(reason)

    def validate_birth_year(self, field: SelectField) -> None:
        if self.birth_month.errors or field.errors:
            return
        if not (self.birth_month.data and field.data):
            raise ValidationError("Tell us the month and the year.")
        if not is_old_enough(int(self.birth_month.data), int(field.data), clock.now()):
            raise ValidationError("We can't open an account for you.")

    def validate_timezone(self, field: HiddenField) -> None:
        if field.data not in zones():
            field.data = "UTC"


class LoginForm(Form):
    email = StringField("E-mail", [InputRequired("Tell us your address.")])
    password = PasswordField("Password", [InputRequired("Type your password.")])
    next = HiddenField()
    typed = HiddenField()


class ConfirmForm(Form):
    """Before something dangerous: is it still you?"""

    password = PasswordField("Password", [InputRequired("Type your password.")])
    next = HiddenField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def validate_password(self, field: PasswordField) -> None:
        if not self.user.has_password(field.data or ""):
            raise ValidationError("This is not your password.")


class ForgotForm(Form):
    email = EmailField("E-mail", [InputRequired("Tell us your address.")])


class ResetForm(Form):
    password = PasswordField(
        "New password",
        [InputRequired("Choose a password.")],
        description="12 characters or more. A few unrelated words work well.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.refuse(field.data or "", self.user.name, self.user.email):
            raise ValidationError(reason)


class ProfileForm(Form):
    name = StringField(
        "Your name", [DataRequired("Tell us your name."), Length(max=120), is_name], filters=[clean]
    )
    timezone = SelectField("Time zone", description="Times are shown and read in this zone.")
    theme = SelectField(
        "Appearance",
        choices=[Choice("auto", "As the system"), Choice("light", "Light"), Choice("dark", "Dark")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone.choices = [Choice(name, name) for name in zones()]


class PasswordForm(Form):
    password = PasswordField(
        "Present password", [InputRequired("Type your present password.")], id="present-password"
    )
    new_password = PasswordField(
        "New password",
        [InputRequired("Choose a new password.")],
        description="12 characters or more. Other sessions end when you change it.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def validate_password(self, field: PasswordField) -> None:
        if not self.user.has_password(field.data or ""):
            raise ValidationError("This is not your present password.")

    def validate_new_password(self, field: PasswordField) -> None:
        if reason := passwords.refuse(field.data or "", self.user.name, self.user.email):
            raise ValidationError(reason)


class AddressForm(Form):
    """Another address to sign in with. Whether it is taken is not told (it would tell on people)."""

    email = EmailField("New address", [InputRequired("Tell us the new address."), Length(max=254)])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def validate_email(self, field: EmailField) -> None:
        if fold(field.data or "") == self.user.email:
            raise ValidationError("This is your address already.")
