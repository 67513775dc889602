"""Somebody who looks at pages for what hostile texts would have done to them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.attacks.payloads import MARK, PAYLOADS
from tests.browser.conftest import Visitor

LOOK = Path(__file__).with_name("scripts.js").read_text()
WANTED = set(PAYLOADS)
FIELD = re.compile(r"\[(\w+\.\w+) [\d.]+\]")
SENT = """([path, fields]) => {
    const form = document.createElement("form");
    form.method = "post"; form.action = path;
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("textarea");
        field.name = name; field.value = value; form.append(field);
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
}"""
KINDS = ("text", "search", "email", "url", "password")
TYPED = ", ".join(["textarea", "input:not([type])", *(f"input[type={kind}]" for kind in KINDS)])
FORMS = f"""[...document.forms].filter((form) => form.method === "post")
    .map((form) => [form, [...form.querySelectorAll("{TYPED}")].filter((field) => !field.readOnly)])
    .filter(([form, fields]) => fields.length)"""
FILLED = f"""([place, text]) => {{
    const [form, fields] = ({FORMS})[place];
    for (const field of fields) {{ field.removeAttribute("maxlength"); field.value = text; }}
    HTMLFormElement.prototype.submit.call(form);
}}"""


class Eye:
    """`faults` say the page and what is wrong there; `seen` are payloads that pages showed as text, `fields`
    the columns whose texts they came from."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.page.on("dialog", self._spoke)
        self.begin()

    def begin(self, cookie: str = "") -> "Eye":
        """As somebody with this session, having seen nothing yet."""
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self.fields: set[str] = set()
        self.looks = 0
        self.visitor.context.clear_cookies()
        if cookie:
            url = f"http://{self.visitor.host}"
            self.visitor.context.add_cookies([{"name": "allstac", "value": cookie, "url": url}])
        return self

    def _spoke(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":  # the browser's own question, before typed words are lost
            dialog.accept()
            return
        self.faults.append(f"{self.page.url}: a dialog opened")
        dialog.dismiss()

    def visit(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.page.goto(path)
            self.look(path)

    def look(self, place: str) -> None:
        told = self.page.evaluate(LOOK, [MARK, None])
        self.looks += 1
        self.faults += [f"{place[:60]}: {fault}" for fault in told["faults"]]
        self.faults += [f"{place[:60]}: {slip}" for slip in self.visitor.slips]
        self.visitor.slips.clear()
        shown = told["shown"].replace("\r\n", "\n")
        self.seen |= {one for one in WANTED - self.seen if one.replace("\r\n", "\n") in shown}
        self.fields |= set(FIELD.findall(told["shown"]))

    def notices(self, documents: list[list[str]]) -> list[bool]:
        """Would something in any of the documents be told, list by list?"""
        one = f"(html) => ({LOOK})(['{MARK}', html]).faults.length > 0"
        some = f"(lists) => lists.map((list) => list.some({one}))"
        found: list[bool] = self.page.evaluate(some, documents)
        return found

    def send(self, path: str, fields: dict[str, str]) -> None:
        """A form of no page of ours, without its token; sent from where the browser is."""
        with self.page.expect_navigation():
            self.page.evaluate(SENT, [path, fields])
        self.look(f"form to {path}")

    def fill(self, path: str, text: str) -> int:
        """Every form of a page, one after the other, with this in each field; how many there were."""
        self.page.goto(path)
        count: int = self.page.evaluate(f"({FORMS}).length")
        for place in range(count):
            if place:
                self.page.goto(path)
            with self.page.expect_navigation():
                self.page.evaluate(FILLED, [place, text])
            self.look(f"form {place} of {path}")
        return count

    def preview(self, text: str) -> None:
        """What HTMX swaps in while somebody types."""
        self.page.goto("/posts/new")
        with self.page.expect_response("**/posts/preview"):
            self.page.fill("#text", text)
        self.page.wait_for_function(
            "() => !document.querySelector('.htmx-request, .htmx-swapping')"
        )
        self.look("the preview")
