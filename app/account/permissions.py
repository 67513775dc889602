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
    Role.APPROVER: "Approver: moves, stops and decides",
    Role.VIEWER: "Viewer: looks",
}
EVERYONE = frozenset(Role)
WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.EDITOR})
SCHEDULERS = WRITERS | {Role.APPROVER}
ADMINS = frozenset({Role.OWNER, Role.ADMIN})

ROLES: dict[str, frozenset[Role]] = {
    "self": EVERYONE,
    "organization.view": EVERYONE,
    "organization.manage": ADMINS,
    "member.manage": ADMINS,
    "post.create": WRITERS,
    "post.edit": WRITERS,
    "post.reschedule": SCHEDULERS,
    "post.cancel": SCHEDULERS,
    "post.resolve": SCHEDULERS,
    "channel.connect": ADMINS,
    "operator": frozenset(),  # of no organisation: see app.web.OPERATOR
}
