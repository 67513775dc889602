"""The forms of a page as a browser would send them: what attacks on fields begin with."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Fields = list[tuple[str, str]]


@dataclass
class PageForm:
    action: str
    method: str
    fields: Fields = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.forms = here, []
        self._form: PageForm | None = None
        self._textarea: list[str] | None = None
        self._select: tuple[str, list[str]] | None = None

    forms: list[PageForm]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = given.get("method", "get").lower()
            self._form = PageForm(given.get("action") or self.here, method)
            self.forms.append(self._form)
        if self._form is None:
            return
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "textarea":
            self._textarea = [name]
        elif tag == "select":
            self._select = (name, [])
        elif tag == "option" and self._select:
            self._select[1].insert(0 if "selected" in given else len(self._select[1]), value)
        elif tag == "button" and name:
            self._form.fields.append((name, value))
        elif tag == "input" and name and name != "csrf_token":
            self._input(given.get("type", "text"), name, value, "checked" in given)

    def _input(self, kind: str, name: str, value: str, is_checked: bool) -> None:
        """Of radios the checked one, else the first; a box that is not ticked comes without value."""
        assert self._form
        fields = self._form.fields
        if kind == "radio":
            if is_checked:
                fields[:] = [pair for pair in fields if pair[0] != name]
            if name not in dict(fields):
                fields.append((name, value))
        elif kind == "checkbox":
            fields.append((name, value if is_checked else ""))
        elif kind != "file":
            fields.append((name, value))

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if self._form is None:
            return
        if tag == "textarea" and self._textarea:
            text = "".join(self._textarea[1:]).removeprefix("\r").removeprefix("\n")  # HTML 13.2.6
            self._form.fields.append((self._textarea[0], text))
            self._textarea = None
        if tag == "select" and self._select:
            name, values = self._select
            self._form.fields.append((name, values[0] if values else ""))
            self._select = None


def read_forms(html: str, here: str) -> list[PageForm]:
    """The forms of a page that stands at the path `here`; those for dialogs go nowhere."""
    reader = _Reader(here)
    reader.feed(html)
    return [form for form in reader.forms if form.method in ("get", "post")]
