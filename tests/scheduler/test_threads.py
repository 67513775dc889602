"""The composer from the outside, without JavaScript: threads, first comments, words for one channel,
what networks ask. Whatever a button does, nothing typed is lost."""

import html
import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.channels.models import Channel
from app.db import db as database
from app.scheduler.models import Post
from app.scheduler.saying import saying
from tests import make
from tests.attacks.page_forms import PageForm, read_forms

DATABASES = ("sqlite",)  # what is kept of it is looked at on both in test_saying.py
LONG = (
    "We open to visitors every first Saturday, come and taste. " * 9 + "https://example.com/visit"
)


@pytest.fixture
def bluesky(db: object) -> Channel:
    return make.channel(make.alice(), "bluesky", "grace")


@pytest.fixture
def slack(bluesky: Channel) -> Channel:
    return make.channel(make.alice(), "slack", "team")


@pytest.fixture
def mastodon(slack: Channel) -> Channel:
    return make.channel(make.alice(), "mastodon", "toots")


@pytest.fixture
def writer(client: FlaskClient, bluesky: Channel) -> FlaskClient:
    return client


def typed(*channels: Channel, **fields: Any) -> dict[str, Any]:
    given = {"text": "One", "when": "now", "nonce": "once", "channels": [c.id for c in channels]}
    return given | fields


def send(client: FlaskClient, path: str = "/posts/new", **fields: Any) -> TestResponse:
    return client.post(path, data=fields)


def shown(answer: TestResponse) -> dict[str, list[str]]:
    """Every field of the composer as the answer shows it."""
    [form] = [one for one in read_forms(answer.text, "/") if dict(one.fields).get("nonce")]
    return every(form)


def every(form: PageForm) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in form.fields:
        found.setdefault(name, []).append(value)
    return found


def said(channel: Channel) -> tuple[list[str], str, dict[str, str]]:
    database.session.expire_all()
    [post] = database.session.scalars(database.select(Post))
    what = saying(post, channel)
    return [part.text for part in what.parts], what.comment, dict(what.options)


def problem(answer: TestResponse, field: str) -> str:
    """What stands beside a field; the field points at it."""
    text = html.unescape(answer.text)
    found = re.findall(rf'id="{field}-problem-\d+">.*?<span>(.*?)</span>', text)
    return " ".join(found)


def picture() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "green").save(out, "PNG")
    out.seek(0)
    return out, "leaf.png"


PARTS = ["Two", "Three"]
BUTTONS = [
    ("add.3.0", ["One", "Two", "Three", ""]),
    ("add.1.0", ["One", "", "Two", "Three"]),
    ("remove.1.0", ["One", "Three"]),
    ("remove.0.0", ["Two", "Three"]),
    ("up.2.0", ["One", "Three", "Two"]),
    ("up.1.0", ["Two", "One", "Three"]),
    ("split.0.0", ["One", "Two", "Three"]),
    ("remove.9.0", ["One", "Two", "Three"]),
    ("up.0.0", ["One", "Two", "Three"]),
    ("add.0.999999", ["One", "Two", "Three"]),
    ("preview", ["One", "Two", "Three"]),
    ("enter", ["One", "Two", "Three"]),
]


def test_a_button_changes_the_thread_and_keeps_all_the_rest(
    writer: FlaskClient, bluesky: Channel
) -> None:
    beside = typed(bluesky, part=PARTS, comment="Under it", due_at="2027-01-01T10:00")
    for button, parts in BUTTONS:
        answer = send(writer, **beside, action=button)
        assert answer.status_code == 200
        fields = shown(answer)
        assert [*fields["text"], *fields.get("part", [])] == parts, button
        assert (fields["comment"], fields["due_at"]) == (["Under it"], ["2027-01-01T10:00"])
    assert database.session.scalars(database.select(Post)).all() == []


