"""The connect form of a network is made from the fields that its adapter asks for."""

from wtforms import BooleanField, PasswordField, StringField
from wtforms import Field as FormField
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.networks import Field, Network

MOST = 1000  # characters


def connect_form(network: Network) -> Form:
    """A form with one field per question of the adapter."""
    fields = {asked.name: _field(asked) for asked in network.fields}
    form: Form = type("ConnectForm", (Form,), fields)()
    return form


def answers(form: Form, network: Network) -> dict[str, str]:
    """What was typed, by the adapter's names; a switch is "yes" or ""."""
    return {
        asked.name: ("yes" if form[asked.name].data else "")
        if asked.kind == "switch"
        else form[asked.name].data or ""
        for asked in network.fields
    }


def _field(asked: Field) -> FormField:
    if asked.kind == "switch":
        return BooleanField(asked.label, description=asked.hint)
    rules = [Length(max=MOST)]
    if asked.required:
        rules.insert(0, InputRequired(f"{asked.label} is needed."))
    kind = PasswordField if asked.kind == "password" else StringField
    return kind(
        asked.label,
        rules,
        description=asked.hint,
        default=asked.made,
        render_kw={"placeholder": asked.placeholder} if asked.placeholder else {},
    )
