"""Forms of the desk."""

from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    DateTimeLocalField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import DataRequired, InputRequired, Length

from app.account.forms import clean, normal
from app.db import db
from app.forms import Form
from app.operator.blast_radius import choices
from app.operator.models import RISKS
from app.privacy.request_words import EXTENSIONS, REFUSALS

MOST = 20_000


class SearchForm(Form):
    words = StringField(
        "Address or name", [DataRequired("Say whom you look for."), Length(3, 200)], filters=[clean]
    )
    reason = StringField(
        "Why do you look?",
        [DataRequired("Say why."), Length(10, 300, "A few words, ten letters or more.")],
        filters=[clean],
        description="The person reads this beside your name and the time.",
    )


class AnswerForm(Form):
    words = TextAreaField(
        "Your answer", [DataRequired("Write the answer."), Length(max=MOST)], filters=[normal]
    )


class RefuseForm(Form):
    reason = SelectField(
        "Reason", choices=[Choice(str(code), words) for code, words in REFUSALS.items()]
    )
    refusal = TextAreaField(
        "What it means here",
        [DataRequired("Say what it means in this case."), Length(max=MOST)],
        filters=[normal],
    )


class ExtendForm(Form):
    extension = SelectField(
        "Reason", choices=[Choice(str(code), words) for code, words in EXTENSIONS.items()]
    )


class VerifyForm(Form):
    why = StringField(
        "How do you know that it is them?",
        [DataRequired("Say how."), Length(10, 500, "A few words, ten letters or more.")],
        filters=[clean],
        description="No identity papers. The person reads this.",
    )


class IncidentForm(Form):
    title = StringField(
        "What happened, in a few words",
        [DataRequired("Name it."), Length(max=200)],
        filters=[clean],
    )
    summary = TextAreaField(
        "Facts, effects, what was done",
        [DataRequired("Write what is known."), Length(max=MOST)],
        filters=[normal],
        description="No names of people. You can add to it later.",
    )
    found_at = DateTimeLocalField(
        "When did we learn of it?",
        [InputRequired("Say when.")],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone


class SummaryForm(Form):
    summary = TextAreaField(
        "Facts, effects, what was done",
        [DataRequired("Write what is known."), Length(max=MOST)],
        filters=[normal],
    )


class AssessForm(Form):
    reached = SelectMultipleField("What was reached?", [InputRequired("Choose what was reached.")])
    risk = RadioField(
        "What does it mean for people?",
        [InputRequired("Judge the risk.")],
        choices=[Choice(code, words) for code, words in RISKS.items()],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reached.choices = [Choice(name, words) for name, words in choices(db.metadata)]


class NoticeForm(Form):
    notice = TextAreaField(
        "What do you tell them?",
        [DataRequired("Write what they should know."), Length(max=MOST)],
        filters=[normal],
        description="What happened, what it can mean for them, what was done, what they can do.",
    )
