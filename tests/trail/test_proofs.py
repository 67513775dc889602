"""A proof is checked by a script of its own, in a process of its own, without the application."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import audit, clock
from app.audit import heads
from app.db import db as database
from tests import make
from tests.audit.test_log import fill

SCRIPT = Path(__file__).resolve().parents[2] / "app/static/verify_proof.py"
Proof = dict[str, Any]


@pytest.fixture
def proof(client: FlaskClient) -> Proof:
    """Of the event that changed Bob's role, among 24, asked for by Alice, who did it."""
    fill(23, make.alice(), make.bob())  # after Alice's sign-in, which is event 0
    audit.sign_head(clock.now())
    fill(5, make.alice(), make.bob())
    answer = client.get("/account/security/events/14/proof")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="proof-14.json"'
    found: Proof = json.loads(answer.text)
    return found


def check(folder: Path, proof: object, *more: str, python: str = "") -> tuple[int, str]:
    """-I: no environment and nothing of this project; -S: without installed packages."""
    path = folder / "proof.json"
    path.write_text(json.dumps(proof))
    flags = python or "-I"
    done = subprocess.run(
        [sys.executable, flags, str(SCRIPT), str(path), *more],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.proves("P7.4")
def test_a_real_proof_holds(proof: Proof, tmp_path: Path) -> None:
    code, words = check(tmp_path, proof)
    assert code == 0, words
    assert "event 14 (member.role_changed" in words
    assert f"ok    subject: {make.bob().id}" in words
    assert 'ok    details: {"n":13,"role":"editor"}' in words
    assert f"signed at {proof['head']['signed_at']} by {proof['public_key']}" in words
    assert words.endswith("The proof holds.\n")
    assert check(tmp_path, proof, heads.every()[0].root.hex())[0] == 0


def test_without_cryptography_the_script_says_what_it_did_not_check(
    proof: Proof, tmp_path: Path
) -> None:
    code, words = check(tmp_path, proof, python="-IS")
    assert code == 0, words
    assert "the signature was not checked" in words


def test_another_root_than_the_one_that_is_known_is_a_fault(proof: Proof, tmp_path: Path) -> None:
    code, words = check(tmp_path, proof, "00" * 32)
    assert (code, words.splitlines()[-1]) == (1, "FAULT this is not the root that you know")


def flip(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


def set_at(*keys: str | int) -> Callable[[Proof], None]:
    """Changes one value deep inside."""

    def change(proof: Proof) -> None:
        inside: Any = proof
        for key in keys[:-1]:
            inside = inside[key]
        value = inside[keys[-1]]
        inside[keys[-1]] = value + 1 if isinstance(value, int) else flip(value)

    return change


TAMPERED: list[Callable[[Proof], None]] = [
    set_at("leaf", "number"),
    set_at("leaf", "at"),
    set_at("leaf", "action"),
    set_at("leaf", "organization"),
    set_at("leaf", "actor"),
    set_at("leaf", "details"),
    set_at("opened", "actor", "value"),
    set_at("opened", "subject", "salt"),
    set_at("opened", "details", "value"),
    set_at("path", 0),
    set_at("path", 4),
    set_at("head", "root"),
    set_at("head", "size"),
    set_at("head", "number"),
    set_at("head", "signed_at"),
    set_at("head", "signature"),
    set_at("public_key"),
    lambda proof: proof["path"].pop(),
    lambda proof: proof["path"].append("00" * 32),
    lambda proof: proof.pop("leaf"),
    lambda proof: proof.update(head=None),
]


@pytest.mark.proves("P7.4")
def test_every_tampered_proof_is_refused(proof: Proof, tmp_path: Path) -> None:
    for number, tamper in enumerate(TAMPERED):
        changed = copy.deepcopy(proof)
        tamper(changed)
        code, words = check(tmp_path, changed)
        assert code == 1, f"{number}: {words}"
        assert "FAULT" in words
        assert "holds" not in words
    assert check(tmp_path, [])[0] == 1


def test_every_event_of_a_log_can_be_proven(client: FlaskClient, tmp_path: Path) -> None:
    fill(20, make.alice(), make.alice())
    audit.sign_head(clock.now())
    database.session.commit()
    for number in (0, 1, 7, 16, 20):
        answer = client.get(f"/account/security/events/{number}/proof")
        if number % 3 == 0 and number:  # by nobody, about nobody
            assert answer.status_code == 404
            continue
        assert check(tmp_path, answer.json)[0] == 0, number


def test_a_proof_is_for_its_person_and_once_it_is_signed(
    app: Flask, proof: Proof, client: FlaskClient
) -> None:
    assert client.get("/account/security/events/25/proof").status_code == 404, "not signed yet"
    assert client.get("/account/security/events/999/proof").status_code == 404
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    assert stranger.get("/account/security/events/14/proof").status_code == 404
    bob = app.test_client()
    make.sign_in(bob, make.bob())
    assert bob.get("/account/security/events/14/proof").status_code == 200
    page = client.get("/account/security/events").text
    assert "/account/security/events/14/proof" in page
    assert "/account/security/events/25/proof" not in page


def test_the_script_is_served_as_it_is(client: FlaskClient) -> None:
    page = client.get("/account/security/events").text
    assert "/static/verify_proof.py" in page
    assert client.get("/static/verify_proof.py").data == SCRIPT.read_bytes()


def test_an_erased_part_is_left_out_and_the_rest_still_proves(
    proof: Proof, client: FlaskClient, tmp_path: Path
) -> None:
    audit.erase_person(make.bob().id)
    database.session.commit()
    left = client.get("/account/security/events/14/proof").json
    assert left
    assert set(left["opened"]) == {"actor"}
    assert check(tmp_path, left)[0] == 0