def test_other_words_begin_as_a_twin_and_end_as_the_shared_ones(
    writer: FlaskClient, bluesky: Channel
) -> None:
    id = bluesky.id
    fields = shown(send(writer, **typed(bluesky, part=["Two"]), action=f"differ.0.{id}"))
    assert (fields["differs"], fields[f"text-{id}"], fields[f"part-{id}"]) == (
        [str(id)],
        ["One"],
        ["Two"],
    )
    own = {"differs": id, f"text-{id}": "Here", f"part-{id}": ["And here"]}
    back = shown(send(writer, **typed(bluesky), **own, action=f"same.0.{id}"))
    assert (back.get("differs"), back["text"], "Here" in str(back)) == (None, ["One"], False)


def test_a_long_text_is_split_by_the_strictest_channel_that_takes_threads(
    writer: FlaskClient, bluesky: Channel, slack: Channel
) -> None:
    answer = send(writer, **typed(bluesky, slack) | {"text": LONG}, action="split.0.0")
    fields = shown(answer)
    parts = [*fields["text"], *fields["part"]]
    assert max(len(part) for part in parts) <= 300
    assert (" ".join(parts), parts[-1].split()[-1]) == (LONG, "https://example.com/visit")
    assert "Slack takes no threads." in problem_in_previews(answer)
    alone = send(writer, **typed(slack), action="split.0.0")
    assert problem(alone, "text") == "None of the chosen networks takes threads."


def problem_in_previews(answer: TestResponse) -> str:
    return html.unescape(answer.text.partition('id="previews"')[2])


def test_pictures_stay_with_their_part(writer: FlaskClient, bluesky: Channel) -> None:
    first = send(writer, **typed(bluesky, part=PARTS), media=[picture()], action="preview")
    kept = {"kept": shown(first)["kept"], "alt": "A leaf"}
    moves = (
        ("up.2.0", 2, "1"),
        ("remove.0.0", 2, "1"),
        ("remove.2.0", 2, "1"),
        ("add.1.0", 1, "2"),
    )
    for button, part, now in moves:
        fields = typed(bluesky, part=PARTS) | kept
        moved = shown(send(writer, **fields, picture_part=part, action=button))
        assert (moved["picture_part"][0], moved["alt"][0]) == (now, "A leaf"), button


def test_all_of_it_is_kept_and_shown_again(
    writer: FlaskClient, bluesky: Channel, mastodon: Channel
) -> None:
    own = {"differs": mastodon.id, f"text-{mastodon.id}": "<b>Toot", f"comment-{mastodon.id}": "Ha"}
    answers = {
        f"option-{mastodon.id}-visibility": "unlisted",
        f"option-{mastodon.id}-content_warning": "<i>Coffee",
    }
    whole = typed(bluesky, mastodon, part=["Two", "", "  "], comment="Under <it>") | own | answers
    for action in ("draft", "schedule"):
        answer = send(writer, **whole | {"nonce": action}, action=action)
        assert answer.status_code == 303, problem(answer, "text")
        database.session.expire_all()
        post = database.session.scalars(database.select(Post).where(Post.nonce == action)).one()
        here, there = (saying(post, one) for one in (bluesky, mastodon))
        assert ([part.text for part in here.parts], here.comment) == (["One", "Two"], "Under <it>")
        assert ([part.text for part in there.parts], there.comment) == (["<b>Toot"], "Ha")
        assert there.options == {"visibility": "unlisted", "content_warning": "<i>Coffee"}
        page = writer.get(answer.location).text
        assert "&lt;b&gt;Toot" in page and "&lt;i&gt;Coffee" in page and "<b>Toot" not in page
    fields = shown(writer.get(f"/posts/{post.id}/edit"))
    assert (fields["part"], fields["comment"]) == (["Two"], ["Under <it>"])
    assert (fields[f"text-{mastodon.id}"], fields[f"comment-{mastodon.id}"]) == (
        ["<b>Toot"],
        ["Ha"],
    )
    assert fields[f"option-{mastodon.id}-visibility"][0] == "unlisted"


