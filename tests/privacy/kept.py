"""Kept by hand, the twin of the marks: what becomes of each thing when its person asks or leaves. Read a
change here as a change of what people are promised."""

# Columns that a copy leaves out, and those of which it only says that there is something.
LEFT_OUT = {"rights_request.holder", "rights_request.origin", "tally.key", "trial_mark.key"}
TOLD_OF = {
    "audit_detail.sealed",
    "audit_key.sealed",
    "authenticator.sealed",
    "calendar_feed.token_hash",
    "channel_grant.sealed",
    "client_link.token_hash",
    "connecting.kept",
    "connecting.offers",
    "connecting.state_hash",
    "erasure.identity",
    "erasure_notice.payload",
    "export_run.sealed_key",
    "export_run.storage_key",
    "import_run.sealed_key",
    "import_run.storage_key",
    "invitation.token_hash",
    "login_session.token_hash",
    "one_time_token.token_hash",
    "recovery_code.code_hash",
    "report_link.token_hash",
    "rights_request.link_hash",
    "spreadsheet.sealed_key",
    "spreadsheet.storage_key",
    "support_conversation.link_hash",
    "user.password_hash",
    "wall.token_hash",
}
# Tables of which no copy shows a row: the trail's own, whose openings are copied.
NOBODYS = {"audit_edge", "audit_event", "audit_head"}
# Columns that name a file; the file goes with its row.
FILES = {
    "asset.storage_key",
    "export_run.storage_key",
    "import_run.storage_key",
    "spreadsheet.storage_key",
    "wall_picture.storage_key",
}

# Whose rows go with the person, and what else is emptied. Whatever isn't here stays as it is.
OWN = (
    "alert authenticator connecting export_run import_run incident_notice known_device login_session"
    " mail_choice membership notice one_time_token operator_look passkey recovery_code spreadsheet"
    " support_conversation support_message report_mail telemetry_person telemetry_record"
)
EMPTIED = {
    "consent": "user_id",
    "incident": "opened_by_id",
    "legal_hold": "placed_by_id",
    "request_event": "actor_id words",
    "rights_request": "details email holder network_user origin reply_to user_id",
    "user": "accepted_policy email erased_at is_operator name password_hash theme timezone"
    " told_policy",
}
# What the organisation keeps when a member leaves, and loses when it goes itself.
LET_GO = {
    "asset": "uploader_id",
    "channel": "connected_by_id",
    "client_link": "made_by_id",
    "invitation": "inviter_id",
    "post": "author_id",
    "report_link": "made_by_id",
    "post_event": "actor_id",
    "post_version": "writer_id",
}
OF_ORGANIZATION = (
    "allowance asset attempt audience billing_account billing_difference budget calendar_feed channel"
    " channel_grant channel_look channel_tally client_link client_link_post"
    " delivery delivery_event invitation label measure occurrence"
    " organization post post_event post_label post_option post_picture post_version post_words reading"
    " recurrence report_count report_link slot subscription template template_channel time_advice version_words"
    " wall wall_picture wall_post"
)
OUTLIVES = {"invoice": "organization_id"}  # a duty keeps it, of nobody
GONE = dict.fromkeys(OWN.split(), "gone") | EMPTIED
STAYS = {
    "bob": GONE | LET_GO,
    "charlie": GONE | dict.fromkeys(OF_ORGANIZATION.split(), "gone") | OUTLIVES,
}

# Columns that time empties while their row stays, by the clock that does it.
EMPTIED_BY_TIME = {
    "export_run.expires_at": {"sealed_key", "storage_key"},
    "import_run.expires_at": {"sealed_key", "storage_key"},
    "rights_request.link_until": {"link_hash"},
    "support_conversation.link_until": {"link_hash"},
}
# Tables about whoever reads mail at an address, with an account or without.
ADDRESSED = {"incident_notice", "invitation", "rights_request", "support_conversation"}
# And what becomes of their rows when somebody without an account wants to be erased.
OF_OUTSIDERS = {
    "incident_notice": "deleted",
    "invitation": "deleted",
    "rights_request": "emptied details email holder network_user origin reply_to",
    "support_conversation": "deleted",
}
# What only ENCRYPTION_KEYS open.
SEALED_COLUMNS = {
    "audit_detail.sealed",
    "audit_key.sealed",
    "authenticator.sealed",
    "channel_grant.sealed",
    "connecting.kept",
    "connecting.offers",
    "erasure.identity",
    "erasure_notice.payload",
    "export_run.sealed_key",
    "import_run.sealed_key",
    "spreadsheet.sealed_key",
}
