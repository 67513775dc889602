"""The form that deletes an account: few steps, and none by mistake."""

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField, ValidationError
from wtforms.validators import InputRequired

from app.account.models import fold
from app.forms import Form


class DeletionForm(Form):
    email = StringField(
        "Type your address", [InputRequired("Type your address to go on.")], id="deletion-address"
    )
    at_once = BooleanField("Now, without the fourteen days in which it can be taken back")

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def validate_email(self, field: StringField) -> None:
        if fold(field.data or "") != self.address:
            raise ValidationError(f"This is not {self.address}.")

    @staticmethod
    def choices_of(fields: MultiDict[str, str]) -> dict[str, str]:
        """What becomes of organisations: fields named organization-<id>."""
        named = "organization-"
        return {
            key.removeprefix(named): value for key, value in fields.items() if key.startswith(named)
        }