FULL = "a" * 301
ELSE = "Write different words for team.test, or leave it out."
EMPTY = "Write something or add a picture or video."
WRONG = [  # names of networks stand for the numbers of their channels
    ({"part": [FULL]}, "part-1", "Bluesky allows 300 characters; this is 301."),
    ({"comment": FULL}, "comment", "Bluesky allows 300 characters; this is 301."),
    ({"part": ["", "Three"]}, "part-1", f"{EMPTY} Or take this post out."),
    ({"part": ["Two"] * 25}, "part-25", "Bluesky takes 25 posts in a row; these are 26."),
    ({"part": ["a" * 20_001]}, "part-1", "longer than 20000 characters"),
    ({"channels": ["slack"], "part": ["Two"]}, "part-1", f"Slack takes no threads. {ELSE}"),
    ({"channels": ["slack"], "comment": "Hi"}, "comment", f"Slack takes no first comment. {ELSE}"),
    (
        {"channels": ["slack"], "differs": "slack", "text-slack": "Hi", "part-slack": ["Ho"]},
        "part-1-slack",
        "Slack takes no threads. Take it out of these words.",
    ),
    ({"differs": "bluesky", "text-bluesky": " "}, "text-bluesky", EMPTY),
    ({"differs": "bluesky", "text-bluesky": FULL}, "text-bluesky", "allows 300 characters"),
    (
        {"channels": ["mastodon"], "option-mastodon-visibility": "everybody"},
        "option-mastodon-visibility",
        "Choose one of these.",
    ),
    (
        {"channels": ["mastodon"], "option-mastodon-content_warning": FULL},
        "option-mastodon-content_warning",
        "At most 300 characters; this has 301.",
    ),
    ({"channels": ["pinterest"]}, "media", "Pinterest takes no post without a picture or video."),
]


def test_what_a_network_does_not_take_is_told_beside_its_field(
    writer: FlaskClient, mastodon: Channel
) -> None:
    make.channel(make.alice(), "pinterest", "pins")
    known = {one.network: str(one.id) for one in database.session.scalars(database.select(Channel))}
    for fields, field, words in WRONG:
        refused(writer, known, fields, field, words)
    assert database.session.scalars(database.select(Post)).all() == []


def refused(
    writer: FlaskClient, known: dict[str, str], fields: dict[str, Any], field: str, words: str
) -> None:
    def number(name: str) -> str:
        return re.sub("|".join(known), lambda found: known[found[0]], name)

    given = {number(name): value for name, value in fields.items()}
    chosen = [known[one] for one in fields.get("channels", ["bluesky"])]
    given |= {"channels": chosen, "differs": known.get(fields.get("differs", ""), "")}
    answer = send(writer, **typed() | given)
    assert answer.status_code == 422, fields
    assert words in problem(answer, number(field))
    again = shown(answer)
    for name in given.keys() - {"channels", "differs"}:
        expected = given[name] if isinstance(given[name], list) else [given[name]]
        assert again[name][: len(expected)] == expected


def test_pictures_are_counted_by_part_and_their_words_too(
    writer: FlaskClient, bluesky: Channel
) -> None:
    five = [picture() for _ in range(5)]
    first = send(writer, **typed(bluesky, part=["Two"]), media=five, action="preview")
    kept, apart = shown(first)["kept"], ["0", "0", "0", "0", "1"]
    fields = typed(bluesky, part=["Two"]) | {"kept": kept, "picture_part": apart}
    assert send(writer, **fields, alt=["x"] * 5).status_code == 303
    together = send(writer, **fields | {"picture_part": ["1"] * 5, "alt": ["a" * 2000] + ["x"] * 4})
    assert "Post 2: Bluesky takes 4 pictures; this has 5." in problem(together, "media")


def test_of_two_versions_both_are_shown_whole(writer: FlaskClient, bluesky: Channel) -> None:
    send(writer, **typed(bluesky, due_at="2027-01-01T10:00") | {"when": "at"}, part=["Two"])
    [post] = database.session.scalars(database.select(Post))
    path, fields = (
        f"/posts/{post.id}/edit",
        typed(bluesky, due_at="2027-01-01T10:00") | {"when": "at"},
    )
    assert send(writer, path, **fields, part=["Theirs"], version=1).status_code == 303
    answer = send(writer, path, **fields, part=["Mine"], comment="Mine too", version=1)
    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert (shown(answer)["part"], shown(answer)["comment"]) == (["Mine"], ["Mine too"])
    assert said(bluesky)[0] == ["One", "Theirs"]


