"""The form of a template or a signature: its words as in the composer, each problem beside its field."""

from collections.abc import Collection
from typing import Any

from flask import g
from wtforms import StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.account.forms import normal
from app.forms import Form
from app.media.models import MOST_LABELS
from app.scheduler.labels import tidy
from app.scheduler.tagging import Tagging
from app.scheduler.templates import (
    LONGEST,
    LONGEST_SIGNATURE,
    LONGEST_TEXT,
    POST,
    SIGNATURE,
    Content,
)
from app.scheduler.wording import Thread


class TemplateForm(Form):
    """`troubles` are of the words, by the name of their field; `picked` are ids of channels."""

    name = StringField(
        "Name",
        [
            DataRequired("Give it a name."),
            Length(max=LONGEST, message=f"At most {LONGEST} characters."),
        ],
        filters=[normal, tidy],
        description="To find it by. Nobody outside sees it.",
    )
    labels = StringField(
        "Labels",
        [Length(max=MOST_LABELS, message=f"At most {MOST_LABELS} characters.")],
        filters=[normal],
        description="Of the posts that begin with it. Commas between them.",
    )

    def __init__(
        self,
        *args: Any,
        thread: Thread | None = None,
        kind: str = POST,
        picked: Collection[int] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.thread, self.kind, self.picked = thread or Thread(), kind, set(picked)
        if kind == SIGNATURE:
            self.thread = Thread(self.thread.parts[:1])
        self.troubles: dict[str, list[str]] = {}

    def validate_name(self, field: StringField) -> None:
        if not field.data.isprintable():
            raise ValidationError("A name can only hold characters that can be printed.")

    def validate_labels(self, field: StringField) -> None:
        for _, words in Tagging(typed=field.data).problems(g.member.organization_id):
            raise ValidationError(words)

    def is_ready(self) -> bool:
        valid, words = bool(self.validate()), self.thread.words(1)
        length = sum(len(text) for text in (*words.parts, words.comment))
        if not any(words.parts):
            self.troubles["text"] = ["Write the words first."]
        elif self.kind == SIGNATURE and length > LONGEST_SIGNATURE:
            self.troubles["text"] = [f"A signature has at most {LONGEST_SIGNATURE} characters."]
        elif length > LONGEST_TEXT:
            told = f"A template can't be longer than {LONGEST_TEXT:,} characters in all."
            self.troubles["text"] = [told]
        return valid and not self.troubles

    @property
    def content(self) -> Content:
        name, words = self.name.data or "", self.thread.words(1)
        if self.kind == SIGNATURE:
            return Content(name, words)
        labels = Tagging(typed=self.labels.data or "").names
        return Content(name, words, labels, self.picked)
