"""The connect form of a network is made from the fields that its adapter asks for."""

from flask import request
from wtforms import BooleanField, PasswordField, StringField
from wtforms import Field as FormField
from wtforms.validators import InputRequired, Length

from app.channels.models import Channel
from app.forms import Form
from app.networks import Field, Network, Way, hosts

MOST = 1000  # characters


def connect_form(network: Network, way: Way, again: Channel | None = None) -> Form:
    """A form with one field per question. What is known of a channel that is reconnected need not
    be typed again."""
    asked = network.questions(way)
    known = {"host": again.host, "handle": again.handle} if again else {}
    prefix = "away-" if way is Way.AWAY and Way.FORM in network.ways else ""
    form: Form = type("ConnectForm", (Form,), {one.name: _field(one, prefix) for one in asked})()
    for one in asked:
        if one.name in known and one.name not in request.form:
            form[one.name].data = known[one.name]
            form[one.name].raw_data = [known[one.name]]
    return form


def answers(form: Form, network: Network, way: Way) -> dict[str, str]:
    """What was typed, by the adapter's names; a switch is "yes" or "", a server its base URL."""
    return {asked.name: _answer(form, asked) for asked in network.questions(way)}


def _answer(form: Form, asked: Field) -> str:
    typed = form[asked.name].data
    if asked.kind == "switch":
        return "yes" if typed else ""
    if asked.kind == "host" and typed:
        return hosts.clean(typed) or str(typed)
    return typed or ""


def _field(asked: Field, prefix: str) -> FormField:
    id = f"{prefix}{asked.name}"
    if asked.kind == "switch":
        return BooleanField(asked.label, id=id, description=asked.hint)
    rules = [Length(max=MOST)]
    if asked.required:
        rules.insert(0, InputRequired(f"{asked.label} is needed."))
    kind = PasswordField if asked.kind == "password" else StringField
    return kind(
        asked.label,
        rules,
        id=id,
        description=asked.hint,
        default=asked.made,
        render_kw={"placeholder": asked.placeholder} if asked.placeholder else {},
    )
