"""Labels and campaigns: made while writing, found again in the lists, renamed and taken away."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock
from app.db import db as database
from app.privacy import holds
from app.scheduler.labels import CAMPAIGN, LABEL, Label, named, refuse
from app.scheduler.models import Post
from tests import make

DATABASES = ("sqlite",)  # both are asked about these tables by tests/doors and tests/tenants


def write(client: FlaskClient, **fields: object) -> Post:
    sent = {"text": "Apples", "action": "draft", "nonce": str(fields)[:60], **fields}
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 303, answer.text
    database.session.expire_all()
    return database.session.scalars(database.select(Post).order_by(Post.id.desc())).first()


def on(post: Post) -> list[str]:
    return sorted(f"{one.label.kind} {one.label.name}" for one in post.labels)


@pytest.fixture
def writer(client: FlaskClient) -> FlaskClient:
    make.sign_in(client, make.alice())
    return client


def test_a_label_is_made_once_whatever_its_case(writer: FlaskClient) -> None:
    first = write(writer, new_labels="Recipes,  Autumn  fruit, recipes", campaign="Harvest")
    second = write(writer, labels=["recipes"], new_labels="AUTUMN FRUIT", campaign="harvest ")
    assert on(first) == on(second) == ["campaign Harvest", "label Autumn fruit", "label Recipes"]


def test_labels_are_changed_with_the_post_and_what_is_typed_stays(writer: FlaskClient) -> None:
    post = write(writer, new_labels="Recipes, Autumn", campaign="Harvest")
    form = writer.get(f"/posts/{post.id}/edit").text
    assert 'value="Recipes" checked' in form and 'value="Harvest"' in form
    sent = {"text": "Apples", "action": "draft", "version": str(post.version), "labels": ["Autumn"]}
    refused = writer.post(f"/posts/{post.id}/edit", data=sent | {"new_labels": "x" * 41})
    assert refused.status_code == 422 and "at most 40 characters" in refused.text
    assert "x" * 41 in refused.text and 'value="Autumn" checked' in refused.text
    assert writer.post(f"/posts/{post.id}/edit", data=sent).status_code == 303
    database.session.expire_all()
    assert on(post) == ["label Autumn"]


def test_the_list_shows_what_has_the_label_and_counts_it(writer: FlaskClient) -> None:
    write(writer, text="With apples", new_labels="Recipes")
    write(writer, text="Without")
    [label] = database.session.scalars(database.select(Label))
    page = writer.get(f"/posts?label={label.id}").text
    assert "With apples" in page and "Without" not in page
    assert f'href="/posts?state=draft&amp;label={label.id}"' in page
    assert (
        writer.get("/posts?label=0").status_code == writer.get("/posts?label=x").status_code == 404
    )


def test_a_name_that_another_one_has_is_refused_beside_its_field(writer: FlaskClient) -> None:
    write(writer, new_labels="Recipes, Autumn", campaign="Recipes")
    ids = {(one.kind, one.name): one.id for one in database.session.scalars(database.select(Label))}
    place = f"/labels/{ids[LABEL, 'Autumn']}"
    taken = writer.post(f"{place}/name", data={"name": "RECIPES"})
    assert taken.status_code == 422 and "has this name already" in taken.text
    assert 'value="RECIPES"' in taken.text
    assert writer.post(f"{place}/name", data={"name": "Fall, winter"}).status_code == 422
    assert writer.post(f"{place}/name", data={"name": "Fall"}).status_code == 303
    assert "Fall" in writer.get("/labels").text


def test_a_label_that_goes_leaves_its_posts(writer: FlaskClient) -> None:
    post = write(writer, new_labels="Recipes")
    [label] = database.session.scalars(database.select(Label))
    assert writer.post(f"/labels/{label.id}/deletion").status_code == 303
    database.session.expire_all()
    assert on(post) == [] and writer.get(f"/posts/{post.id}").status_code == 200


def test_a_label_that_a_legal_hold_keeps_stays(writer: FlaskClient) -> None:
    post = write(writer, new_labels="Recipes")
    [label] = database.session.scalars(database.select(Label))
    day = (clock.now() + timedelta(days=60)).date()
    hold = holds.place("user", make.alice().id, "Court", "12", day, make.bob().id, clock.now())
    holds.approve(hold, make.charlie().id, clock.now())
    database.session.commit()
    assert writer.post(f"/labels/{label.id}/deletion").status_code == 409
    database.session.expire_all()
    assert on(post) == ["label Recipes"]


def test_an_organisation_has_five_hundred_at_most(db: object) -> None:
    home = make.alice().memberships[0].organization_id
    named(home, LABEL, [f"L{n}" for n in range(300)], clock.now())
    named(home, CAMPAIGN, [f"C{n}" for n in range(199)], clock.now())
    database.session.flush()
    assert refuse(home, ["l1", "New"], "c2") is None
    assert "the most that fit" in (refuse(home, ["New"], "Newer") or "")
