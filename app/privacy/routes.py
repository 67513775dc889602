"""The policy, its promises with their proofs, and its documents; for everybody."""

import re

from flask import Blueprint, Response, abort
from markdown_it import MarkdownIt
from markupsafe import Markup

from app import clock
from app.privacy import evidence as evidences
from app.privacy import policy as policies
from app.privacy.promises import ROOT, load_register
from app.web import page, public

bp = Blueprint("privacy", __name__)


@bp.get("/privacy")
@public
def policy() -> Response:
    return page(
        "privacy/policy.html",
        "policy",
        policy=load_register(),
        operator=policies.operator(),
    )


@bp.get("/privacy/promises")
@public
def promises() -> Response:
    evidence = evidences.gather()
    register = load_register()
    states = [evidence.state(promise) for promise in register.promises]
    counts = {state: states.count(state) for state in evidences.WORDS}
    return page(
        "privacy/promises.html",
        "promises",
        policy=register,
        evidence=evidence,
        counts=counts,
        words=evidences.WORDS,
        now=clock.now(),
    )


@bp.get("/docs/policies/<name>")
@public
def document(name: str) -> Response:
    """A Markdown file of docs/policies, rendered without raw HTML."""
    if not re.fullmatch(r"[a-z0-9-]{1,60}", name):
        abort(404)
    path = ROOT / "docs/policies" / f"{name}.md"
    if not path.is_file():
        abort(404)
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(path.read_text())
    return page("privacy/document.html", "document", html=Markup(html), name=name)  # noqa: S704  # html=False
