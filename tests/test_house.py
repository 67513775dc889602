"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_wtf import FlaskForm

from app import datamap
from app.account.permissions import ROLES
from app.db import db as database
from app.forms import Form
from app.privacy.map_faults import faults

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
EDGES = ("routes.py", "jobs.py", "cli.py")
PUBLISHING = {
    "batches.py",
    "engine.py",
    "grants.py",
    "canary.py",
    "confirming.py",
    "looking.py",
    "clockwork.py",
    "periodic.py",
}  # steps of their own
PUBLIC = {
    "account.accept_invitation",
    "account.challenge_second_factor",
    "account.challenge_sign_in",
    "account.choose_password",
    "account.confirm_address",
    "account.create_account",
    "account.forgot",
    "account.invitation",
    "account.login",
    "account.prove_second_factor",
    "account.reset",
    "account.second_factor",
    "account.send_password_link",
    "account.sign_in",
    "account.sign_in_with_passkey",
    "account.signup",
    "account.verify_address",
    "channels.bluesky_client",
    "billing.pricing",
    "billing.webhook",
    "feeds.calendar",
    "meta.deauthorize",
    "media.fetched",
    "meta.deletion",
    "pages.change_password",
    "pages.favicon",
    "pages.gpc",
    "pages.home",
    "pages.live",
    "pages.ready",
    "pages.robots",
    "pages.security_txt",
    "privacy.certificate",
    "privacy.cookies",
    "privacy.document",
    "privacy.machine_readable",
    "privacy.policy",
    "privacy.promises",
    "privacy.retention",
    "privacy.subprocessors",
    "privacy.version",
    "privacy.versions",
    "reports.shared",
    "scheduler.answer_as_client",
    "scheduler.ask_to_stop",
    "scheduler.client_posts",
    "scheduler.stop_mails",
    "reports.stop",
    "reports.stop_mails",
    "requests.appeal",
    "requests.ask",
    "requests.by_link",
    "requests.confirm",
    "requests.form",
    "requests.state",
    "requests.withdraw",
    "canary.put_post",
    "sandbox_api.delete_post",
    "sandbox_api.get_post",
    "sandbox_api.look",
    "sandbox_api.put_picture",
    "sandbox_api.put_post",
    "sandbox_api.tell",
    "static",
    "trail.signed_heads",
    "support.ask",
    "support.confirm",
    "support.contact",
    "support.letter",
    "support.write_by_letter",
}


def sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(APP.rglob("*.py")):
        yield path, path.read_text()


@pytest.mark.proves("P1.0", "P2.0", "P3.1", "P3.2", "P6.1")
def test_every_column_is_marked_with_a_reason_a_ground_and_a_rule(app: Flask) -> None:
    """All models are there once the application is made."""
    assert list(datamap.columns(database.metadata))
    assert faults(database.metadata) == []


@pytest.mark.proves("P3.2")
def test_legitimate_interest_is_security_or_reliability_and_nothing_else() -> None:
    grounds = {basis.value for basis in datamap.Basis if "legitimate" in basis.value}
    assert grounds == {"legitimate_interest.security", "legitimate_interest.reliability"}


@pytest.mark.proves("P7.1", "P2.2")
def test_every_route_names_a_permission_or_is_on_the_public_list(app: Flask) -> None:
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "permission", None) is None
    }
    assert public == PUBLIC
    named = {
        app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC
    }
    assert named <= set(ROLES)


def test_only_the_clock_asks_for_the_time() -> None:
    asking = [
        path.name
        for path, text in sources()
        if re.search(r"datetime\.(now|utcnow)\(|time\.time\(", text) and path.name != "clock.py"
    ]
    assert asking == []


def test_only_edges_and_the_engine_commit() -> None:
    committing = {path.name for path, text in sources() if "session.commit()" in text}
    inside = {name for name in committing if not name.endswith(EDGES)}
    assert inside <= PUBLISHING


def test_no_exception_is_swallowed() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(b, ast.Pass) for b in node.body)
    ]
    assert silent == []


def test_modules_and_functions_stay_small() -> None:
    long = [
        f"{path.name}: {text.count(chr(10))}" for path, text in sources() if text.count("\n") > 250
    ]
    long += [
        f"{path.name}:{node.name}"
        for path, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > 30
    ]
    assert long == []


def test_only_one_module_goes_out() -> None:
    outgoing = [
        p.name
        for p, text in sources()
        if re.search(r"^import (aiohttp|requests|httpx)", text, re.M)
    ]
    assert outgoing == ["http.py"]


def test_every_form_takes_texts_only(app: Flask) -> None:
    """Flask-WTF's own form would also take values of any type from JSON and uploads."""
    assert FlaskForm.__subclasses__() == [Form]


def test_templates_hold_no_script_no_style_and_no_eval() -> None:
    forbidden = re.compile(
        r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*src=)|hx-on|\bjs:|hx-boost|\|\s*safe"
    )
    guilty = [
        path.name
        for path in (APP / "templates").rglob("*.html")
        if forbidden.search(path.read_text())
    ]
    assert guilty == []


def test_every_script_carries_its_hash() -> None:
    bare = [
        path.name
        for path in (APP / "templates").rglob("*.html")
        if re.search(r"<script(?![^>]*integrity=)", path.read_text())
    ]
    assert bare == []


def test_every_queue_in_code_is_served_by_the_procfile() -> None:
    from app.queue import QUEUES

    served = (ROOT / "Procfile").read_text()
    assert [name for name in QUEUES if f"worker {name}" not in served] == []


def test_every_setting_is_listed_in_the_example() -> None:
    from app.config import Settings

    listed = (ROOT / ".env.example").read_text()
    assert [name for name in Settings.model_fields if f"{name.upper()}=" not in listed] == []


def test_no_source_is_left_out_of_the_repository() -> None:
    """A line of .gitignore once hid a whole package: it worked here and nowhere else."""
    git = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "app", "tests", "dev"]
    found = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    left_out = [name for name in found.splitlines() if "__pycache__" not in name]
    assert left_out == []
