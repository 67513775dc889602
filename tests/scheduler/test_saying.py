"""What a post says on each channel, and the hash of it."""

import json
from hashlib import sha256

from app import clock
from app.db import db as database
from app.media.models import Asset
from app.networks import Limits, Network, Option
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from app.scheduler.saying import Hung, Part, Saying, Shown, Words, say, saying, sayings_of
from tests import make


def asset(name: str) -> Asset:
    made = Asset(
        organization_id=make.member(make.alice()).organization_id,
        type="image/png",
        size=1,
        width=1,
        height=1,
        sha256=name,
        storage_key=f"assets/1/{name}",
        created_at=clock.now(),
    )
    database.session.add(made)
    database.session.flush()
    return made


def composed(**beside: object) -> Post:
    alice = make.alice()
    channels = (make.channel(alice), make.channel(alice, name="two"))
    pictures = beside.pop("pictures", ())
    made = Composition("One", channels, pictures, None, "", "UTC", **beside)  # type: ignore[arg-type]
    post = write(make.member(alice), made, "n", clock.now())
    database.session.commit()
    return post


def said(post: Post) -> list[Saying]:
    """On each of its channels; the engine's form of the question answers the same."""
    found = [saying(post, one.channel) for one in post.deliveries]
    for_engine = sayings_of(one.id for one in post.deliveries)
    assert [for_engine[one.id] for one in post.deliveries] == found
    assert [one.content_hash for one in post.deliveries] == [one.content_hash for one in found]
    return found


def test_a_single_post_hashes_as_it_did_before_there_were_threads(db: object) -> None:
    post = composed(pictures=((asset("s"), "A tree"),))
    before = json.dumps(["One", [["s", "A tree"]]], ensure_ascii=False)
    for one in said(post):
        assert one.content_hash == sha256(before.encode()).hexdigest()


def test_a_channel_with_words_of_its_own_says_those_and_no_others(db: object) -> None:
    alice = make.alice()
    own = {make.channel(alice, name="two").id: Words(("Elsewhere",))}
    post = composed(further=("Two", "Three"), comment="Under it", variants=own)
    shared, other = said(post)
    assert [part.text for part in shared.parts] == ["One", "Two", "Three"]
    assert shared.comment == "Under it"
    assert [part.text for part in other.parts] == ["Elsewhere"]
    assert other.comment == ""


def test_a_picture_hangs_in_its_part_and_else_in_the_last_one(db: object) -> None:
    own = {make.channel(make.alice(), name="two").id: Words(("One", "Two"))}
    hung = (Hung(asset("a"), "first"), Hung(asset("b"), "third", 2))
    shared, other = said(composed(further=("Two", "Three"), variants=own, pictures=hung))
    assert [[p.alt for p in part.pictures] for part in shared.parts] == [["first"], [], ["third"]]
    assert [[p.alt for p in part.pictures] for part in other.parts] == [["first"], ["third"]]


def part(text: str, *alts: str) -> Part:
    return Part(text, tuple(Shown(1, "image/png", "s", "k", alt) for alt in alts))


def test_whatever_is_said_differently_hashes_differently() -> None:
    one, two = part("One"), part("Two")
    different = [
        Saying((one,)),
        Saying((two,)),
        Saying((one, two)),
        Saying((two, one)),
        Saying((one,), "Two"),
        Saying((one, part("")), "Two"),
        Saying((one, part("")), ""),
        Saying((part("One", "A tree"), two)),
        Saying((one, part("Two", "A tree"))),
        Saying((one, part("Two", "A bush"))),
        Saying((one,), "", {"title": "Two"}),
        Saying((one,), "", {"warning": "Two"}),
        Saying((one,), "Two", {"title": "Two"}),
    ]
    assert len({said.content_hash for said in different}) == len(different)


class Asking(Network):
    slug = name = "asking"
    limits = Limits(300, None, 4, 1, 1, 1)
    options = (
        Option("title", "Title", "text"),
        Option("who", "Who", "choice", choices=(("all", "All"), ("few", "Few")), default="all"),
    )


def test_what_is_answered_as_the_network_would_by_itself_is_no_answer() -> None:
    answers = {"title": "", "who": "all", "never": "asked"}
    plain = say(Asking(), Words(("One",)), (), answers)
    assert plain == Saying((part("One"),))
    assert plain.answers(Asking()) == {"title": "", "who": "all"}
    few = say(Asking(), Words(("One",)), (), {"who": "few"})
    assert few.answers(Asking()) == {"title": "", "who": "few"}
