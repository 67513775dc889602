"""Conditions whose loss the doors do not notice: most hold a row to a person among rows that the matrix has
one of, or stand in jobs. A condition that is new and unnoticed fails the long form."""

# By the test that notices it.
NAMED = {
    "account/invitations.py _join: Membership.organization_id == organization_id": "tests/account/test_organizations.py"  # noqa: E501
    "::test_only_the_invited_address_can_accept",
    "account/invitations.py _join: Membership.user_id == user.id": "tests/account/test_organizations.py"
    "::test_only_the_invited_address_can_accept",
    "operator/looks.py found_in: Look.operator_id == operator.id": "tests/operator/test_people.py"
    "::test_a_look_ends_after_half_an_hour_and_is_one_operators",
    "operator/looks.py open_look: Look.operator_id == operator.id": "tests/operator/test_people.py"
    "::test_a_look_ends_after_half_an_hour_and_is_one_operators",
    "privacy/erasures.py owned_alone: Membership.organization_id == member.organization_id": "tests/privacy/test_erasure.py"  # noqa: E501
    "::test_every_canary_of_the_person_goes_from_every_store_and_none_of_anothers",
    "privacy/exports.py holder_of: Membership.user_id == user.id": "tests/privacy/test_exports.py"
    "::test_a_copy_has_every_canary_of_the_person_and_none_of_another",
}
# The others. The list may only become shorter.
UNNOTICED = {
    "account/activity.py _events: details.c.actor_id == user.id",
    "account/activity.py _events: details.c.subject_id == user.id",
    "account/activity.py copies_since: details.c.actor_id == user.id",
    "account/alerts.py Alert.addressees: User.id == self.user_id",
    "account/alerts.py about_person: Alert.user_id == user.id",
    "account/alerts.py was_told: rows.c.user_id == user.id",
    "account/authenticator.py find: Authenticator.user_id == user.id",
    "account/authenticator.py forget: Authenticator.user_id == user.id",
    "account/devices.py is_known: rows.c.user_id == user.id",
    "account/devices.py remember: rows.c.user_id == user.id",
    "account/factors.py has_second: app.c.user_id == user.id",
    "account/membership.py _stand_in_line: Membership.organization_id == home",
    "account/passkeys.py check: key.user_id != user.id",
    "account/recovery.py forget: RecoveryCode.user_id == user.id",
    "account/recovery.py left: rows.c.user_id == user.id",
    "account/recovery.py spend: rows.c.user_id == user.id",
    "account/recovery.py spend: rows.c.user_id == user.id (again)",
    "account/sessions.py renew: LoginSession.user_id == user_id",
    "account/tokens.py OneTimeToken.spend_all: links.c.user_id == user.id",
    "audit/erasing.py erase_person: details.c.actor_id == person_id",
    "audit/erasing.py erase_person: details.c.subject_id == person_id",
    "audit/erasing.py erase_person: keys.c.person_id == person_id",
    "audit/erasing.py reseal_keys: keys.c.person_id == row.person_id",
    "audit/recording.py KEY: keys.c.person_id == bindparam('person_id')",
    "channels/connecting.py connected: Channel.organization_id == organization_id",
    "operator/looks.py found_in: Look.user_id == User.id",
    "operator/looks.py note: Look.operator_id == operator.id",
    "operator/looks.py note: Look.user_id == user_id",
    "operator/looks.py open_look: Look.user_id == user_id",
    "operator/models.py Look.at_person: cls.user_id == user.id",
    "operator/people_routes.py person: RightsRequest.user_id == id",
    "privacy/consents.py history: Consent.user_id == user_id",
    "privacy/consents.py state_of: Consent.user_id == user_id",
    "privacy/erasure_steps.py hand_over: heir.organization_id == int(id)",
    "privacy/erasures.py owned_alone: Membership.user_id != user.id",
    "privacy/erasures.py owned_alone: Membership.user_id == user.id",
    "privacy/imports.py brought_before: ImportRun.user_id == user_id",
    "privacy/imports.py receive: ImportRun.user_id == user.id",
    "privacy/recognising.py _own_organizations: membership.c.organization_id == organization.c.id",
    "privacy/recognising.py _own_organizations: membership.c.user_id == person",
    "publishing/claiming.py is_too_late: Organization.id == row.organization_id",
    "publishing/claiming.py usable_channels: Organization.id == Channel.organization_id",
    "sandbox/routes.py _find: WallPost.wall_id == mine.id",
    "scheduler/approving.py approvers: Membership.organization_id == post.organization_id",
    "scheduler/jobs.py tell_author: one.id != event.actor_id",
    "telemetry/models.py TelemetryRecord.of: cls.user_id == user_id",
    "telemetry/outbox.py drop_waiting: row.user_id == person_id",
    "telemetry/people.py distinct_id_of: row.user_id == person_id",
    "telemetry/people.py objected_at: row.user_id == person_id",
}
