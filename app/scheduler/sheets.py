"""The composer's sheet: form, words and pictures together, as typed, as checked, and as handed over."""

from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field

from flask import g, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from app import clock
from app.channels.models import Channel
from app.db import db
from app.scheduler import cautions, preview, uploads
from app.scheduler.checking import MEDIA, comment_field, option_field, problems
from app.scheduler.composition import Composition
from app.scheduler.forms import PostForm
from app.scheduler.link_cards import Cards, Looked, links, look
from app.scheduler.models import Post
from app.scheduler.recurrence import in_series
from app.scheduler.repeat_forms import RepeatForm, form_of
from app.scheduler.saying import Hung, Saying, say
from app.scheduler.shelf import Shelf
from app.scheduler.states import DRAFT
from app.scheduler.tagging import Tagging
from app.scheduler.timing import Timing
from app.scheduler.uploads import Pictures
from app.scheduler.wall_time import on_the_wall
from app.scheduler.wording import Deed, Thread, Wording, field_of, reshape, taking_threads
from app.web import ids

LONGEST = 20_000  # characters of one text, as in a copy that is brought back
NO_THREADS = "None of the chosen networks takes threads."


@dataclass
class Sheet:
    form: PostForm
    wording: Wording = field(default_factory=Wording)
    pictures: Pictures = field(default_factory=Pictures)
    tagging: Tagging = field(default_factory=Tagging)
    shelf: Shelf = field(default_factory=Shelf)
    focus: str = ""  # the field in which the person goes on
    timing: Timing = field(init=False)
    repeat: InitVar[RepeatForm | None] = None
    post: InitVar[Post | None] = None  # the one that is edited

    def __post_init__(self, repeat: RepeatForm | None, post: Post | None) -> None:
        again = repeat or RepeatForm(formdata=None)
        self.timing = Timing(self.form, again, post, in_series(post) if post else None)

    def said(self) -> list[tuple[Channel, Saying]]:
        """What it says on each channel that is picked."""
        least = self._least_parts
        return [
            (
                one,
                say(
                    one.adapter,
                    self.wording.thread(one.id).words(least),
                    self.pictures.shown,
                    self.wording.answers.get(one.id, {}),
                ),
            )
            for one in self.form.picked
        ]

    def previews(self, cards: Cards) -> list[preview.Preview]:
        said = self.said()
        found = cautions.duplicates(said, clock.now(), besides=self._edited)
        return preview.previews(said, self.wording.own, found, cards)

    def look(self) -> Looked:
        """Read the pages that it links to; what is not committed by now is undone."""
        return look(links(self.said()), current_user.id, clock.now())

    @property
    def _edited(self) -> int:
        return self.timing.post.id if self.timing.post else 0

    def clashes(self) -> list[cautions.Caution]:
        """Other posts close to the times at which this one would go out."""
        form, slots = self.form, self.timing.slots
        at = None if form.due_at.errors else form.moment(clock.now())
        times = {one: when for one in form.picked if (when := slots.get(one.id, at))}
        return cautions.clashes(times, besides=self._edited)

    def known_of(self, saved: Post) -> list[str]:
        """What its person may not have seen before it was saved."""
        if saved.state == DRAFT:
            return []
        self.timing.post = saved
        twice = cautions.duplicates(self.said(), clock.now(), besides=saved.id)
        found = [of_channel[0] for of_channel in twice.values()] + self.clashes()
        return [f"{one.words}." for one in found]

    def asks_for_alt(self, action: str) -> bool:
        """Once, before a picture goes out that says nothing to people who can't see it."""
        kept = self.pictures.kept
        silent = [one.asset.id for one in kept if not one.alt and not one.asset.is_video]
        if action == "draft" or not silent or self.form.asks_alt.raw_data != ["yes"]:
            return False
        self.form.asks_alt.data, self.focus = "", f"alt-{silent[0]}"
        return True

    @property
    def _least_parts(self) -> int:
        """A part without words is one while a picture hangs in it."""
        return 1 + max((one.part for one in self.pictures.kept), default=0)

    def reshape(self, deed: Deed) -> None:
        """Do what a button of the form says; nothing is saved."""
        known = taking_threads(self.form.picked)
        if deed.name == "split" and not known:
            self.form.trouble(field_of(0, deed.channel_id), NO_THREADS)
        has_media = bool(self.pictures.kept)
        self.pictures.move(reshape(self.wording, deed, known, has_media=has_media))
        self.focus = deed.field

    def is_keepable(self) -> bool:
        """Can what it says be kept, whatever is typed for its time?"""
        for words in self.pictures.problems:
            self.form.trouble(MEDIA, words)
        for name, words in self.tagging.problems(g.member.organization_id):
            self.form.trouble(name, words)
        self._check_lengths()
        return not self.form.troubles

    def is_ready(self, action: str) -> bool:
        """Valid, and there is room where it goes; a slot that it takes is its own from here on."""
        is_draft, form = action == "draft", self.form
        self.is_keepable()
        if not is_draft:
            self._check_words()
        if not form.is_ready(draft=is_draft, there=_channels_of(self.timing.post)):
            return False
        if not is_draft:
            now = clock.now()
            self.timing.find_places(now, hold=True)
            self.timing.check(g.member, current_user.zone, now)
        return not form.troubles

    def _check_lengths(self) -> None:
        for id, thread in ((0, self.wording.shared), *self.wording.own.items()):
            for place, text in enumerate(thread.parts):
                self._check_length(field_of(place, id), text)
            self._check_length(comment_field(id), thread.comment)
        for id, answers in self.wording.answers.items():
            for name, answer in answers.items():
                self._check_length(option_field(id, name), answer)

    def _check_length(self, name: str, text: str) -> None:
        if len(text) > LONGEST:
            self.form.trouble(name, f"A text can't be longer than {LONGEST} characters here.")

    def _check_words(self) -> None:
        """What goes out says something, and each network takes it."""
        said = self.said()
        shared = [one for one, _ in said if one.id not in self.wording.own]
        if shared or not said:
            self._check_emptiness(self.wording.shared, 0)
        for channel, saying in said:
            own = self.wording.own.get(channel.id)
            if own:
                self._check_emptiness(own, channel.id)
            for name, words in problems(channel, saying, is_own=own is not None):
                self.form.trouble(name, words)

    def _check_emptiness(self, thread: Thread, channel_id: int) -> None:
        parts = thread.words(self._least_parts).parts
        hung = {min(one.part, len(parts) - 1) for one in self.pictures.kept}
        for place, text in enumerate(parts):
            if not text and place not in hung:
                more = " Or take this post out." if place else ""
                words = f"Write something or add a picture or video.{more}"
                self.form.trouble(field_of(place, channel_id), words)

    def composition(self, action: str) -> Composition:
        form, least, is_draft = self.form, self._least_parts, action == "draft"
        shared = self.wording.shared.words(least)
        now, slots = clock.now(), {} if is_draft else self.timing.slots
        due_at = None if is_draft else self.timing.first(now)
        wall_time = form.wall_time
        if slots and due_at:
            wall_time = on_the_wall(due_at, current_user.zone).isoformat()[:16]
        return Composition(
            text=shared.parts[0],
            further=shared.parts[1:],
            comment=shared.comment,
            variants={id: one.words(least) for id, one in self.wording.own.items()},
            options=self._answers(),
            labels=self.tagging.names,
            campaign=self.tagging.campaign,
            channels=tuple(form.picked),
            pictures=tuple(self.pictures.kept),
            due_at=due_at,
            wall_time="" if is_draft else wall_time,
            slots=slots,
            zone=current_user.timezone,
            asks=action == "ask",
        )

    def _answers(self) -> dict[int, dict[str, str]]:
        """Those that say more than the network's own defaults."""
        defaults = {
            one.id: {option.name: option.default for option in one.adapter.options}
            for one in self.form.known
        }
        return {
            id: {name: text for name, text in found.items() if text != defaults[id].get(name)}
            for id, found in self.wording.answers.items()
        }


