"""What people do while the engine works: they write, move, rewrite and cancel until the last moment,
connect and disconnect, and decide what the engine leaves to them."""

from datetime import datetime, timedelta
from random import Random

from app import audit
from app.account.models import Membership, User
from app.channels import connecting
from app.channels.models import Channel
from app.db import db
from app.networks import Account
from app.publishing import decisions
from app.scheduler import composing
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery, Post
from app.scheduler.saying import sayings_of
from app.scheduler.states import HELD, SCHEDULED
from tests import make
from tests.chaos import keys
from tests.chaos.truth import DEEDS, WORDS, Truth

TWIN = "canary Good morning"  # several posts say just this


class People:
    """Alice and Charlie, each with an account of every kind on every network."""

    def __init__(self, truth: Truth, random: Random) -> None:
        self.truth, self.random = truth, random
        self.deeds = 0

    def connect_all(self, kinds: tuple[str, ...], each: int, now: datetime) -> list[Channel]:
        made = []
        for kind in kinds:
            for number in range(each):
                user = (make.alice, make.charlie)[number % 2]()
                way = ("plain", "rotating", "narrow", "strict", "narrow-rotating")[number % 5]
                deaf = "-deaf" if kind == "key" and number % 3 == 2 else ""
                made.append(self._connect(user, f"{kind}{deaf}-{number}-{way}", kind, now))
        db.session.commit()
        return made

    def _connect(self, user: User, name: str, kind: str, now: datetime) -> Channel:
        grant = keys.first(self.truth, name, now)
        account = Account(kind, f"https://{name}.example", name, name, name, "https://x.example")
        return connecting.attach(make.member(user), account, grant, now)

    def write(self, number: int, channel: Channel, due: datetime, now: datetime) -> None:
        """A post, a thread of two or three, or a post with a first comment."""
        kind = self.random.random()
        text, further, comment = f"canary Post {number}", (), ""
        if number % 97 == 13:
            text = f"poison of {('preparing', 'sending')[number % 2]} {number}"
        elif kind < 0.1 and channel.network != "handle":
            text = TWIN
        elif kind < 0.25:
            parts = self.random.randrange(1, 3)
            further = tuple(f"canary Post {number} part {n + 2}" for n in range(parts))
        elif kind < 0.3:
            comment = f"canary Post {number} comment"
        made = Composition(text, (channel,), (), due, "", "UTC", further=further, comment=comment)
        post = composing.write(self._member(channel), made, f"n{number}", now)
        self._note("post.created", post)

    def note_words(self, posts: list[Post]) -> None:
        """What each says from now on, committed."""
        ids = {row.id: post.id for post in posts for row in post.deliveries}
        for id, said in sayings_of(ids).items():
            parts = [part.text for part in said.parts] + ([said.comment] if said.comment else [])
            self.truth.note(WORDS, delivery=id, parts=parts)

    def change_minds(self, now: datetime, most: int) -> None:
        """A few posts that wait are moved, rewritten or cancelled."""
        soon = db.select(Post).where(Post.state == SCHEDULED).order_by(Post.due_at).limit(40)
        posts = list(db.session.scalars(soon))
        changed = self.random.sample(posts, min(len(posts), self.random.randrange(most + 1)))
        for post in changed:
            try:
                self._change(post, now)
            except composing.Leaving:  # some of it is up: they are told so, and nothing changes
                db.session.rollback()
            db.session.commit()
        self.note_words(changed)
        db.session.rollback()

    def _change(self, post: Post, now: datetime) -> None:
        later = now + timedelta(seconds=self.random.uniform(0, 300))
        channel = post.deliveries[0].channel
        member = self._member(channel)
        kind = self.random.choice(("move", "move", "rewrite", "rewrite", "cancel"))
        if kind == "move":
            composing.move(post, member, later, "", "UTC", now)
        elif kind == "cancel":
            composing.cancel(post, member, now)
            self.truth.note(DEEDS, cancelled=post.id)
        elif post.text != TWIN:
            further = tuple(one.text + "!" for one in post.words if one.kind == "part")
            made = Composition(f"{post.text}!", (channel,), (), later, "", "UTC", further=further)
            composing.revise(post, member, made, post.version, now)
        self._note(
            {"move": "post.moved", "cancel": "post.cancelled"}.get(kind, "post.changed"), post
        )

    def disconnect_one(self, now: datetime) -> None:
        """Somebody removes an account, perhaps while a post to it is on its way."""
        active = list(db.session.scalars(db.select(Channel).where(Channel.state == "active")))
        channel = self.random.choice(active)
        member = self._member(channel)
        connecting.disconnect(channel.id, now)
        self._record("channel.disconnected", member)
        db.session.commit()

    def reconnect(self, now: datetime, *, also_removed: bool = False) -> list[str]:
        """People bring new keys to what asks for them; which accounts had lost theirs."""
        states = ["needs_reconnect", "disconnected"] if also_removed else ["needs_reconnect"]
        lost = list(db.session.scalars(db.select(Channel).where(Channel.state.in_(states))))
        names = [one.account_id for one in lost if one.state == "needs_reconnect"]
        for channel in lost:
            grant = keys.first(self.truth, channel.account_id, now)
            connecting.attach(self._member(channel), channel.account, grant, now)
            self.truth.note(DEEDS, mended=f"/channels/{channel.id}")
        db.session.commit()
        return names

    def release_held(self, now: datetime) -> None:
        """Publish now what waits for nothing but its person."""
        chosen = db.select(Delivery).where(
            Delivery.state == HELD, Delivery.hold.in_(("late", "reconnect"))
        )
        for row in list(db.session.scalars(chosen)):
            if row.channel.state == "active" and self.random.random() < 0.5:
                composing.release(row.post, self._member(row.channel), now)
                self._note_mended(row)
                self._note("post.released", row.post)
        db.session.commit()

    def decide(self, now: datetime) -> int:
        """Look at the network and say what stands there; half of them wait for another day."""
        chosen = db.select(Delivery).where(
            Delivery.state == HELD, Delivery.hold == "needs_decision"
        )
        rows = [row for row in db.session.scalars(chosen) if self.random.random() < 0.5]
        for row in rows:
            is_up = any(
                line.get("delivery") == row.id and line["step"] == len(row.steps)
                for line in self.truth.lines(row.channel.account_id)
            )
            member = self._member(row.channel)
            says = "leave" if row.post.words else "up" if is_up else "again"
            self.truth.note(DEEDS, decided=row.id, says=says, was_up=is_up)
            self._note_mended(row)
            decisions.decide(row, member, says, "https://chaos.example/", now)
            self._record("delivery.decided", member, decision=says)
        db.session.commit()
        return len(rows)

    def _note_mended(self, row: Delivery) -> None:
        """From now on it may go wrong again, and be told again."""
        for path in (f"/posts/{row.post_id}", f"/attention#delivery-{row.id}"):
            self.truth.note(DEEDS, mended=path)

    def _member(self, channel: Channel) -> Membership:
        members = (make.member(make.alice()), make.member(make.charlie()))
        return next(m for m in members if m.organization_id == channel.organization_id)

    def _note(self, action: str, post: Post) -> None:
        author = post.author_id
        self.deeds += 1
        audit.record(action, actor=author, organization=post.organization_id, post=post.id)

    def _record(self, action: str, member: Membership, **what: str) -> None:
        self.deeds += 1
        audit.record(action, actor=member.user_id, organization=member.organization_id, **what)
