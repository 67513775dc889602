"""Fifty at once with one link, one address, one form: one of them wins, the others read why not."""

from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account.models import Membership, Organization, User
from app.account.tokens import EMAIL, OneTimeToken
from app.db import db as database
from app.scheduler.models import Post
from tests import make
from tests.account.crowd import CROWD, Press, at_once, browser, cookie_of, post, sign_in, statuses
from tests.account.test_joining import FORM

WORDS = [f"nine loud magpies {number:02}" for number in range(CROWD)]


def reset_link(user: User) -> str:
    text = OneTimeToken.issue(user, "password", clock.now(), 30)
    database.session.commit()
    return f"/password/reset/{text}"


def choose(path: str, words: str) -> Press:
    return lambda client: client.post(path, data={"password": words})


def let_in(words: list[str]) -> list[str]:
    alice = make.alice()
    return [one for one in words if alice.has_password(one)]


def test_fifty_with_one_link_for_a_new_password_and_one_of_their_passwords_counts(
    app: Flask, db: object
) -> None:
    path = reset_link(make.alice())
    answers = at_once(app, [choose(path, words) for words in WORDS])
    assert statuses(answers) == {303: 1, 404: CROWD - 1}
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 303)
    assert let_in([*WORDS, make.PASSWORD]) == [WORDS[winner]]
    data = {"email": make.alice().email, "password": WORDS[winner]}
    assert browser(app).post("/login", data=data).location == "/calendar"


def test_two_links_and_a_change_of_the_password_at_once_leave_one_password_and_no_link(
    app: Flask, client: FlaskClient
) -> None:
    alice, cookie = make.alice(), cookie_of(client)
    for one, two, three in zip(WORDS[0:12:3], WORDS[1:12:3], WORDS[2:12:3], strict=True):
        alice.set_password(make.PASSWORD)
        links = [reset_link(alice), reset_link(alice)]
        changing = {"password": make.PASSWORD, "new_password": three}
        presses = [*map(choose, links, (one, two)), post("/account/password", **changing)]
        answers = at_once(app, presses, ["", "", cookie])
        assert not [answer.status for answer in answers if answer.status_code >= 500]
        assert len(let_in([one, two, three])) == 1
        assert not any(OneTimeToken.valid(link[16:], "password", clock.now()) for link in links)
        cookie = sign_in(app, alice, let_in([one, two, three])[0])


def test_mailed_links_are_dead_after_a_reset_and_after_a_change(
    app: Flask, client: FlaskClient
) -> None:
    first, second, third = (reset_link(make.alice()) for _ in range(3))
    assert choose(second, WORDS[0])(browser(app)).status_code == 303
    assert [choose(link, WORDS[1])(browser(app)).status_code for link in (first, third)] == [
        404
    ] * 2
    fourth = reset_link(make.alice())
    client.set_cookie("allstac", sign_in(app, make.alice(), WORDS[0]))
    change = {"password": WORDS[0], "new_password": WORDS[2]}
    assert client.post("/account/password", data=change).status_code == 303
    assert browser(app).get(fourth).status_code == 404
    assert choose(fourth, WORDS[3])(browser(app)).status_code == 404
    database.session.expire_all()
    assert let_in([make.PASSWORD, *WORDS]) == [WORDS[2]]


def test_fifty_with_one_invitation_and_one_joins(app: Flask, db: object) -> None:
    invitation = make.invitation(make.alice(), "dora@orchard.example")
    path = f"/invitations/{invitation.renew(clock.now())}"
    database.session.commit()
    joining = {name: typed for name, typed in FORM.items() if name not in ("email", "organization")}
    answers = at_once(app, [post(path, **joining | {"name": f"Dora {n}"}) for n in range(CROWD)])
    found = statuses(answers)
    assert (found.pop(303), set(found) - {403, 404}) == (1, set()), found
    assert all("<h1" in answer.text for answer in answers if answer.status_code != 303)
    people = database.session.scalars(database.select(User.email)).all()
    assert sorted(people) == ["alice@orchard.example", "dora@orchard.example"]
    assert len(database.session.scalars(database.select(Membership)).all()) == 2


def test_fifty_sign_up_with_one_address_and_one_has_an_account(app: Flask, db: object) -> None:
    answers = at_once(app, [post("/signup", **FORM)] * CROWD)
    assert statuses(answers) == {303: 1, 422: CROWD - 1}
    told = "There is an account with this address. Sign in instead."
    assert all(told in answer.text for answer in answers if answer.status_code == 422)
    assert all('aria-invalid="true"' in one.text for one in answers if one.status_code == 422)
    for kind in (User, Organization, Membership):
        assert len(database.session.scalars(database.select(kind)).all()) == 1


def test_an_address_that_two_people_confirm_at_once_is_one_persons(app: Flask, db: object) -> None:
    people, now, wanted = (make.alice(), make.charlie()), clock.now(), "new@orchard.example"
    links = [OneTimeToken.prepare(user, EMAIL, wanted, now, minutes=60) for user in people]
    paths = [f"/verify/{link.renew()}" for link in links]
    database.session.commit()
    answers = at_once(app, [post(path) for path in paths * (CROWD // 2)])
    assert statuses(answers) == {200: 1, 404: CROWD - 1}
    addresses = {user.email for user in database.session.scalars(database.select(User))}
    assert wanted in addresses and len(addresses) == 2
    assert all("<h1" in answer.text for answer in answers)


def test_a_form_that_is_sent_fifty_times_makes_one_post(app: Flask, client: FlaskClient) -> None:
    channel = make.channel(make.alice(), "bluesky", "grace")
    form = {"text": "Hello", "channels": str(channel.id), "when": "now", "nonce": "once"}
    answers = at_once(app, [post("/posts/new", **form)] * CROWD, [cookie_of(client)] * CROWD)
    assert statuses(answers) == {303: CROWD}
    assert len({answer.location for answer in answers}) == 1
    assert len(database.session.scalars(database.select(Post)).all()) == 1