def _channels_of(post: Post | None) -> set[int]:
    """Where that post is to go already."""
    return {one.channel_id for one in post.deliveries} if post else set()


def channels() -> list[Channel]:
    return list(db.session.scalars(Channel.of(g.member)))


def read_sheet(
    fields: "ImmutableMultiDict[str, str] | None" = None,
    files: Iterable[FileStorage] = (),
    post: Post | None = None,
) -> Sheet:
    """As it was sent, with what is uploaded kept; `fields` are those of an earlier try, `post` is the
    one that is edited."""
    sent = request.form if fields is None else fields
    known, picked = channels(), set(ids(sent.getlist("channels")))
    form = PostForm(formdata=sent, zone=current_user.zone, channels=known, picked=picked)
    again = RepeatForm(formdata=sent)
    pictures = uploads.read_kept(g.member, sent)
    uploads.add_new(pictures, g.member, sent, list(files), clock.now())
    said = (Wording.read(sent, known), pictures, Tagging.read(sent), Shelf.read(sent))
    return Sheet(form, *said, repeat=again, post=post)


def sheet_of(found: Post) -> Sheet:
    known, picked = channels(), {one.channel_id for one in found.deliveries}
    form = PostForm(formdata=None, zone=current_user.zone, channels=known, picked=picked)
    form.version.data = str(found.version)
    form.show_time(found.due_at)
    if any(one.in_slot for one in found.deliveries):
        form.when.data = "next_slot"
    hung = [Hung(one.asset, one.alt, one.part) for one in found.pictures]
    again = form_of(in_series(found))
    said = (Wording.of(found, known), Pictures(hung), Tagging.of(found))
    return Sheet(form, *said, repeat=again, post=found)
