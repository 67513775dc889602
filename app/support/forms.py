"""Forms of the support pages."""

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app.account.forms import EmailField, clean, normal
from app.forms import Form

MOST = 10_000


class MessageForm(Form):
    text = TextAreaField(
        "Your message",
        [DataRequired("Write what you want to say."), Length(max=MOST)],
        filters=[normal],
    )


class ContactForm(MessageForm):
    topic = StringField(
        "What is it about?",
        [DataRequired("Say in a few words what it is about."), Length(max=200)],
        filters=[clean],
    )


class StrangerForm(ContactForm):
    """Of somebody without an account, or who can't get in."""

    email = EmailField(
        "Your e-mail address",
        [InputRequired("Tell us your address."), Length(max=254)],
        description="We mail a link there. We read your message when you press it.",
    )
