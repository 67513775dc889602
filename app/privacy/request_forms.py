"""Forms of requests about privacy."""

from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import DataRequired, InputRequired, Length

from app.account.forms import EmailField, normal
from app.forms import Form
from app.privacy.request_words import KINDS

KIND_CHOICES = [Choice(str(kind), words) for kind, words in KINDS.items()]
MOST = 10_000


class KindForm(Form):
    kind = RadioField("What do you want?", [InputRequired("Choose one.")], choices=KIND_CHOICES)


class PublicForm(KindForm):
    """Of anybody: an address and a kind, nothing that somebody else could put in their mouth."""

    email = EmailField(
        "Your e-mail address",
        [InputRequired("Tell us your address."), Length(max=254)],
        description="We mail a link there. We search for what belongs to this address.",
    )


class DetailsForm(KindForm):
    details = TextAreaField(
        "What should we know?",
        [Length(max=MOST)],
        filters=[normal],
        description="Optional. No identity papers, please: we don't want them.",
    )


class AppealForm(Form):
    words = TextAreaField(
        "What should be looked at again?",
        [DataRequired("Say what we got wrong."), Length(max=MOST)],
        filters=[normal],
    )
