"""Two sheets of one post put together, so that each text holds what both say."""

from itertools import zip_longest

from app.scheduler.saying import Hung
from app.scheduler.sheets import Sheet
from app.scheduler.tagging import Tagging
from app.scheduler.uploads import Pictures
from app.scheduler.wording import Thread


def join(mine: Sheet, theirs: Sheet) -> None:
    """What theirs says comes into mine, before it; what is the same stays once."""
    _join_words(mine.wording.shared, theirs.wording.shared)
    for id, thread in theirs.wording.own.items():
        _join_words(mine.wording.own.setdefault(id, Thread()), thread)
    for id, answers in theirs.wording.answers.items():
        own = mine.wording.answers.setdefault(id, {})
        own |= {name: answer for name, answer in answers.items() if not own.get(name)}
    mine.pictures.kept = _all_of(mine.pictures, theirs.pictures)
    picked = {one.id for one in (*mine.form.picked, *theirs.form.picked)}
    mine.form.picked = [one for one in mine.form.known if one.id in picked]
    mine.tagging = Tagging(
        list(dict.fromkeys([*theirs.tagging.ticked, *mine.tagging.ticked])),
        mine.tagging.typed,
        mine.tagging.campaign or theirs.tagging.campaign,
    )


def _join_words(mine: Thread, theirs: Thread) -> None:
    pairs = zip_longest(theirs.parts, mine.parts, fillvalue="")
    mine.parts = [_both(theirs, mine, "\n\n") for theirs, mine in pairs]
    mine.comment = _both(theirs.comment, mine.comment, "\n\n")


def _both(theirs: str, mine: str, between: str) -> str:
    """One after the other, or the longer one where it holds the other whole."""
    if mine.strip() in theirs:
        return theirs
    return mine if theirs.strip() in mine else f"{theirs.rstrip()}{between}{mine.lstrip()}"


def _all_of(mine: Pictures, theirs: Pictures) -> list[Hung]:
    """Theirs first; one that hangs in both has both alt texts."""
    found = {one.asset.id: one for one in theirs.kept}
    for one in mine.kept:
        other = found.get(one.asset.id)
        found[one.asset.id] = one._replace(alt=_both(other.alt, one.alt, " / ")) if other else one
    return list(found.values())
