"""One-time codes and recovery codes: set up, asked for, good once; brute force and races."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import vault
from app.account import authenticator, factors, jobs, recovery
from app.account.alerts import Alert
from app.account.authenticator import Authenticator
from app.account.factors import Factors
from app.account.models import User
from app.account.recovery import RecoveryCode
from app.account.tokens import LoginSession, OneTimeToken
from app.db import db as database
from tests import make
from tests.account.steps import code, see_codes, set_up_app, type_password
from tests.mailing import link_in
from tests.servers.smtp import Sink
from tests.times import Times

SECOND = "/login/second-factor"


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("allstac")
    assert found
    return found.value


@pytest.fixture
def secret(client: FlaskClient, times: Times) -> str:
    """Alice has an app; its set-up code is of an earlier step."""
    found = set_up_app(client)
    times.go(seconds=60)
    return found


@pytest.fixture
def waiting(app: Flask, secret: str) -> FlaskClient:
    """A browser in which Alice typed her password and owes the code."""
    other = app.test_client()
    assert type_password(other, make.alice()).location == SECOND
    return other


def prove(client: FlaskClient, typed: str) -> int:
    return client.post(SECOND, data={"code": typed}).status_code


def test_setting_up_shows_a_picture_and_the_secret_and_wants_a_right_code(
    client: FlaskClient, times: Times
) -> None:
    assert client.get("/account/security/app").location == "/account/security"
    client.post("/account/security/app")
    page = client.get("/account/security/app").text
    assert 'src="data:image/svg+xml' in page
    row = database.session.scalars(database.select(Authenticator)).one()
    assert row.spaced in page and row.secret not in row.sealed
    wrong = client.post("/account/security/app/confirmation", data={"code": "000000"})
    assert (wrong.status_code, "not the code of now" in wrong.text) == (422, True)
    assert authenticator.confirmed(make.alice()) is None
    right = {"code": code(row.secret, steps=1)}
    assert client.post("/account/security/app/confirmation", data=right).status_code == 303
    assert authenticator.confirmed(make.alice())
    assert "After your password we ask for its code." in client.get("/account/security").text
    assert client.get("/account/security/app").location == "/account/security", "not shown again"


def test_the_password_alone_opens_nothing(waiting: FlaskClient) -> None:
    assert waiting.get("/calendar").status_code == 303
    assert waiting.get("/account/security").status_code == 303
    assert "One more step" in waiting.get(SECOND).text
    rows = database.session.scalars(database.select(LoginSession.user_id)).all()
    assert sorted(rows, key=bool) == [None, make.alice().id]


def test_a_right_code_goes_where_was_wanted_under_a_new_id(
    app: Flask, secret: str, times: Times
) -> None:
    other = app.test_client()
    sent = {"email": make.alice().email, "password": make.PASSWORD, "next": "/queue"}
    assert other.post("/login", data=sent).location == SECOND
    before = cookie(other)
    answer = other.post(SECOND, data={"code": f" {code(secret)[:3]} {code(secret)[3:]} "})
    assert (answer.status_code, answer.location) == (303, "/queue")
    assert cookie(other) != before
    assert other.get("/queue").status_code == 200


def test_what_was_typed_before_survives_both_steps(app: Flask, secret: str, times: Times) -> None:
    other = app.test_client()
    lost = other.post("/posts/new", data={"text": "Long <thoughts>"})
    typed = re.search(r'name="typed"[^>]*value="([^"]*)"', lost.text)
    assert typed
    sent = {
        "email": make.alice().email,
        "password": make.PASSWORD,
        "next": "/posts/new",
        "typed": typed.group(1).replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">"),
    }
    other.post("/login", data=sent)
    assert other.post(SECOND, data={"code": code(secret)}).location == "/posts/new"
    assert "Long &lt;thoughts&gt;" in other.get("/posts/new").text


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_clock_may_be_off_by_one_step(
    waiting: FlaskClient, secret: str, steps: int, status: int
) -> None:
    assert prove(waiting, code(secret, steps=steps)) == status


def test_no_code_counts_twice_and_none_before_the_last(
    app: Flask, secret: str, times: Times
) -> None:
    one, two = app.test_client(), app.test_client()
    for browser in (one, two):
        type_password(browser, make.alice())
    assert prove(one, code(secret)) == 303
    assert prove(two, code(secret)) == 422, "the same"
    assert prove(two, code(secret, steps=-1)) == 422, "the one before"
    times.go(seconds=30)
    assert prove(two, code(secret)) == 303


def test_the_code_that_set_it_up_does_not_sign_in(
    app: Flask, client: FlaskClient, times: Times
) -> None:
    secret = set_up_app(client)
    other = app.test_client()
    type_password(other, make.alice())
    assert prove(other, code(secret)) == 422


def test_guessing_codes_ends_at_five_and_is_told(
    app: Flask, waiting: FlaskClient, secret: str, times: Times
) -> None:
    wrong = f"{(int(code(secret)) + 500_000) % 1_000_000:06}"
    assert [prove(waiting, wrong) for _ in range(5)] == [422] * 5
    answer = waiting.post(SECOND, data={"code": code(secret)})
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)
    another = app.test_client()
    type_password(another, make.alice())
    assert prove(another, code(secret)) == 429, "a new session does not help"
    kinds = database.session.scalars(database.select(Alert.kind)).all()
    assert kinds.count("factor_guessing") == 1
    times.go(seconds=301)
    assert prove(waiting, code(secret)) == 303


def test_the_second_step_follows_within_ten_minutes(
    waiting: FlaskClient, secret: str, times: Times
) -> None:
    times.go(minutes=10, seconds=1)
    answer = waiting.post(SECOND, data={"code": code(secret)})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert waiting.get("/calendar").status_code == 303


def test_a_new_password_ends_what_was_waiting(
    client: FlaskClient, waiting: FlaskClient, secret: str, times: Times
) -> None:
    change = {"password": make.PASSWORD, "new_password": "nine loud magpies"}
    assert client.post("/account/password", data=change).status_code == 303
    assert waiting.post(SECOND, data={"code": code(secret)}).location == "/login"


def test_nobody_gets_to_the_second_step_without_the_first(anonymous: FlaskClient) -> None:
    make.alice()
    assert anonymous.get(SECOND).location == "/login"
    assert anonymous.post(SECOND, data={"code": "123456"}).location == "/login"
    assert anonymous.post(f"{SECOND}/challenge").location == "/login"


def test_a_mailed_link_does_not_skip_the_second_step(
    app: Flask, client: FlaskClient, secret: str, mailing: Sink
) -> None:
    alice, other = make.alice(), app.test_client()
    jobs.send_password_link(alice.id)
    path = link_in(mailing, alice.email)
    assert other.post(path, data={"password": "nine loud magpies"}).location == "/login"
    assert other.get("/calendar").status_code == 303
    sent = {"email": alice.email, "password": "nine loud magpies"}
    assert other.post("/login", data=sent).location == SECOND
    assert other.get("/calendar").status_code == 303


def test_setting_up_and_removing_end_the_other_sessions(app: Flask, client: FlaskClient) -> None:
    phone = app.test_client()
    make.sign_in(phone, make.alice())
    before = cookie(client)
    secret = set_up_app(client)
    assert cookie(client) != before
    assert phone.get("/calendar").status_code == 303
    assert client.get("/calendar").status_code == 200
    assert client.post("/account/security/app/removal").status_code == 303
    assert secret and authenticator.find(make.alice()) is None
    phone = app.test_client()
    assert type_password(phone, make.alice()).location == "/calendar", "nothing is owed any more"


def test_the_secret_is_sealed_for_its_row_and_moves_to_a_new_key(
    app: Flask, client: FlaskClient, secret: str
) -> None:
    row = database.session.scalars(database.select(Authenticator)).one()
    with pytest.raises(vault.Tampered):
        vault.unseal(row.sealed, bound_to=f"authenticator:{row.user_id + 1}")
    before = row.sealed
    said = app.test_cli_runner().invoke(args=["keys", "rotate"]).output
    assert said.endswith("secrets resealed.\n")
    database.session.expire_all()
    assert row.sealed != before and row.secret == secret


# Recovery codes


def test_the_first_factor_brings_ten_codes_that_are_shown_once_and_kept_as_hashes(
    client: FlaskClient, times: Times
) -> None:
    set_up_app(client)
    session = database.session.scalars(database.select(LoginSession.values)).one()
    codes = see_codes(client)
    assert len(set(codes)) == 10
    assert see_codes(client) == []
    assert "10 of your codes are unused" in client.get("/account/security/codes").text
    kept = str([row.__dict__ for row in database.session.scalars(database.select(RecoveryCode))])
    for one in codes:
        assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", one)
        assert one.replace("-", "") not in kept
        assert one not in str(session)


def test_a_recovery_code_signs_in_once_in_any_writing_and_is_told(
    app: Flask, client: FlaskClient, mailing: Sink, times: Times
) -> None:
    set_up_app(client)
    code = see_codes(client)[3]
    for status in (303, 422):
        other = app.test_client()
        type_password(other, make.alice())
        assert prove(other, f" {code.upper().replace('-', ' ')}") == status
    assert recovery.left(make.alice()) == 9
    told = database.session.scalars(database.select(Alert).where(Alert.kind == "code_used")).one()
    mailing.messages.clear()
    jobs.send_alert(told.id)
    jobs.send_alert(told.id)
    [letter] = mailing.messages
    assert letter["Subject"] == "Your sign-in has changed - AllStac"
    assert "A recovery code was used to sign in." in letter.get_content()


def test_new_codes_replace_the_earlier_ones(client: FlaskClient, app: Flask) -> None:
    assert client.post("/account/security/codes").location == "/account/security", "no factor yet"
    set_up_app(client)
    old = see_codes(client)
    client.post("/account/security/codes")
    new = see_codes(client)
    assert len(new) == 10 and not set(old) & set(new)
    other = app.test_client()
    type_password(other, make.alice())
    assert prove(other, old[0]) == 422
    assert prove(other, new[0]) == 303


def test_anothers_code_does_not_count(app: Flask, client: FlaskClient) -> None:
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    set_up_app(stranger)
    theirs = see_codes(stranger)
    set_up_app(client)
    other = app.test_client()
    type_password(other, make.alice())
    assert prove(other, theirs[0]) == 422
    assert recovery.left(make.charlie()) == 10


def test_fifty_at_once_with_one_recovery_code_and_one_wins(app: Flask, client: FlaskClient) -> None:
    set_up_app(client)
    spent = see_codes(client)[0]
    alice_id = make.alice().id
    database.session.rollback()

    def race(_: int) -> bool:
        from app import clock

        with app.app_context():
            user = database.session.get_one(User, alice_id)
            won = recovery.spend(user, spent, clock.now())
            database.session.commit()
            return won

    with ThreadPoolExecutor(50) as crowd:
        won = list(crowd.map(race, range(50)))
    assert won.count(True) == 1
    assert recovery.left(make.alice()) == 9


def test_fifty_at_once_with_one_code_of_the_app_and_one_wins(
    app: Flask, client: FlaskClient, secret: str, times: Times
) -> None:
    alice_id, shown, now = make.alice().id, code(secret), times.now
    database.session.rollback()

    def race(_: int) -> bool:
        with app.app_context():
            found = authenticator.confirmed(database.session.get_one(User, alice_id))
            won = bool(found and found.accepts(shown, now))
            database.session.commit()
            return won

    with ThreadPoolExecutor(50) as crowd:
        won = list(crowd.map(race, range(50)))
    assert won.count(True) == 1


def test_only_a_signed_in_person_with_a_fresh_sign_in_sees_or_changes_factors(
    client: FlaskClient, times: Times
) -> None:
    times.go(minutes=16)
    for path in ("app", "codes", "passkeys/new"):
        asked = client.get(f"/account/security/{path}")
        assert asked.location == f"/login/again?next=/account/security/{path}"
    for path in ("app", "app/confirmation", "app/removal", "codes", "passkeys", "password"):
        assert client.post(f"/account/security/{path}").location.startswith("/login/again")
    assert database.session.scalars(database.select(OneTimeToken)).all() == []


def test_a_code_of_the_app_confirms_too(client: FlaskClient, secret: str, times: Times) -> None:
    times.go(minutes=16)
    assert "Confirm with a code" in client.get("/login/again").text
    wrong = client.post("/login/again/code", data={"code": "000000", "next": "/account"})
    assert (wrong.status_code, "This code is not right" in wrong.text) == (422, True)
    right = {"code": code(secret), "next": "/account/security/codes"}
    assert client.post("/login/again/code", data=right).location == "/account/security/codes"
    assert client.get("/account/security/codes").status_code == 200
    times.go(minutes=16)
    tried = [
        client.post("/login/again/code", data={"code": "000000"}).status_code for _ in range(6)
    ]
    assert tried == [422] * 5 + [429]


# An organisation that requires one


def test_an_owner_requires_a_second_factor_and_members_are_led_to_it(
    app: Flask, client: FlaskClient, times: Times
) -> None:
    demand = {"required": "yes"}
    assert client.post("/organization/second-factor", data=demand).status_code == 409
    set_up_app(client)
    bob = app.test_client()
    make.sign_in(bob, make.bob("admin"))
    assert bob.post("/organization/second-factor", data=demand).status_code == 403
    assert bob.get("/calendar").status_code == 200
    assert client.post("/organization/second-factor", data=demand).status_code == 303
    assert client.get("/calendar").status_code == 200
    led = bob.get("/calendar")
    assert (led.status_code, led.location) == (303, "/account/security")
    assert "Orchard asks for a second factor." in bob.get("/account/security").text
    assert bob.post("/posts/new", data={"text": "Keep me"}).location == "/account/security"
    for path in ("/account", "/account/sessions", "/organization/new"):
        assert bob.get(path).status_code == 200, "their own things stay open"
    set_up_app(bob)
    assert "Keep me" in bob.get("/posts/new").text
    assert client.post("/organization/second-factor", data={"required": "no"}).status_code == 303
    bob.post("/account/security/app/removal")
    assert bob.get("/calendar").status_code == 200


def test_an_operator_lets_somebody_in_who_lost_everything(
    app: Flask, client: FlaskClient, secret: str, times: Times
) -> None:
    run = app.test_cli_runner().invoke
    assert "no account" in run(args=["user", "release", "nobody@else.example"]).output
    said = run(args=["user", "release", "alice@orchard.example"]).output
    path = re.search(r"http://localhost(/password/reset/\S+)", said)
    assert path, said
    assert client.get("/calendar").status_code == 303, "all sessions have ended"
    assert factors.of(make.alice()) == Factors(False, 0, 0)
    other = app.test_client()
    assert other.post(path.group(1), data={"password": "nine loud magpies"}).status_code == 303
    data = {"email": "alice@orchard.example", "password": "nine loud magpies"}
    assert other.post("/login", data=data).location == "/calendar"
    page = other.get("/account/security/activity").text
    assert "Second factors were taken away by the operator" in page
    kinds = database.session.scalars(database.select(Alert.kind)).all()
    assert kinds.count("factors_released") == 1
