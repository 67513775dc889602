"""Templates and signatures: kept under a name, and put into the composer where they are seen."""

from datetime import datetime
from html import unescape

import pytest
from flask.testing import FlaskClient

from app.account.forms import normal
from app.channels.models import Channel
from app.db import db as database
from app.scheduler import templates
from app.scheduler.models import Post
from app.scheduler.saying import Words
from app.scheduler.templates import POST as OF_A_POST
from app.scheduler.templates import SIGNATURE, Content, Template
from app.scheduler.threads import cut_thread, join_thread
from tests import make
from tests.attacks.payloads import PAYLOADS

DATABASES = ("sqlite",)  # both are asked about these tables by tests/doors and tests/tenants


@pytest.fixture
def writer(client: FlaskClient, noon: datetime) -> FlaskClient:
    make.channel(make.alice(), "sandbox", "grace")
    make.sign_in(client, make.alice())
    return client


def kept(*words: str, name: str = "Friday", kind: str = OF_A_POST, **more: object) -> Template:
    comment = str(more.pop("comment", ""))
    content = Content(name, Words(words or ("Apples",), comment), **more)  # type: ignore[arg-type]
    made = templates.make(make.member(make.alice()), kind, content, make.NOON)
    assert made
    database.session.commit()
    return made


def all_of_them() -> list[Template]:
    database.session.expire_all()
    return list(database.session.scalars(database.select(Template).order_by(Template.id)))


def channel() -> Channel:
    return database.session.scalars(database.select(Channel).order_by(Channel.id)).first()


def put_in(client: FlaskClient, template: Template | int, **typed: object) -> str:
    id = template if isinstance(template, int) else template.id
    sent = {"action": "template", "template": str(id), "text": ""} | typed
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 200, answer.text
    return answer.text


def sign(client: FlaskClient, signature: Template, **typed: object) -> str:
    sent = {"action": "sign", "signature": str(signature.id), "text": ""} | typed
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 200, answer.text
    return answer.text


def typed_in(page: str, field: str = "text") -> str:
    """What stands in a field of the page."""
    area = page.split(f'<textarea id="{field}"', 1)[1]
    return area.split(">", 1)[1].split("</textarea>", 1)[0]


