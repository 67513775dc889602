"""Forms for what is proven beside the password."""

from typing import Any

from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from app.account.forms import clean
from app.forms import Form


class CodeForm(Form):
    """A code after the password."""

    code = StringField("Code", [InputRequired("Type a code."), Length(max=64)])

    def __init__(self, *args: Any, has_app: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code.description = (
            "Six digits from your authenticator app, or one of your recovery codes."
            if has_app
            else "One of your recovery codes."
        )


class AppForm(Form):
    """The code that shows that an authenticator app was set up right."""

    code = StringField(
        "Code from the app",
        [InputRequired("Type the six digits that the app shows."), Length(max=64)],
        description="Six digits; a new code comes every 30 seconds.",
    )


class PasskeyForm(Form):
    """What the browser's passkey answered: JSON, put in by js/passkeys.js."""

    credential = HiddenField(validators=[InputRequired("A passkey needs JavaScript.")])
    next = HiddenField()
    typed = HiddenField()


class NewPasskeyForm(Form):
    name = StringField(
        "Name",
        [DataRequired("Name it, so that you can tell it from others."), Length(max=60)],
        filters=[clean],
        description="For example “Phone” or “Key on my key ring”.",
        id="passkey-name",
    )
    credential = HiddenField()


class PasskeyNameForm(Form):
    name = StringField("Name", [DataRequired("Name it."), Length(max=60)], filters=[clean])
