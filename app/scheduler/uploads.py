"""The pictures and videos of a composer's form: those kept from before, those that come with it."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict

from app.account.forms import normal
from app.account.models import Membership
from app.db import db
from app.media.child import BadMedia
from app.media.models import MOST_ALT, Asset
from app.scheduler import media
from app.scheduler.saying import Hung, Shown, shown
from app.web import ids

PART = re.compile(r"[0-9]{1,2}")
SHIFT = re.compile(r"picture\.(up|down)\.([0-9]{1,9})")


@dataclass
class Pictures:
    """Pictures and videos in order with their alt texts, and what was wrong with others."""

    kept: list[Hung] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    added: int = 0

    @property
    def shown(self) -> list[tuple[Shown, int]]:
        return [(shown(one), one.part) for one in self.kept]

    def move(self, where: list[int]) -> None:
        """The part that was number n of the thread is number where[n] now."""
        self.kept = [one._replace(part=where[min(one.part, len(where) - 1)]) for one in self.kept]

    def shift(self, action: str) -> int | None:
        """Do what a button says about their order: the picture that it moved, None for other buttons
        and for a form that is out of date."""
        found = SHIFT.fullmatch(action)
        places = {one.asset.id: place for place, one in enumerate(self.kept)}
        if not found or int(found[2]) not in places:
            return None
        here = places[int(found[2])]
        there = here + (1 if found[1] == "down" else -1)
        if 0 <= there < len(self.kept):
            self.kept[here], self.kept[there] = self.kept[there], self.kept[here]
        return int(found[2])

    @property
    def rows(self) -> list[dict[str, object]]:
        return [
            media.shown(shown(one)) | {"id": one.asset.id, "part": one.part} for one in self.kept
        ]


def read_kept(member: Membership, form: "MultiDict[str, str]") -> Pictures:
    """The pictures that the form names, and those picked in the library, of the organisation's own."""
    pictures = Pictures()
    removed, alts = set(form.getlist("remove")), form.getlist("alt")
    parts = form.getlist("picture_part")
    for place, id in enumerate(form.getlist("kept")[:20]):
        if id in removed or not ids([id]):
            continue
        asset = db.session.scalar(Asset.usable(member).where(Asset.id == int(id)))
        if asset:
            pictures.kept.append(Hung(asset, _alt(alts, place), _part(parts, place)))
        else:
            pictures.problems.append("A picture is not here any more. Choose it again.")
    add_picked(pictures, member, form.getlist("pick"))
    return pictures


def add_picked(pictures: Pictures, member: Membership, picked: list[str]) -> None:
    """From the library, each with the alt text that it has there; what hangs already stays once."""
    there = {one.asset.id for one in pictures.kept}
    wanted = [id for id in dict.fromkeys(ids(picked[:20])) if id not in there]
    found = db.session.scalars(Asset.usable(member).where(Asset.id.in_(wanted)))
    by_id = {asset.id: asset for asset in found}
    pictures.kept += [Hung(by_id[id], by_id[id].alt) for id in wanted if id in by_id]


def add_new(
    pictures: Pictures,
    member: Membership,
    form: "ImmutableMultiDict[str, str]",
    files: list[FileStorage],
    now: datetime,
) -> None:
    """Decode and keep what was uploaded. What can't be read is told, the others stay."""
    alts, before = form.getlist("alt"), len(form.getlist("kept"))
    sent = [file for file in files if file and file.filename]
    for place, file in enumerate(sent[:20]):
        try:
            asset = Asset.take(member, file.stream, now)
        except BadMedia as trouble:
            pictures.problems.append(f"{(file.filename or 'File')[:60]}: {trouble}")
        else:
            pictures.kept.append(Hung(asset, _alt(alts, before + place)))
            pictures.added += 1


def _part(parts: list[str], place: int) -> int:
    typed = parts[place] if place < len(parts) else ""
    return int(typed) if PART.fullmatch(typed) else 0


def _alt(alts: list[str], place: int) -> str:
    return normal(alts[place]).strip()[:MOST_ALT] if place < len(alts) else ""
