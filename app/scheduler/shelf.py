"""What the composer's form says of templates and signatures."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from app.account.forms import normal
from app.web import ids

TEMPLATE, SIGNATURE, NAME, WHOLE = "template", "signature", "template_name", "template_whole"


@dataclass
class Shelf:
    """Which ones are chosen, by id, 0 for none; what a new template is called, and whether labels and
    channels go with it. `told` says what a button did; `made` is the template that it kept."""

    template: int = 0
    signature: int = 0
    name: str = ""
    is_whole: bool = False
    told: str = ""
    made: int = 0

    @classmethod
    def read(cls, fields: MultiDict[str, str]) -> "Shelf":
        [template], [signature] = (
            ids([fields.get(name, "")]) or [0] for name in (TEMPLATE, SIGNATURE)
        )
        return cls(template, signature, normal(fields.get(NAME, "")), WHOLE in fields)
