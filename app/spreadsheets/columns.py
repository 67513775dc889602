"""Which column holds what: the fields that a row can fill, and the files that are known by the names of
their columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

TEXT, MOMENT, DATE, CLOCK, ZONE = "text", "moment", "date", "clock", "zone"
CHANNELS, LABELS, CAMPAIGN, COMMENT = "channels", "labels", "campaign", "comment"
MEDIA, ALT, OWN, THREAD = "media", "alt", "own", "thread"
FIELDS = {
    TEXT: "Text",
    MOMENT: "Date and time",
    DATE: "Date",
    CLOCK: "Time",
    ZONE: "Time zone",
    CHANNELS: "Channels",
    LABELS: "Labels",
    CAMPAIGN: "Campaign",
    COMMENT: "First comment",
    MEDIA: "Pictures and videos",
    ALT: "Alt texts",
    OWN: "Words of single channels",
    THREAD: "Same thread",
}
# As our own files name them: the template, and the export that can be brought in again.
OWN_NAMES = {
    TEXT: "text",
    MOMENT: "date and time",
    ZONE: "time zone",
    CHANNELS: "channels",
    LABELS: "labels",
    CAMPAIGN: "campaign",
    COMMENT: "first comment",
    MEDIA: "media",
    ALT: "alt texts",
    OWN: "words of single channels",
}
# What people and other programs call them, besides the names above.
ALSO = {
    TEXT: "content, post, posts, message, caption, description, body, copy, post text, tweet, inhalt",
    MOMENT: "datetime, date time, date & time, posting time, scheduled at, schedule at, scheduled time,"
    " schedule date, scheduled date, publish at, due at, due, when, zeitpunkt, postatspecifictime",
    DATE: "day, publish date, post date, datum, tag",
    CLOCK: "hour, time of day, publish time, post time, uhrzeit, zeit",
    ZONE: "timezone, tz, zeitzone",
    CHANNELS: "channel, account, accounts, profile, profiles, platform, platforms, network, networks,"
    " handle, integrations, kanal, kanäle",
    LABELS: "label, tags, categories, category, schlagwörter",
    CAMPAIGN: "campaign name, kampagne",
    COMMENT: "comment, comments, erster kommentar",
    MEDIA: "image url, image urls, imageurls, media url, media urls, mediaurls, image, images, picture,"
    " pictures, video, videos",
    ALT: "alt, alt text, alternative text",
    THREAD: "thread id, thread",
}


def fold(name: str) -> str:
    """What makes two names of columns the same one."""
    return " ".join(name.replace("_", " ").casefold().split())


KNOWN = {
    fold(name): field_
    for field_, names in {one: f"{FIELDS[one]}, {ALSO.get(one, '')}" for one in FIELDS}.items()
    for name in names.split(",")
    if name.strip()
} | {fold(name): field_ for field_, name in OWN_NAMES.items()}


@dataclass(frozen=True)
class Layout:
    """A file of another program. `columns` in the folded names that its documents give, each with the
    field that it fills; `needs` of them tell it from others. `is_one_channel`: nothing in the file
    says where its posts go."""

    name: str
    columns: Mapping[str, str]
    needs: frozenset[str]
    is_one_channel: bool = False
    notes: tuple[str, ...] = field(default=())


NO_PICTURES = "Pictures that the file names by web addresses are left out; add them to the posts."
LAYOUTS = (
    Layout(
        "AllStac",
        {fold(name): field_ for field_, name in OWN_NAMES.items()},
        frozenset(map(fold, ("text", "date and time", "time zone", "channels"))),
    ),
    # support.buffer.com article 926, "How to upload posts in bulk to Buffer": Text, Image URL, Tags and
    # Posting Time (YYYY-MM-DD HH:mm, 24 hours, the channel's own clock), one channel per file.
    Layout(
        "Buffer",
        {"text": TEXT, "image url": MEDIA, "tags": LABELS, "posting time": MOMENT},
        frozenset(("text", "image url", "posting time")),
        is_one_channel=True,
        notes=(NO_PICTURES, "Buffer's files hold the posts of one channel: choose where they go."),
    ),
    # MagicSync, open source (MIT): leamsigc.github.io/MagicSync/guide/csv-import. scheduled_time is
    # ISO 8601; the channels are chosen beside the file.
    Layout(
        "MagicSync",
        {"content": TEXT, "image url": MEDIA, "scheduled time": MOMENT, "comments": COMMENT},
        frozenset(("content", "scheduled time")),
        is_one_channel=True,
        notes=(NO_PICTURES, "Of several comments all go into the first one."),
    ),
    # openpost.so/docs/guides/bulk-import-csv: channels with | between them, schedule_at in ISO 8601 or
    # "queue", rows of one thread_id are one thread.
    Layout(
        "OpenPost",
        {
            "content": TEXT,
            "channels": CHANNELS,
            "schedule at": MOMENT,
            "media url": MEDIA,
            "tags": LABELS,
            "alt text": ALT,
            "thread id": THREAD,
        },
        frozenset(("content", "channels", "schedule at")),
        notes=(NO_PICTURES,),
    ),
)


def recognise(header: Iterable[str]) -> Layout | None:
    """Whose file it is; the layout that explains most of the columns."""
    names = set(map(fold, header))
    fitting = [one for one in LAYOUTS if one.needs <= names]
    return max(fitting, key=lambda one: len(names & one.columns.keys()), default=None)


def guess(header: Iterable[str], layout: Layout | None) -> dict[str, int]:
    """Field and place of its column: by the layout, else by what the column is called. The first
    column of a name counts."""
    known = layout.columns if layout else KNOWN
    found: dict[str, int] = {}
    for place, name in enumerate(header):
        if field_ := known.get(fold(name)):
            found.setdefault(field_, place)
    if MOMENT not in found and DATE in found and CLOCK not in found:
        found[MOMENT] = found.pop(DATE)
    return found
