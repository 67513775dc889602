"""Forms of the organisation's pages."""

from typing import Any

from wtforms import IntegerField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from app.account.approval_rule import CLIENT_WORDS
from app.account.approval_rule import WORDS as RULE_WORDS
from app.account.forms import EmailField, SignupForm, clean, is_name, zones
from app.account.permissions import WORDS, Role
from app.forms import Form

ROLE_CHOICES = [Choice(str(role), words) for role, words in WORDS.items()]


class OrganizationForm(Form):
    name = StringField(
        "Name", [DataRequired("Name your organisation."), Length(max=120), is_name], filters=[clean]
    )
    timezone = SelectField("Time zone", description="What people who join begin with.")
    late_after = IntegerField(
        "Hold posts that are late by",
        [
            InputRequired("Say how many minutes."),
            NumberRange(0, 10_080, "From 0 to 10080 minutes."),
        ],
        description="Minutes. When a post could not go out in time, it waits for a person after"
        " this. 0 never holds.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone.choices = [Choice(name, name) for name in zones()]


class ApprovalForm(Form):
    approval_rule = RadioField(
        "Whose yes does a post need before it goes out?",
        choices=[Choice(str(rule), words) for rule, words in RULE_WORDS.items()],
        description="A change counts from now on: posts that are scheduled already stay scheduled,"
        " and what waits for a yes goes on waiting until somebody approves or moves it. Once a yes"
        " is asked for, an edit of the words or pictures asks for it again.",
    )
    client_rule = RadioField(
        "What is the yes of a client worth, who answers by a link?",
        choices=[Choice(str(rule), words) for rule, words in CLIENT_WORDS.items()],
        description="A client can send a post back either way.",
    )


class NewOrganizationForm(Form):
    organization = StringField(
        "Name", [DataRequired("Name your organisation."), Length(max=120), is_name], filters=[clean]
    )


class InviteForm(Form):
    email = EmailField("E-mail", [InputRequired("Tell us the address."), Length(max=254)])
    role = SelectField("Role", choices=ROLE_CHOICES, default=str(Role.EDITOR))


class RoleForm(Form):
    role = SelectField("Role", choices=ROLE_CHOICES)


class LeaveForm(Form):
    name = StringField("Type the organisation's name", [InputRequired("Type its name.")])

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def validate_name(self, field: StringField) -> None:
        if (field.data or "").strip() != self.expected:
            raise ValidationError(f"This is not “{self.expected}”.")


class InvitedForm(SignupForm):
    """Sign-up of somebody whose address and organisation the invitation names."""

    email = None  # type: ignore[assignment]  # WTForms: a field that is not part of this form
    organization = None

    def __init__(self, *args: Any, about: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about

    def names(self) -> tuple[str, ...]:
        return (self.name.data or "", *self.about)
