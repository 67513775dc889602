"""Pictures for the demo's library, drawn here: nobody's photographs are needed to show one."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw

from app.account.models import Membership
from app.media.models import Asset
from app.scheduler import library

SIZE, FINER = (1200, 900), 2  # drawn larger, so that edges are smooth when it is made small
Brush = ImageDraw.ImageDraw


class Scene(NamedTuple):
    """What stands on it, what a reader hears instead, its labels, and how it is drawn."""

    alt: str
    labels: str
    paper: str
    draw: Callable[[Brush], None]


def hang(member: Membership, now: datetime) -> list[Asset]:
    """Every scene in the library of the organisation, described."""
    return [_hang(member, scene, now) for scene in SCENES]


def _hang(member: Membership, scene: Scene, now: datetime) -> Asset:
    large = Image.new("RGB", (SIZE[0] * FINER, SIZE[1] * FINER), scene.paper)
    scene.draw(ImageDraw.Draw(large))
    file = BytesIO()
    large.resize(SIZE, Image.Resampling.LANCZOS).save(file, "PNG")
    asset = Asset.upload(member, file.getvalue(), now)
    library.describe(asset, scene.alt, scene.labels, member)
    return asset


def _disc(brush: Brush, x: int, y: int, radius: int, fill: str) -> None:
    brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _cup(brush: Brush) -> None:
    _disc(brush, 1240, 960, 690, "#d8cdb8")
    _disc(brush, 1200, 900, 690, "#fbf7ee")
    _disc(brush, 1200, 900, 620, "#e9e2d3")
    brush.rounded_rectangle((1560, 820, 2010, 980), 80, fill="#1f3d5c")
    _disc(brush, 1200, 900, 430, "#1f3d5c")
    _disc(brush, 1200, 900, 375, "#3b2116")
    brush.arc((900, 600, 1500, 1200), 200, 290, fill="#8a5a3a", width=26)


def _hills(brush: Brush) -> None:
    _disc(brush, 1680, 560, 210, "#f6c667")
    for top, fill in ((880, "#7fa79b"), (1120, "#4d7f78"), (1360, "#245a5c")):
        left, right = top - 260 * (top != 1120), top - 260 * (top == 1120)
        brush.polygon([(0, left), (900, right), (2400, left + 120), (2400, 1800), (0, 1800)], fill)
    for row in range(5):
        for place in range(12 - row):
            _disc(brush, 130 + place * 200 + row * 60, 1740 - row * 90, 34 - row * 4, "#12393c")


def _bag(brush: Brush) -> None:
    brush.rectangle((0, 1450, 2400, 1800), fill="#a9502f")
    brush.rounded_rectangle((760, 300, 1640, 1560), 36, fill="#1f3d5c")
    brush.rectangle((760, 300, 1640, 440), fill="#16304a")
    brush.rounded_rectangle((900, 700, 1500, 1260), 24, fill="#fbf7ee")
    _disc(brush, 1200, 930, 130, "#3b6ea5")
    brush.polygon([(1195, 800), (1290, 690), (1330, 760)], fill="#4d7f78")
    for y, half in ((1120, 200), (1180, 140)):
        brush.rounded_rectangle((1200 - half, y, 1200 + half, y + 24), 12, fill="#c9bda6")


SCENES = (
    Scene("A cup of black coffee in a blue cup on a white plate, from above.", "Bar", "#efe6d6", _cup),
    Scene("Morning sun over three green hills with rows of coffee trees.", "Farm", "#f9e4c8", _hills),
    Scene("A blue bag of coffee with an orchard's sign on a red shelf.", "Shop, Product", "#e7b58a", _bag),
)  # fmt: skip
