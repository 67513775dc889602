"""A link for a client, and what the client answers."""

import hmac
from typing import Any

from wtforms import HiddenField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError
from wtforms.widgets import CheckboxInput

from app.account.forms import clean, is_name, normal
from app.forms import Form
from app.scheduler.approval_forms import LONGEST
from app.scheduler.client_links import LONGEST as MOST_DAYS
from app.scheduler.client_links import SHORTEST, USUAL
from app.signing import mac

APPROVE, SEND_BACK, COMMENT = "approve", "send_back", "comment"
MISSING = {SEND_BACK: "Say what has to change.", COMMENT: "Write something."}
OLD = "This page was too old to answer from. It is fresh now: please send your answer again."


class ClientLinkForm(Form):
    posts = SelectMultipleField("Posts", coerce=int, option_widget=CheckboxInput())
    days = IntegerField(
        "Days that the link is good",
        [
            InputRequired("Say how many days."),
            NumberRange(SHORTEST, MOST_DAYS, f"From {SHORTEST} to {MOST_DAYS} days."),
        ],
        default=USUAL,
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.posts.choices = [Choice(*one) for one in choices]

    def validate_posts(self, field: SelectMultipleField) -> None:
        """Not `DataRequired`: browsers would ask for each of the boxes."""
        if not field.data:
            raise ValidationError("Choose at least one post.")


class AnswerForm(Form):
    """There is no session: `seal` says that the form comes from the page of this very link."""

    class Meta(Form.Meta):
        csrf = False

    name = StringField(
        "Your name",
        [DataRequired("Tell us your name."), Length(max=120), is_name],
        filters=[clean],
    )
    words = TextAreaField("What do you want to say?", [LONGEST], filters=[normal])
    answer = HiddenField()
    hash = HiddenField()
    seal = HiddenField()

    def __init__(self, *args: Any, token: str, post_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = seal_of(token, post_id)
        for field in (self.name, self.words):
            field.id = f"{field.short_name}-{post_id}"
            field.label.field_id = field.id

    def validate_words(self, field: TextAreaField) -> None:
        if not (field.data or "").strip() and self.answer.data in MISSING:
            raise ValidationError(MISSING[self.answer.data])

    def validate_answer(self, field: HiddenField) -> None:
        if field.data not in (APPROVE, SEND_BACK, COMMENT):
            raise ValidationError("Choose an answer.")

    def validate_seal(self, field: HiddenField) -> None:
        if not hmac.compare_digest((field.data or "").encode(), self.expected.encode()):
            raise ValidationError(OLD)


def seal_of(token: str, post_id: int) -> str:
    """What only a page of ours, for this link and this post, holds."""
    return mac("client answers", f"{post_id} {token}".encode()).hex()
