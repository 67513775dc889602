"""The pictures and videos of a composer's form: those kept from before, those that come with it."""

from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from app.account.forms import normal
from app.account.models import Membership
from app.db import db
from app.media.child import BadMedia
from app.media.models import Asset
from app.scheduler.media import shown
from app.web import ids

ALT_MOST = 2000


@dataclass
class Pictures:
    """Pictures and videos in order with their alt texts, and what was wrong with others."""

    kept: list[tuple[Asset, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    added: int = 0

    @property
    def assets(self) -> list[Asset]:
        return [asset for asset, _ in self.kept]

    @property
    def rows(self) -> list[dict[str, object]]:
        return [
            shown(asset, alt) | {"id": asset.id, "width": asset.width, "height": asset.height}
            for asset, alt in self.kept
        ]


def read_kept(member: Membership, form: "ImmutableMultiDict[str, str]") -> Pictures:
    """The pictures that the form names and that belong to the organisation."""
    pictures = Pictures()
    removed, alts = set(form.getlist("remove")), form.getlist("alt")
    for place, id in enumerate(form.getlist("kept")[:20]):
        if id in removed or not ids([id]):
            continue
        asset = db.session.scalar(Asset.of(member).where(Asset.id == int(id)))
        if asset:
            pictures.kept.append((asset, _alt(alts, place)))
        else:
            pictures.problems.append("A picture is not here any more. Choose it again.")
    return pictures


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
            pictures.kept.append((asset, _alt(alts, before + place)))
            pictures.added += 1


def _alt(alts: list[str], place: int) -> str:
    return normal(alts[place]).strip()[:ALT_MOST] if place < len(alts) else ""
