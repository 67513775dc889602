"""How each kind of thing is told by mail: a field for each kind, named as it."""

from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice as Choice

from app.forms import Form
from app.scheduler.notice_kinds import CHOSEN, HOW


class Way(SelectField):
    """One of three. What is not sent is not chosen, and told as such."""

    def pre_validate(self, form: Form) -> None:
        if self.data not in HOW:
            raise ValidationError("Choose one of the three.")


class MailChoiceForm(Form):
    """The fields are made of the kinds."""

    @property
    def chosen(self) -> dict[str, str]:
        return {name: self[name].data for name in CHOSEN}


for name, kind in CHOSEN.items():
    ways = [Choice(way, words) for way, words in HOW.items()]
    setattr(MailChoiceForm, name, Way(kind.title, choices=ways))
