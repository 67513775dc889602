"""The closed list of what the audit trail can say, in plain words."""

# What a person does with their own account; nobody else's business, so no organisation is named.
PERSONAL = {
    "account.created": "Opened an account",
    "account.changed": "Changed name, time zone or appearance",
    "account.address_asked": "Asked to change the address",
    "account.address_confirmed": "Confirmed an address",
    "account.verification_asked": "Asked for a new confirmation link",
    "account.signed_in": "Signed in",
    "account.sign_in_failed": "Sign-in failed",
    "account.signed_out": "Signed out",
    "account.password_changed": "Changed the password",
    "account.password_asked": "Asked for a link to choose a new password",
    "account.password_reset": "Chose a new password by a mailed link",
    "account.session_ended": "Ended a session",
    "account.sessions_ended": "Ended all other sessions",
    "person.erased": "A person was erased",
    "audit.details_shredded": "Old details were shredded",
}
ORGANIZATION = {
    "organization.founded": "Founded the organisation",
    "organization.changed": "Changed the organisation's settings",
    "organization.left": "Left the organisation",
    "member.joined": "Joined by an invitation",
    "member.role_changed": "Changed a person's role",
    "member.removed": "Removed a person",
    "invitation.sent": "Invited somebody",
    "invitation.mailed_again": "Mailed an invitation again",
    "invitation.revoked": "Took an invitation back",
    "channel.connected": "Connected a channel",
    "channel.checked": "Checked a channel",
    "channel.disconnected": "Disconnected a channel",
    "post.created": "Wrote a post",
    "post.changed": "Changed a post",
    "post.moved": "Moved a post",
    "post.released": "Published a post at once",
    "post.cancelled": "Cancelled a post",
    "post.deleted": "Deleted a post",
    "delivery.decided": "Decided on a held delivery",
    "audit.exported": "Exported the audit trail",
}
ACTIONS = PERSONAL | ORGANIZATION
