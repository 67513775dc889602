"""How a post begins with a template and ends with a signature: both go into its fields, below what is
written there, so that previews and counters see them and the person may change them."""

from datetime import datetime
from itertools import chain

from werkzeug.datastructures import MultiDict

from app.account.models import Membership
from app.scheduler import templates
from app.scheduler.sheets import Sheet
from app.scheduler.shelf import NAME, SIGNATURE, TEMPLATE
from app.scheduler.template_forms import TemplateForm
from app.scheduler.templates import BETWEEN, POST, Template
from app.scheduler.wording import MOST, Thread, field_of

PUT_IN, SIGN, KEEP = "template", "sign", "keep"
ACTIONS = (PUT_IN, SIGN, KEEP)  # buttons of the composer


def act(sheet: Sheet, action: str, member: Membership, now: datetime) -> bool:
    """Do what one of these buttons says; False with words beside its field when it can't."""
    if action == KEEP:
        return _keep(sheet, member, now)
    chosen = (POST, TEMPLATE, sheet.shelf.template)
    if action == SIGN:
        chosen = (templates.SIGNATURE, SIGNATURE, sheet.shelf.signature)
    kind, name, id = chosen
    found = templates.find(member, id, kind)
    if found is None:
        sheet.form.trouble(name, f"Choose a {name} first.")
        return False
    if action == SIGN:
        sign(sheet, found)
        return True
    return put_in(sheet, found)


def put_in(sheet: Sheet, found: Template) -> bool:
    """The words, the first comment and the labels of a template, below what is there. Where nothing is
    written yet the post goes where the template says."""
    shared, said, hung = sheet.wording.shared, found.words, sheet.pictures.kept
    begins = not shared.comment.strip() and not any(text.strip() for text in shared.parts)
    pictured = min(max((one.part for one in hung), default=0), len(shared.parts) - 1)
    last = max(_last(shared), pictured)
    if last + len(said.parts) > MOST:
        sheet.form.trouble(TEMPLATE, f"A thread has at most {MOST} posts here.")
        return False
    shared.parts[last:] = [_below(shared.parts[last], said.parts[0]), *said.parts[1:]]
    shared.comment = _below(shared.comment, said.comment)
    tagging = sheet.tagging
    tagging.ticked += [name for name in found.label_names if not tagging.has(name)]
    if begins:
        _go_where(sheet, found)
    sheet.focus = field_of(last, 0)
    stands = "is in" if begins else "stands below what you had written"
    apart = [one.handle for one in sheet.form.picked if one.id in sheet.wording.own]
    rest = f" {_and(apart)}: the words of their own stay." if apart else ""
    sheet.shelf.told = f"“{found.name}” {stands}.{rest}"
    return True


def _go_where(sheet: Sheet, found: Template) -> None:
    wanted = [one for one in sheet.form.known if one.id in found.channel_ids and one.is_usable]
    sheet.form.picked = wanted or sheet.form.picked


def sign(sheet: Sheet, found: Template) -> None:
    """At the end of the shared words and of those of single channels, where it is not yet."""
    text, own = found.words.parts[0], sheet.wording.own
    handles = {one.id: one.handle for one in sheet.form.known}
    shared = _end(sheet.wording.shared, text)
    apart = [handles[id] for id, thread in own.items() if _end(thread, text)]
    sheet.focus = field_of(_last(sheet.wording.shared), 0)
    to = ["the shared words"] if shared else []
    to += [f"the words for {_and(apart)}"] if apart else []
    done = f"was added to {', and to '.join(to)}" if to else "is there already"
    sheet.shelf.told = f"“{found.name}” {done}."


def _end(thread: Thread, text: str) -> bool:
    """Let the thread end with it; False when it did already."""
    last = _last(thread)
    if thread.parts[last].rstrip().endswith(text):
        return False
    thread.parts[last] = _below(thread.parts[last], text)
    return True


def _last(thread: Thread) -> int:
    """The last part that says something, 0 when none does."""
    return max((n for n, text in enumerate(thread.parts) if text.strip()), default=0)


def _below(text: str, more: str) -> str:
    if not text.strip():
        return more
    return f"{text.rstrip()}\n\n{more}" if more else text


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _keep(sheet: Sheet, member: Membership, now: datetime) -> bool:
    """The shared words as a new template; the composer stays as it is."""
    shelf, shared = sheet.shelf, sheet.wording.shared
    fields = MultiDict({"name": shelf.name})
    picked = {one.id for one in sheet.form.picked} if shelf.is_whole else set()
    if shelf.is_whole:
        fields["labels"] = BETWEEN.join(sheet.tagging.names)
    form = TemplateForm(formdata=fields, thread=shared, picked=picked)
    if not form.is_ready():
        for words in chain(form.name.errors, form.labels.errors, *form.troubles.values()):
            sheet.form.trouble(NAME, words)
        return False
    made = templates.make(member, POST, form.content, now)
    if isinstance(made, str):
        sheet.form.trouble(NAME, made)
        return False
    shelf.name, shelf.made, shelf.told = "", made.id, f"“{made.name}” is kept."
    return True