def test_a_template_is_written_changed_and_taken_away(writer: FlaskClient) -> None:
    assert "No templates yet" in writer.get("/templates").text
    sent = {"name": " Friday  recipe ", "text": "One <b>", "part": ["Two", ""], "comment": "Link"}
    sent |= {"labels": "Recipes, recipes, Autumn", "channels": [str(channel().id)], "kind": "post"}
    assert writer.post("/templates/new", data=sent).location == "/templates"
    [made] = all_of_them()
    assert (made.name, made.words) == ("Friday recipe", Words(("One <b>", "Two"), "Link"))
    assert (made.labels, made.channel_ids) == ("Recipes, Autumn", {channel().id})
    page = writer.get(f"/templates/{made.id}").text
    assert typed_in(page) == "One &lt;b&gt;" and typed_in(page, "part-1") == "Two"
    changed = {"name": "Friday recipe", "text": "---\nOne", "labels": ""}
    assert writer.post(f"/templates/{made.id}", data=changed).status_code == 303
    [made] = all_of_them()
    assert (made.words, made.labels, made.channel_ids) == (Words(("---\nOne",)), "", set())
    assert writer.post(f"/templates/{made.id}/deletion").status_code == 303
    assert all_of_them() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": " "}, "Give it a name."),
        ({"name": "x" * 81}, "At most 80 characters."),
        ({"name": "a\u202eb"}, "only hold characters that can be printed"),
        ({"name": "FRIDAY"}, "Another one has this name already."),
        ({"text": " \n", "part": [" "]}, "Write the words first."),
        ({"text": "a" * 20_001}, "longer than 20,000 characters"),
        ({"text": "a" * 15_000, "part": ["b" * 15_000]}, "longer than 20,000 characters"),
        ({"labels": "x" * 41}, "at most 40 characters"),
        ({"kind": "signature", "text": "a" * 501}, "at most 500 characters"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    writer: FlaskClient, change: dict[str, object], told: str
) -> None:
    kept()
    typed = {"name": "Monday", "text": "Pears <i>", "kind": "post", "comment": "Soon"} | change
    answer = writer.post("/templates/new", data=typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert "text" in change or typed_in(answer.text) == "Pears &lt;i&gt;"
    assert "kind" in change or typed_in(answer.text, "comment") == "Soon"
    assert len(all_of_them()) == 1


def test_a_signature_may_have_the_name_of_a_template_but_no_two_templates_share_one(
    writer: FlaskClient,
) -> None:
    first = kept()
    kept(name="FRIDAY", kind=SIGNATURE)
    other = kept(name="Monday")
    taken = writer.post(f"/templates/{other.id}", data={"name": "friday", "text": "Pears"})
    assert taken.status_code == 422 and "Another one has this name already." in taken.text
    assert typed_in(taken.text) == "Pears"
    renamed = writer.post(f"/templates/{first.id}", data={"name": "FRIDAY", "text": "Plums"})
    assert renamed.status_code == 303
    assert [one.name for one in all_of_them()] == ["FRIDAY", "FRIDAY", "Monday"]
    assert other.words == Words(("Apples",))


def test_an_organisation_has_two_hundred_at_most(
    writer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 1)
    kept()
    full = writer.post("/templates/new", data={"name": "New", "text": "Pears", "kind": "post"})
    assert full.status_code == 422 and "the most that fit" in full.text
    assert typed_in(full.text) == "Pears"


def test_a_template_goes_into_an_empty_composer_with_thread_comment_labels_and_channels(
    writer: FlaskClient,
) -> None:
    make.channel(make.alice(), "sandbox", "henry")
    id = channel().id
    made = kept("One", "Two", comment="Link", labels=("Recipes",), channels=frozenset({id}))
    for page in (put_in(writer, made, text=" "), writer.get(f"/posts/new?template={made.id}").text):
        assert typed_in(page) == "One" and typed_in(page, "part-1") == "Two"
        assert typed_in(page, "comment") == "Link"
        assert 'name="labels" value="Recipes" checked' in page
        assert page.count('name="channels"') == 2
        assert f'name="channels" value="{id}" checked' in page
        assert f'name="channels" value="{id + 1}">' in page


def test_a_template_goes_below_what_is_written_and_nothing_typed_is_lost(
    writer: FlaskClient,
) -> None:
    made = kept("One", "Two", comment="Link", labels=("Recipes",))
    typed = {"text": "Mine", "part": ["Also mine", ""], "comment": "My link", "campaign": "Harvest"}
    page = put_in(writer, made, **typed, labels="Autumn", due_at="2026-11-24T15:30", when="at")
    assert typed_in(page) == "Mine"
    assert typed_in(page, "part-1") == "Also mine\n\nOne" and typed_in(page, "part-2") == "Two"
    assert typed_in(page, "comment") == "My link\n\nLink"
    assert "“Friday” stands below what you had written." in page
    assert 'value="Autumn" checked' in page and 'value="Harvest"' in page
    assert 'value="2026-11-24T15:30"' in page
    assert not database.session.scalars(database.select(Post)).all()


def test_previews_and_counters_show_what_was_put_in(writer: FlaskClient) -> None:
    page = put_in(writer, kept("Twelve words"), channels=[str(channel().id)])
    assert "Twelve words" in page.split('id="previews"', 1)[1]
    signed = sign(writer, kept("#pears", kind=SIGNATURE), text="A", channels=[str(channel().id)])
    assert "#pears" in signed.split('id="previews"', 1)[1]


def test_a_signature_is_added_once_at_the_end_of_all_words(writer: FlaskClient) -> None:
    id, made = channel().id, kept("Written by Grace", name="Grace", kind=SIGNATURE)
    typed = {"text": "One", "part": ["Two", ""], "channels": [str(id)]}
    typed |= {"differs": [str(id)], f"text-{id}": "Other"}
    page = sign(writer, made, **typed)
    assert typed_in(page) == "One" and typed_in(page, "part-1") == "Two\n\nWritten by Grace"
    assert typed_in(page, f"text-{id}") == "Other\n\nWritten by Grace"
    assert "“Grace” was added to the shared words, and to the words for grace.test." in page
    again = {"text": "One\n\nWritten by Grace", "channels": [str(id)]}
    page = sign(writer, made, **again)
    assert typed_in(page) == "One\n\nWritten by Grace"
    assert "“Grace” is there already." in page


def test_a_signed_post_says_what_was_seen_and_nothing_more(writer: FlaskClient) -> None:
    kept("#pears", kind=SIGNATURE)
    writer.post("/posts/new", data={"text": "Plain", "action": "draft", "nonce": "n"})
    assert database.session.scalars(database.select(Post.text)).all() == ["Plain"]


def test_to_put_in_one_has_to_be_chosen(writer: FlaskClient) -> None:
    kept()
    signature = kept(kind=SIGNATURE)
    for chosen in ("", "999", str(signature.id), "x"):
        sent = {"action": "template", "template": chosen, "text": "Mine"}
        answer = writer.post("/posts/new", data=sent)
        assert answer.status_code == 422 and "Choose a template first." in answer.text
        assert typed_in(answer.text) == "Mine"
    assert writer.get("/posts/new?template=999").status_code == 404
    assert writer.get(f"/posts/new?template={signature.id}").status_code == 404


def test_htmx_gets_the_composer_alone(writer: FlaskClient) -> None:
    sent = {"action": "template", "template": str(kept().id), "text": ""}
    headers = {"HX-Request": "true", "HX-Target": "composer"}
    part = writer.post("/posts/new", data=sent, headers=headers).text
    assert typed_in(part) == "Apples" and "<html" not in part


def test_what_is_written_is_kept_as_a_template_and_stays_in_the_composer(
    writer: FlaskClient,
) -> None:
    typed = {"text": "One", "part": ["Two"], "comment": "Link", "labels": "Recipes"}
    typed |= {"channels": [str(channel().id)], "action": "keep", "template_name": "Series"}
    page = writer.post("/posts/new", data=typed)
    assert page.status_code == 200 and "“Series” is kept." in page.text
    assert typed_in(page.text) == "One" and typed_in(page.text, "part-1") == "Two"
    more = typed | {"template_name": "Whole", "template_whole": "yes"}
    writer.post("/posts/new", data=more)
    short, whole = all_of_them()
    assert short.words == whole.words == Words(("One", "Two"), "Link")
    assert (short.labels, short.channel_ids) == ("", set())
    assert (whole.labels, whole.channel_ids) == ("Recipes", {channel().id})
    for wrong, told in (
        ({"template_name": " "}, "Give it a name."),
        ({"template_name": "series"}, "Another one has this name already."),
        ({"text": "", "part": "", "comment": "", "template_name": "N"}, "Write the words first."),
    ):
        answer = writer.post("/posts/new", data=typed | wrong)
        assert answer.status_code == 422 and told in answer.text
    assert len(all_of_them()) == 2


def test_an_edited_post_takes_them_too(writer: FlaskClient) -> None:
    post = make.post(make.alice())
    page = writer.get(f"/templates/new?post={post.id}").text
    assert typed_in(page) == "Hello"
    sent = {"action": "template", "template": str(kept().id), "text": "Hello", "version": "1"}
    page = writer.post(f"/posts/{post.id}/edit", data=sent).text
    assert typed_in(page) == "Hello\n\nApples"
    assert writer.get("/templates/new?post=999").status_code == 404


def test_nothing_of_another_organisation_is_seen_changed_or_put_in(
    client: FlaskClient, writer: FlaskClient
) -> None:
    made = kept("A secret", name="Ours")
    foreign = make.channel(make.charlie(), "sandbox", "charles")
    sent = {"name": "Mine", "text": "x", "kind": "post", "channels": [str(foreign.id)]}
    writer.post("/templates/new", data=sent)
    assert all_of_them()[-1].channel_ids == set()
    make.sign_in(client, make.charlie())
    for page in (client.get("/templates"), client.get("/posts/new")):
        assert "Ours" not in page.text
    sent = {"action": "template", "template": str(made.id), "text": ""}
    assert client.post("/posts/new", data=sent).status_code == 422
    place = f"/templates/{made.id}"
    asked = [client.get(place), client.post(place, data={"name": "x", "text": "y"})]
    asked += [client.post(f"{place}/deletion"), client.get(f"/posts/new?template={made.id}")]
    assert {one.status_code for one in asked} == {404}


def test_every_text_comes_out_of_a_thread_as_it_went_in() -> None:
    texts = [normal(text) for text in PAYLOADS] + ["---", "a\n---\nb", "----\n", "\n", ""]
    assert cut_thread(join_thread(texts)) == texts


def test_hostile_words_are_shown_as_words(writer: FlaskClient) -> None:
    hostile = [text for text in PAYLOADS if "</textarea" in text or "<script" in text][:20]
    text = "\n".join(map(normal, hostile))
    made = kept(text, text, comment=text, name=hostile[0][:80], labels=(hostile[1][:40],))
    pages = [put_in(writer, made), writer.get(f"/templates/{made.id}").text]
    for page in pages:
        for field in ("text", "part-1", "comment"):
            assert unescape(typed_in(page, field)).strip() == text.strip()
    for page in [*pages, writer.get("/templates").text]:
        assert all(one not in page for one in hostile)
