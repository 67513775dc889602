"""/import: a spreadsheet becomes posts, all of them or none."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.db import db as database
from app.scheduler.models import Post
from app.spreadsheets.uploads import Spreadsheet
from tests import make

HEAD = "text,date and time,channels,labels,campaign\n"


def soon(days: int = 3, clock_time: str = "09:30") -> str:
    return f"{clock.now() + timedelta(days=days):%Y-%m-%d} {clock_time}"


def send(client: FlaskClient, text: str | bytes) -> TestResponse:
    raw = text.encode() if isinstance(text, str) else text
    return client.post("/import", data={"file": (io.BytesIO(raw), "posts.csv")})


def upload(client: FlaskClient, text: str | bytes) -> str:
    answer = send(client, text)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def hidden(page: str) -> dict[str, list[str]]:
    """The fields of the form that confirms."""
    [form] = re.findall(
        r'<form method="post" action="/import/\d+/confirmation".*?</form>', page, re.S
    )
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    return fields


def bring_in(client: FlaskClient, where: str, **more: Any) -> TestResponse:
    page = client.get(where, query_string=more)
    assert page.status_code == 200
    return client.post(f"{where}/confirmation", data=hidden(page.text))


def posts() -> list[Post]:
    return list(database.session.scalars(database.select(Post).order_by(Post.id)))


def test_rows_become_posts_as_the_preview_said(client: FlaskClient) -> None:
    make.channel(make.alice())
    where = upload(
        client,
        HEAD + f'"One, with a comma",{soon()},one.test,"news, spring",Launch\n'
        f'"A thread\n---\nof two",{soon(4)},sandbox,,\nNo time yet,,one.test,,\n',
    )
    page = client.get(where)
    assert "3 posts, 1 of them a draft" in page.text
    assert "a thread of 2" in page.text
    assert bring_in(client, where).status_code == 303
    first, second, third = posts()
    assert (first.text, first.state) == ("One, with a comma", "scheduled")
    assert sorted(one.label.name for one in first.labels) == ["Launch", "news", "spring"]
    assert f"{first.due_at.astimezone(make.alice().zone):%H:%M}" == "09:30"
    assert [row.text for row in second.words] == ["of two"]
    assert (third.state, third.due_at) == ("draft", None)


def test_one_bad_row_keeps_all_of_them_out(client: FlaskClient) -> None:
    make.channel(make.alice())
    where = upload(
        client,
        HEAD + f"Fine,{soon()},one.test,,\n{'x' * 600},{soon()},one.test,,\n"
        f"When?,sometime,one.test,,\nWhere?,{soon()},nowhere.test,,\nPast,2020-01-01 10:00,one.test,,\n",
    )
    page = client.get(where)
    for words in ("600", "sometime is no date and time", "No channel is called nowhere.test",
                  "That time has passed", "4 rows have problems"):  # fmt: skip
        assert words in page.text, words
    assert "/confirmation" not in page.text
    fields = {"text": "0", "moment": "1", "channels": "2", "timezone": "UTC"}
    fields |= {"order": "day", "undated": "draft", "past": "tell"}
    answer = client.post(f"{where}/confirmation", data=fields)
    assert answer.status_code == 422
    assert "sometime is no date and time" in answer.text
    assert posts() == []
    fields["past"] = "draft"
    page = client.get(where, query_string=fields)
    assert "Its time has passed: kept as a draft." in page.text


def test_twice_confirmed_is_once_done(client: FlaskClient) -> None:
    make.channel(make.alice())
    where = upload(client, HEAD + f"Once,{soon()},one.test,,\n")
    fields = hidden(client.get(where).text)
    for _ in range(2):
        assert client.post(f"{where}/confirmation", data=fields).status_code == 303
    assert len(posts()) == 1
    [sheet] = database.session.scalars(database.select(Spreadsheet))
    assert (sheet.posts, sheet.storage_key, sheet.sealed_key) == (1, None, None)
    assert "1 post was written" in client.get(where).text


def test_what_is_not_named_is_chosen_once_for_all(client: FlaskClient) -> None:
    """A file of Buffer: one channel, the times on a clock that is chosen, pictures left out."""
    channel = make.channel(make.alice())
    where = upload(
        client,
        "Text,Image URL,Tags,Posting Time\n"
        f'Hello,https://cdn.example/a.jpg,"spring,news",{soon()}\nLater,,,\n',
    )
    page = client.get(where)
    assert "A file of Buffer" in page.text
    assert "choose where the posts go" in page.text
    told = {"text": "0", "media": "1", "labels": "2", "moment": "3", "order": "day"}
    told |= {"undated": "draft", "past": "tell", "timezone": "America/New_York", "to": channel.id}
    page = client.get(where, query_string=told)
    assert "A picture is left out: it is not fetched from the web." in page.text
    assert bring_in(client, where, **told).status_code == 303
    first, later = posts()
    assert (first.zone, first.wall_time[-5:]) == ("America/New_York", "09:30")
    assert [one.channel_id for one in first.deliveries] == [channel.id]
    assert later.state == "draft"


def test_rows_of_one_thread_id_are_one_post(client: FlaskClient) -> None:
    make.channel(make.alice())
    where = upload(
        client,
        "content,channels,schedule_at,media_url,tags,alt_text,thread_id\n"
        f"One,sandbox,{soon().replace(' ', 'T')}:00Z,,a,,t1\nTwo,sandbox,,,,,t1\n"
        f"Alone,one.test|sandbox,{soon(4).replace(' ', 'T')}:00Z,,,,\n",
    )
    assert "A file of OpenPost" in client.get(where).text
    assert bring_in(client, where).status_code == 303
    thread, alone = posts()
    assert [thread.text, *(row.text for row in thread.words)] == ["One", "Two"]
    assert thread.due_at and f"{thread.due_at:%H:%M}" == "09:30"
    assert alone.text == "Alone"


def test_the_room_that_earlier_rows_take_counts(client: FlaskClient) -> None:
    make.channel(make.alice())
    rows = "".join(f"Post {n},{soon(5, f'10:{n % 60:02}')},one.test,,\n" for n in range(52))
    page = client.get(upload(client, HEAD + rows))
    assert "2 rows have problems" in page.text
    assert "one.test has 50 posts on" in page.text


def test_what_needs_a_yes_waits_for_one_and_its_approvers_get_one_mail(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    make.channel(make.alice())
    make.rule("four_eyes")
    where = upload(client, HEAD + f"One,{soon()},one.test,,\nTwo,{soon(4)},one.test,,\n")
    assert bring_in(client, where).status_code == 303
    assert [one.state for one in posts()] == ["pending_approval"] * 2
    assert [one.told_at is None for one in posts()] == [True, False]


def test_next_free_slots_are_given_out_one_after_the_other(client: FlaskClient) -> None:
    channel = make.channel(make.alice())
    slots = {
        "channels": channel.id,
        "weekdays": ["0", "1", "2", "3"],
        "times": "9",
        "timezone": "UTC",
    }
    assert client.post("/slots", data=slots).status_code == 303
    where = upload(client, "content,channels,schedule_at\nOne,one.test,queue\nTwo,one.test,queue\n")
    assert "Next free slot" in client.get(where).text
    assert bring_in(client, where).status_code == 303
    first, second = posts()
    assert first.due_at < second.due_at
    assert all(one.in_slot for post in (first, second) for one in post.deliveries)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Choose a CSV file|This file is empty"),
        (b"\x00\x01\x02\x03" * 50, "This is not text"),
        (b"text\n", "There is nothing below"),
        (b'text,when\n"open,1\n', "a quotation mark is open"),
        (b"text,when\na,b,c\n", "Row 2 has more cells"),
        (b"text\n" + b"x\n" * 501, "501 rows; 500 go at once"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
)
def test_what_is_no_table_is_told_beside_the_file(
    client: FlaskClient, raw: bytes, words: str
) -> None:
    answer = send(client, raw)
    assert answer.status_code == 422
    assert re.search(words, answer.text)
    assert database.session.scalars(database.select(Spreadsheet)).all() == []


def test_an_upload_is_its_persons_own_and_can_be_taken_away(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    where = upload(client, HEAD + "x,,,,\n")
    other = client.application.test_client()
    make.sign_in(other, make.bob())
    assert other.get(where).status_code == 404
    assert client.post(f"{where}/removal").status_code == 303
    assert client.get(where).status_code == 404


def test_the_template_can_be_brought_in(client: FlaskClient) -> None:
    make.channel(make.alice())
    where = upload(client, client.get("/import/template.csv").data)
    assert "A file of AllStac" in client.get(where).text
    assert bring_in(client, where).status_code == 303
    assert [one.state for one in posts()] == ["scheduled", "scheduled"]
