"""Labels and campaign in the composer's form: those that are ticked, and new ones by name."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.account.forms import normal
from app.scheduler.labels import CAMPAIGN, LABEL, LONGEST, MOST_ON_A_POST, apart, fold, refuse, tidy
from app.scheduler.models import Post

LABELS, NEW, ONE = "labels", "new_labels", "campaign"  # the names of the fields


@dataclass
class Tagging:
    """Names as typed: `ticked` of those that exist, `typed` new ones with commas between."""

    ticked: list[str] = field(default_factory=list)
    typed: str = ""
    campaign: str = ""

    @classmethod
    def read(cls, fields: MultiDict[str, str]) -> "Tagging":
        ticked = [tidy(normal(name)) for name in fields.getlist(LABELS)[:100]]
        return cls(ticked, normal(fields.get(NEW, "")), normal(fields.get(ONE, "")))

    @classmethod
    def of(cls, post: Post) -> "Tagging":
        found = [one.label for one in post.labels]
        campaign = next((one.name for one in found if one.kind == CAMPAIGN), "")
        return cls([one.name for one in found if one.kind == LABEL], "", campaign)

    @property
    def names(self) -> tuple[str, ...]:
        """Each once, as it was written first."""
        return tuple(apart((*self.ticked, *self.typed.split(","))).values())

    def has(self, name: str) -> bool:
        return fold(name) in map(fold, self.ticked)

    def problems(self, organization_id: int) -> Iterator[tuple[str, str]]:
        """Field and words, for each thing that is wrong."""
        if any(len(name) > LONGEST for name in self.names):
            yield NEW, f"A label has at most {LONGEST} characters. Put commas between several."
        if len(self.names) > MOST_ON_A_POST:
            yield NEW, f"A post has at most {MOST_ON_A_POST} labels."
        if len(tidy(self.campaign)) > LONGEST:
            yield ONE, f"The name of a campaign has at most {LONGEST} characters."
        if not all(name.isprintable() for name in (*self.names, tidy(self.campaign))):
            yield NEW, "A label can only hold characters that can be printed."
        if full := refuse(organization_id, self.names, self.campaign):
            yield NEW, full
