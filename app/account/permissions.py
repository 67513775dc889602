"""Which role may do what. A permission is named by each route; see `app.web.allows`."""

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    APPROVER = "approver"
    VIEWER = "viewer"


WORDS = {
    Role.OWNER: "Owner: everything, and who else owns",
    Role.ADMIN: "Admin: channels, people and settings",
    Role.EDITOR: "Editor: writes and schedules",
    Role.APPROVER: "Approver: approves, moves and stops posts",
    Role.VIEWER: "Viewer: looks",
}
EVERYONE = frozenset(Role)
WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.EDITOR})
SCHEDULERS = WRITERS | {Role.APPROVER}
ADMINS = frozenset({Role.OWNER, Role.ADMIN})
APPROVERS = ADMINS | {Role.APPROVER}

ROLES: dict[str, frozenset[Role]] = {
    "self": EVERYONE,
    "organization.view": EVERYONE,
    "organization.manage": ADMINS,
    "organization.own": frozenset({Role.OWNER}),
    "member.manage": ADMINS,
    "audit.view": ADMINS | {Role.APPROVER},
    "post.create": WRITERS,
    "post.edit": WRITERS,
    "post.reschedule": SCHEDULERS,
    "post.cancel": SCHEDULERS,
    "post.resolve": SCHEDULERS,
    "post.comment": SCHEDULERS,
    "post.submit": WRITERS,
    "post.approve": APPROVERS,
    "post.share": SCHEDULERS,
    "slot.manage": WRITERS,
    "publishing.pause": APPROVERS,
    "channel.connect": ADMINS,
    "analytics.view": EVERYONE,
    "report.share": WRITERS,
    "operator": frozenset(),  # of no organisation: see app.web.OPERATOR
}

# Who does these to every post. The other roles of the table above do them to what they wrote.
TO_ALL: dict[str, frozenset[Role]] = {
    "post.reschedule": APPROVERS,
    "post.cancel": APPROVERS,
    "post.resolve": APPROVERS,
}
NOUNS = {
    Role.OWNER: "owners",
    Role.ADMIN: "admins",
    Role.EDITOR: "editors",
    Role.APPROVER: "approvers",
    Role.VIEWER: "viewers",
}


def who_may(permission: str) -> str:
    """'owners, admins and approvers', for a refusal that says who can."""
    nouns = [noun for role, noun in NOUNS.items() if role in ROLES[permission]]
    return " and ".join(filter(None, (", ".join(nouns[:-1]), nouns[-1])))
