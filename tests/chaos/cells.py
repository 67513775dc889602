"""The directed matrix as data, kept by hand: what a fault at a point comes to, for each class.

The letters are those of the points: c after the claim, l while media go up, d after the intent and before
the connection, e bytes sent and no reply, f reply read and not written down, g written down, h while
reading back, i while keys are renewed, j inside the sweeper. Outcomes: state, why it is held, and how
often it stands on the network."""

from dataclasses import dataclass

from tests.chaos.faults import CUT, KILL, STOP

End = tuple[str, str, int]
ONCE: End = ("published", "", 1)
NEVER: End = ("failed", "", 0)
UP_UNKNOWN: End = ("held", "needs_decision", 1)
OUT_UNKNOWN: End = ("held", "needs_decision", 0)
LOST_KEYS: End = ("held", "reconnect", 0)
CLASSES = ("exact", "key", "handle", "list", "blind")
ASKED = CLASSES[:-1]
Script = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cell:
    """`script` is what the first publisher meets, `then` what the second does."""

    name: str
    kind: str
    script: Script
    end: End
    then: Script = ()
    way: str = "plain"
    parts: int = 1
    sweeps: bool = False

    def __str__(self) -> str:
        return f"{self.name}, {self.kind}"


def _each(
    name: str, script: Script, blind: End | None, asked: End = ONCE, **more: object
) -> list[Cell]:
    """The same for all that can be asked, and for those that can't; None where there is no cell."""
    made = [Cell(name, kind, script, asked, **more) for kind in ASKED]  # type: ignore[arg-type]
    return made + ([Cell(name, "blind", script, blind, **more)] if blind else [])  # type: ignore[arg-type]


def _at(points: str, action: str, blind: End) -> list[Cell]:
    return [
        cell
        for point in points.split(", ")
        for cell in _each(f"{action} at {point}", ((point, action),), blind)
    ]


KILLED = [
    *_at("claimed, network: preparing, network: prepared, kept", KILL, ONCE),  # c, l
    *_at("intending", KILL, ONCE),  # before the intent is committed nothing was sent
    *_at("intended, network: leaving", KILL, OUT_UNKNOWN),  # d
    *_at("network: taken, recording, recorded", KILL, UP_UNKNOWN),  # e, f
    *_at("written#5", KILL, ONCE),  # g
]
STOPPED = [
    *_at("claimed, network: preparing", STOP, ONCE),
    *_at("intended", STOP, OUT_UNKNOWN),
    *_at("network: taken", STOP, ONCE),  # it wakes with the answer: the truth wins
]
BROKEN = _at("keeping, intending, recording, recorded, claimed", CUT, ONCE)
ANSWERED = [
    *(
        cell
        for fault in ("lose", "late", "5xx", "garbage", "explode")
        for cell in _each(f"answer: {fault}", (("publish", fault),), UP_UNKNOWN)
    ),
    *_each("answer: drop", (("publish", "drop"),), OUT_UNKNOWN),
    *(
        cell
        for fault in ("nobody", "busy", "stale", "gone")
        for cell in _each(f"answer: {fault}", (("publish", fault),), ONCE)
    ),
    *_each("answer: refuse", (("publish", "refuse"),), NEVER, NEVER),
    *(Cell("answer: work", kind, (("publish", "work"),), ONCE) for kind in ("key", "handle")),
]
READ_BACK = [
    Cell(
        f"{action} at {point} of reading back", kind, (("publish", lost),), ONCE, ((point, action),)
    )
    for kind in ASKED
    for lost in ("lose", "drop")
    for point, action in (
        ("network: asking", KILL),
        ("network: asked", KILL),
        ("network: asked", STOP),
        ("find", "drop"),
        ("find", "busy"),
        ("find", "explode"),
    )
]
RENEWED = [
    *_each("kill before the keys rotate", (("network: renewing", KILL),), ONCE, way="rotating"),
    *_each("kill after the keys rotated", (("network: renewed", KILL),), ONCE, way="rotating"),
    *_each("stop before the keys rotate", (("network: renewing", STOP),), ONCE, way="rotating"),
    *_each("stop after the keys rotated", (("network: renewed", STOP),), ONCE, way="rotating"),
    *_each("renewal lost", (("refresh", "lose"),), ONCE, way="rotating"),
    *_each("renewal dropped", (("refresh", "drop"),), ONCE, way="rotating"),
    *_each("renewal refused", (("refresh", "refuse"),), ONCE, way="rotating"),
    Cell("strict keys lost", "list", (("network: renewed", KILL),), LOST_KEYS, way="strict"),
]
SWEPT = [
    Cell(
        f"kill at {point} of the sweeper",
        kind,
        ((("network: taken", KILL)),),
        end,
        ((point, KILL),),
        sweeps=True,
    )
    for point in ("doubting", "doubted")
    for kind, end in (("exact", ONCE), ("list", ONCE), ("blind", UP_UNKNOWN))
]
ALL_UP: End = ("published", "", 3)
IN_PARTS = [
    Cell(f"thread: {action} at {point}", kind, ((point, action),), end, parts=3)
    for kind, ends in (
        *((kind, (ALL_UP,) * 6) for kind in ASKED),
        (
            "blind",
            (
                ("held", "needs_decision", 1),
                ("held", "needs_decision", 2),
                ("held", "needs_decision", 1),
                ("held", "needs_decision", 2),
                ("failed", "", 1),
                ALL_UP,
            ),
        ),
    )
    for (point, action), end in zip(
        (
            ("intended#2", KILL),
            ("network: taken#2", KILL),
            ("publish#2", "drop"),
            ("publish#2", "lose"),
            ("publish#2", "refuse"),
            ("publish#2", "nobody"),
        ),
        ends if kind == "blind" else (*(ALL_UP,) * 4, ("failed", "", 1), ALL_UP),
        strict=True,
    )
]
CELLS = [*KILLED, *STOPPED, *BROKEN, *ANSWERED, *READ_BACK, *RENEWED, *SWEPT, *IN_PARTS]


def _is_near_another(cell: Cell) -> bool:
    """Another cell of the quick suite goes nearly the same way."""
    near = ("network: prepared", "kept", "network: leaving", "recorded")
    is_same_read = cell in READ_BACK and cell.script[0][1] == "lose"
    return is_same_read or any(cell.name.endswith(f" at {point}") for point in near)


# One class of each behaviour is enough for the quick suite: a blind one where it ends otherwise than one
# that can be asked. Of a broken line the database's own tests tell.
UNASKED = (*KILLED, *STOPPED, *ANSWERED)
QUICK = [
    cell
    for cell in CELLS
    if cell.kind == "list" or (cell.kind == "blind" and cell in UNASKED and cell.end != ONCE)
    if cell not in BROKEN and not _is_near_another(cell)
]
LONG = [cell for cell in CELLS if cell not in QUICK]
