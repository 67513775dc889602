"""The connect form of a network is made from the fields that its adapter asks for."""

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.networks import Network


def connect_form(network: Network) -> Form:
    """A form with one field per question of the adapter."""
    fields = {}
    for asked in network.fields:
        kind = PasswordField if asked.kind == "password" else StringField
        rules = [Length(max=300)]
        if asked.required:
            rules.insert(0, InputRequired(f"{asked.label} is needed."))
        fields[asked.name] = kind(
            asked.label,
            rules,
            description=asked.hint,
            render_kw={"placeholder": asked.placeholder} if asked.placeholder else {},
        )
    form: Form = type("ConnectForm", (Form,), fields)()
    return form