def test_previews_are_drawn_as_the_network_draws_them(
    writer: FlaskClient, bluesky: Channel, mastodon: Channel
) -> None:
    fields = typed(bluesky, mastodon, part=["Two"], comment="<u>Under")
    fields[f"option-{mastodon.id}-content_warning"] = "<i>Coffee"
    fields[f"option-{mastodon.id}-language"] = "de"
    answer = send(writer, "/posts/preview", **fields)
    first, second = re.findall(r"<article.*?</article>", answer.text, re.S)
    assert "2 posts" in first and "First comment" in first and "<details" not in first
    assert second.count("<summary>&lt;i&gt;Coffee</summary>") == 2
    assert "Deutsch" in second and "&lt;u&gt;Under" in second


def test_another_organisations_channel_says_nothing_here(
    writer: FlaskClient, bluesky: Channel
) -> None:
    theirs = make.channel(make.charlie(), "bluesky", "charlie")
    own = {"differs": theirs.id, f"text-{theirs.id}": "Stolen"}
    assert send(writer, **typed(bluesky), **own).status_code == 303
    [post] = database.session.scalars(database.select(Post))
    assert (post.words, post.options) == ([], [])


def test_a_yes_is_to_all_that_is_said(writer: FlaskClient, bluesky: Channel) -> None:
    make.rule("four_eyes")
    fields = typed(bluesky, due_at="2027-01-01T10:00") | {"when": "at"}
    send(writer, **fields, part=["Two"])
    [post] = database.session.scalars(database.select(Post))
    assert post.state == "pending_approval"
    before = post.deliveries[0].content_hash
    for version, more in enumerate(({"part": ["Three"]}, {"part": ["Three"], "comment": "Hi"}), 1):
        send(writer, f"/posts/{post.id}/edit", **fields, **more, version=version)
        database.session.expire_all()
        assert post.deliveries[0].content_hash != before
        before = post.deliveries[0].content_hash
    assert "Three" in writer.get("/approvals").text


def test_what_is_partly_up_says_so_and_keeps_its_words(
    writer: FlaskClient, bluesky: Channel, slack: Channel
) -> None:
    own = {"differs": slack.id, f"text-{slack.id}": "Short"}
    fields = typed(bluesky, slack, due_at="2027-01-01T10:00", comment="Hi") | {"when": "at"} | own
    send(writer, **fields, part=["Two"])
    [post] = database.session.scalars(database.select(Post))
    first = post.deliveries[0]
    up = {"id": "1", "url": "https://example.com/1", "ref": ""}
    first.steps, first.state = [up, up | {"url": "javascript:alert(1)"}], "failed"
    database.session.commit()
    page = writer.get(f"/posts/{post.id}").text
    assert "2 of 3 are up" in page and 'href="https://example.com/1"' in page
    assert "javascript:" not in page
    path = f"/posts/{post.id}/edit"
    for change in ({"part": ["Other"]}, {"part": ["Two"], "channels": [slack.id]}):
        answer = send(writer, path, **fields | change, version=1)
        assert answer.status_code == 409
        assert "Some of it is up on Bluesky already" in problem(answer, "text")
        assert shown(answer)["part"] == change["part"]
    later = {f"text-{slack.id}": "Other words there", "due_at": "2027-01-02T10:00"}
    assert send(writer, path, **fields | later, part=["Two"], version=1).status_code == 303
    assert said(slack)[0] == ["Other words there"]


def test_each_channel_is_asked_for_the_limits_of_its_own_server(
    writer: FlaskClient, mastodon: Channel
) -> None:
    larger = make.channel(make.alice(), "mastodon", "large")
    larger.facts = {"characters": 1000}
    database.session.commit()
    text = {"text": "a" * 700}
    assert send(writer, **typed(larger) | text, action="draft").status_code == 303
    both = send(writer, **typed(mastodon, larger) | text | {"nonce": "two"})
    assert problem(both, "text") == "toots.test: There is room for 500 characters; this is 700."
    warned = {f"option-{larger.id}-content_warning": "b" * 300}
    assert send(writer, **typed(larger) | text | {"nonce": "3"}).status_code == 303
    full = send(writer, **typed(larger) | {"text": "a" * 701, "nonce": "4"} | warned)
    assert problem(full, "text") == "large.test: There is room for 700 characters; this is 701."
