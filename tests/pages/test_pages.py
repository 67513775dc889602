"""Pages for everybody: the policy and its proofs, health, well-known files."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.privacy.promises import load_register
from tests import proofs

TESTS = Path(__file__).resolve().parent.parent


@pytest.mark.proves("P0.3")
def test_the_policy_has_twelve_parts_and_every_promise_stands_in_it(anonymous: FlaskClient) -> None:
    page = anonymous.get("/privacy").text
    assert re.findall(r'<span class="number">(\d+)</span>', page) == [str(n) for n in range(1, 13)]
    anchors = re.findall(r'<h2 id="([^"]+)"', page)
    assert len(set(anchors)) == 12
    for promise in load_register().promises:
        assert f'id="{promise.id}"' in page, promise.id


def test_each_proof_names_a_promise_that_exists() -> None:
    known = {promise.id for promise in load_register().promises}
    named = {
        id
        for path in TESTS.rglob("test_*.py")
        for marks in re.findall(r"mark\.proves\(([^)]*)\)", path.read_text())
        for id in re.findall(r'"(P[\d.]+)"', marks)
    }
    assert named
    assert named <= known


def test_each_promise_names_code_that_exists() -> None:
    root = TESTS.parent
    missing = [
        f"{promise.id}: {place}"
        for promise in load_register().promises
        for place in promise.code
        if not (root / place.split("::")[0].split(":")[0]).exists()
    ]
    assert missing == []


def evidence(app: Flask, path: Path, monkeypatch: pytest.MonkeyPatch, **results: object) -> None:
    said = {"build": "abc1234", "finished_at": "2026-11-24T12:00:00+00:00", "results": results}
    path.write_text(json.dumps(said))
    settings = app.config["SETTINGS"].model_copy(update={"evidence_file": str(path)})
    monkeypatch.setitem(app.config, "SETTINGS", settings)


def test_a_promise_is_proven_only_by_a_run_in_which_all_its_proofs_passed(
    app: Flask, anonymous: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = {"test": "t::a", "outcome": "passed", "double": False}
    passed["figures"] = [["marks changed, and noticed", "3 of 3"]]
    failed = {"test": "t::b", "outcome": "failed", "double": True}
    evidence(
        app,
        tmp_path / "e.json",
        monkeypatch,
        **{"P7.1": [passed], "P7.3": [passed, failed]},
    )
    page = anonymous.get("/privacy/promises").text
    total = len(load_register().promises)
    assert f"1 proven, {total - 2} not yet proven, 1 broken" in " ".join(page.split())
    assert page.count("marks changed, and noticed: 3 of 3") == 2
    result = app.test_cli_runner().invoke(args=["promises"])
    assert result.exit_code == 1
    assert re.search(r"P7.1 +Proven", result.output)
    assert re.search(r"P7.3 +Broken", result.output)
    assert re.search(r"P8.3 +Not yet proven", result.output)


def test_without_a_run_nothing_counts_as_proven(
    app: Flask, anonymous: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"evidence_file": str(tmp_path / "no")})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert "none counts as proven" in " ".join(anonymous.get("/privacy/promises").text.split())


def test_the_collector_writes_what_ran(tmp_path: Path) -> None:
    """A real little run of pytest with the plugin: passed, failed and skipped are told apart."""
    import subprocess
    import sys

    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.proves('P1.0')\ndef test_a(figure): figure('score', '3 of 3')\n"
        "@pytest.mark.proves('P1.0', double=True)\ndef test_b(): assert 0\n"
        "@pytest.mark.proves('P1.1')\n@pytest.mark.skip\ndef test_c(): pass\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.proofs",
        "-c",
        "/dev/null",
        "--evidence",
        str(tmp_path / "e.json"),
        str(tmp_path),
    ]
    env = {"PATH": "/usr/bin:/bin"}
    subprocess.run(command, cwd=TESTS.parent, env=env, check=False, capture_output=True)
    found = json.loads((tmp_path / "e.json").read_text())["results"]
    outcomes = [(row["outcome"], row["double"]) for row in found["P1.0"]]
    assert outcomes == [("passed", False), ("failed", True)]
    assert [row.get("figures") for row in found["P1.0"]] == [[["score", "3 of 3"]], None]
    assert [row["outcome"] for row in found["P1.1"]] == ["skipped"]
    assert proofs.build()


@pytest.mark.proves("P12.1")
def test_the_operators_address_stands_on_the_policy(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"operator_name": "Orchard <Ltd>", "operator_email": "privacy@orchard.example"}
    settings = app.config["SETTINGS"].model_copy(update=said)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    page = anonymous.get("/privacy").text
    assert "Orchard &lt;Ltd&gt;" in page
    assert "mailto:privacy@orchard.example" in page


@pytest.mark.proves("P5.1", "P5.3")
def test_a_visitor_gets_no_cookie_and_a_member_gets_one(
    app: Flask, anonymous: FlaskClient, client: FlaskClient
) -> None:
    visitor = app.test_client()
    for path in ("/", "/privacy", "/privacy/promises", "/privacy/versions", "/health/live"):
        assert "Set-Cookie" not in visitor.get(path).headers, path
    names = {cookie.split("=")[0] for cookie in client.get("/login").headers.getlist("Set-Cookie")}
    assert names <= {"allstac"}


def test_health_says_what_it_saw(anonymous: FlaskClient) -> None:
    assert anonymous.get("/health/live").json == {"status": "live"}
    ready = anonymous.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json == {"status": "degraded"}, "the tests' queue address leads nowhere"


def test_well_known_files(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert anonymous.get("/.well-known/security.txt").status_code == 404, "nobody to write to"
    said = {"operator_email": "security@orchard.example"}
    settings = app.config["SETTINGS"].model_copy(update=said)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    security = anonymous.get("/.well-known/security.txt")
    assert "Contact: mailto:security@orchard.example" in security.text
    assert security.mimetype == "text/plain"
    expires = re.search(r"Expires: (\S+)", security.text)
    assert expires
    assert clock.parse(expires[1]) > clock.now() + timedelta(days=30)
    assert anonymous.get("/.well-known/change-password").status_code in (302, 303)
    assert anonymous.get("/.well-known/gpc.json").json["gpc"] is True
    assert "Disallow" in anonymous.get("/robots.txt").text


def test_a_proof_that_is_skipped_on_one_database_counts_by_the_other(
    pytestconfig: pytest.Config,
) -> None:
    collector = proofs.Collector(pytestconfig)
    collector.results = {
        "P1": [_ran("a[sqlite]", "skipped"), _ran("a[postgres]", "passed")],
        "P2": [_ran("b[sqlite]", "skipped"), _ran("b[postgres]", "skipped")],
    }
    kept = collector.evidence()["results"]
    assert [row["test"] for row in kept["P1"]] == ["a[postgres]"]
    assert len(kept["P2"]) == 2, "it ran nowhere: not proven"


def _ran(test: str, outcome: str) -> dict[str, object]:
    return {"test": test, "outcome": outcome, "double": False}
