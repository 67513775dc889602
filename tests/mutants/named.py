"""Conditions whose loss the doors do not notice, and the test that does: most hold a row to a person among
rows that the matrix has one of, or stand in jobs. A condition that is new and unnoticed fails the long form."""

# By file and test.
NOTICED = {
    "tests/account/test_organizations.py": {
        "test_only_the_invited_address_can_accept": (
            "account/invitations.py _join: Membership.organization_id == organization_id",
            "account/invitations.py _join: Membership.user_id == user.id",
        ),
    },
    "tests/account/test_ownerless.py": {
        "test_everybody_is_told_and_who_may_act_is_led_there": (
            "account/jobs.py tell_ownerless: Membership.organization_id == organization_id",
        ),
    },
    "tests/account/test_passkeys.py": {
        "test_a_passkey_is_the_second_factor_after_a_password": (
            "account/passkeys.py check: key.user_id != user.id",
        ),
    },
    "tests/account/test_two_people.py": {
        "test_a_device_is_known_and_forgotten_for_one": (
            "account/devices.py is_known: rows.c.user_id == user.id",
            "account/devices.py remember: rows.c.user_id == user.id",
        ),
        "test_a_link_that_is_on_its_way_to_another_still_counts": (
            "account/tokens.py OneTimeToken.spend_all: links.c.user_id == user.id",
        ),
        "test_an_app_is_found_counts_and_goes_for_one": (
            "account/authenticator.py find: Authenticator.user_id == user.id",
            "account/authenticator.py forget: Authenticator.user_id == user.id",
            "account/factors.py has_second: app.c.user_id == user.id",
        ),
        "test_an_owner_changes_and_removes_nobody_of_another_organisation": (
            "account/membership.py _stand_in_line: Membership.organization_id == home",
        ),
        "test_only_who_is_given_a_role_gets_a_new_session": (
            "account/sessions.py renew: LoginSession.user_id == user_id",
        ),
        "test_recovery_codes_are_spent_by_one_even_where_two_are_the_same": (
            "account/recovery.py forget: RecoveryCode.user_id == user.id",
            "account/recovery.py left: rows.c.user_id == user.id",
            "account/recovery.py spend: rows.c.user_id == user.id",
            "account/recovery.py spend: rows.c.user_id == user.id (again)",
        ),
        "test_what_one_was_told_is_not_anothers_and_is_mailed_to_one": (
            "account/alerts.py Alert.addressees: User.id == self.user_id",
            "account/alerts.py about_person: Alert.user_id == user.id",
            "account/alerts.py was_told: rows.c.user_id == user.id",
        ),
    },
    "tests/account/test_watching.py": {
        "test_a_person_sees_what_was_done_with_their_account_and_nothing_of_others": (
            "account/activity.py _events: details.c.actor_id == user.id",
            "account/activity.py _events: details.c.subject_id == user.id",
        ),
        "test_the_fourth_copy_of_data_in_a_day_is_told": (
            "account/activity.py copies_since: details.c.actor_id == user.id",
        ),
    },
    "tests/audit/test_log.py": {
        "test_an_erased_person_is_gone_and_the_log_still_verifies": (
            "audit/erasing.py erase_person: details.c.actor_id == person_id",
            "audit/erasing.py erase_person: details.c.subject_id == person_id",
            "audit/erasing.py erase_person: keys.c.person_id == person_id",
            "audit/recording.py KEY: keys.c.person_id == bindparam('person_id')",
        ),
        "test_keys_are_resealed_and_everything_still_opens": (
            "audit/erasing.py reseal_keys: keys.c.person_id == row.person_id",
        ),
    },
    "tests/billing/test_dunning.py": {
        "test_a_trial_by_the_clock_ends_without_an_invoice_and_leaves_a_week_to_choose": (
            "scheduler/setting_aside.py posts_that_wait: Post.organization_id == organization_id",
            "scheduler/setting_aside.py posts_that_wait: row.organization_id == organization_id",
        ),
    },
    "tests/billing/test_told.py": {
        "test_a_customer_who_is_gone_at_stripe_is_on_the_free_plan": (
            "billing/buying.py _count_bought: Subscription.organization_id == organization_id",
        ),
        "test_any_order_repeated_or_lost_the_end_is_the_same": (
            "billing/buying.py swap: BillingAccount.organization_id == organization_id",
            "billing/settling.py begin: BillingAccount.organization_id == organization_id",
            "billing/settling.py write_down: BillingAccount.organization_id == organization_id",
        ),
    },
    "tests/channels/test_connecting.py": {
        "test_an_organisation_that_goes_lets_go_of_its_own_channels_only": (
            "channels/connecting.py connected: Channel.organization_id == organization_id",
        ),
    },
    "tests/channels/test_journey.py": {
        "test_out_by_a_link_and_back_into_a_channel": (
            "channels/away.py come_back: row.organization_id == who.member.organization_id",
            "channels/away.py depart: row.organization_id == who.member.organization_id",
        ),
    },
    "tests/operator/test_people.py": {
        "test_a_look_ends_after_half_an_hour_and_is_one_operators": (
            "operator/looks.py found_in: Look.operator_id == operator.id",
            "operator/looks.py open_look: Look.operator_id == operator.id",
        ),
        "test_a_search_opens_who_was_found_and_nobody_else": (
            "operator/looks.py found_in: Look.user_id == User.id",
            "operator/looks.py open_look: Look.user_id == user_id",
            "operator/models.py Look.at_person: cls.user_id == user.id",
            "operator/people_routes.py person: RightsRequest.user_id == id",
        ),
        "test_each_operator_and_each_person_has_a_look_of_their_own": (
            "operator/looks.py note: Look.operator_id == operator.id",
            "operator/looks.py note: Look.user_id == user_id",
        ),
    },
    "tests/privacy/test_erasure.py": {
        "test_every_canary_of_the_person_goes_from_every_store_and_none_of_anothers": (
            "privacy/erasures.py owned_alone: Membership.organization_id == member.organization_id",
        ),
    },
    "tests/privacy/test_exports.py": {
        "test_a_copy_has_every_canary_of_the_person_and_none_of_another": (
            "privacy/exports.py holder_of: Membership.user_id == user.id",
        ),
    },
    "tests/privacy/test_imports.py": {
        "test_what_another_owns_under_the_same_name_is_not_taken_for_ones_own": (
            "privacy/recognising.py _own_organizations: membership.c.organization_id == organization.c.id",
            "privacy/recognising.py _own_organizations: membership.c.user_id == person",
        ),
    },
    "tests/privacy/test_two_people.py": {
        "test_a_consent_is_one_persons": (
            "privacy/consents.py history: Consent.user_id == user_id",
            "privacy/consents.py state_of: Consent.user_id == user_id",
        ),
        "test_a_random_name_and_an_objection_are_one_persons": (
            "telemetry/people.py distinct_id_of: row.user_id == person_id",
            "telemetry/people.py objected_at: row.user_id == person_id",
        ),
        "test_an_heir_who_belongs_to_another_organisation_by_then_becomes_no_owner": (
            "privacy/erasure_steps.py hand_over: heir.organization_id == int(id)",
        ),
        "test_an_owner_settles_what_nobody_else_owns_among_the_others": (
            "privacy/erasures.py owned_alone: Membership.user_id != user.id",
        ),
        "test_copies_that_another_brought_are_not_counted_and_not_known": (
            "privacy/imports.py brought_before: ImportRun.user_id == user_id",
            "privacy/imports.py receive: ImportRun.user_id == user.id",
        ),
        "test_what_is_told_about_one_is_neither_shown_to_another_nor_dropped_with_them": (
            "telemetry/models.py TelemetryRecord.of: cls.user_id == user_id",
            "telemetry/outbox.py drop_waiting: row.user_id == person_id",
        ),
    },
    "tests/publishing/test_farewell.py": {
        "test_the_channel_is_erased_with_what_hangs_on_it": (
            "publishing/farewell.py _erase: post.organization_id == organization_id",
            "publishing/farewell.py _erase: row.organization_id == organization_id",
        ),
    },
    "tests/publishing/test_mastodon.py": {
        "test_from_the_connect_form_to_the_page_of_the_post": (
            "channels/away.py Traveller.went_to: row.organization_id == self.member.organization_id",
            "channels/away.py Traveller.went_to: row.user_id == self.member.user_id",
            "channels/away.py arrive: row.organization_id == found.organization_id",
        ),
    },
    "tests/publishing/test_pausing.py": {
        "test_a_paused_channel_holds_what_comes_due_and_resumes_in_time": (
            "publishing/pausing.py _sum_up: Post.organization_id == organization_id",
            "publishing/pausing.py resume: Channel.organization_id == organization_id",
            "publishing/pausing.py resume: row.organization_id == organization_id",
        ),
    },
    "tests/publishing/test_two_organizations.py": {
        "test_each_waits_as_long_as_its_own_policy_says": (
            "publishing/welcome.py too_late: Organization.id == row.organization_id",
        ),
        "test_what_is_being_closed_sends_nothing_and_others_do": (
            "publishing/welcome.py usable_channels: Organization.id == Channel.organization_id",
        ),
    },
    "tests/sandbox/test_api.py": {
        "test_a_key_names_a_post_of_one_wall": (
            "sandbox/routes.py _find: WallPost.wall_id == mine.id",
        ),
    },
    "tests/scheduler/test_approvals.py": {
        "test_nobody_of_another_organisation_can_approve_or_is_told": (
            "scheduler/approving.py approvers: Membership.organization_id == post.organization_id",
        ),
        "test_who_answers_their_own_post_is_not_written_to": (
            "scheduler/jobs.py _concerned: one.id != event.actor_id",
        ),
    },
    "tests/scheduler/test_calendar.py": {
        "test_each_view_shows_a_post_at_its_time_and_marks_today": (
            "scheduler/calendar_posts.py labels: Label.organization_id == home",
        ),
    },
    "tests/scheduler/test_client_links.py": {
        "test_a_yes_is_only_noted_where_the_makers_own_would_not_count": (
            "scheduler/client_answers.py _maker: Membership.user_id == found.made_by_id",
        ),
    },
    "tests/scheduler/test_digests.py": {
        "test_at_eight_on_their_own_wall_one_mail_tells_all_that_waits": (
            "scheduler/digests.py _words: Organization.id == Membership.organization_id",
            "scheduler/digests.py due: User.id == Membership.user_id",
        ),
        "test_each_gets_their_own": ("scheduler/digests.py take: Membership.user_id == person_id",),
        "test_of_what_is_restricted_or_about_to_go_none_tells": (
            "scheduler/digests.py due: Organization.id == Membership.organization_id",
            "scheduler/digests.py take: Organization.id == Membership.organization_id",
            "scheduler/digests.py take: User.id == Membership.user_id",
        ),
    },
    "tests/scheduler/test_mail_choices.py": {
        "test_choices_are_each_persons_own": (
            "scheduler/mail_choices.py choose: MailChoice.user_id == user.id",
            "scheduler/mail_choices.py of: row.user_id == user.id",
        ),
        "test_the_plan_is_told_in_the_product_to_those_who_pay": (
            "scheduler/notices.py tell: Membership.organization_id == organization_id",
        ),
    },
    "tests/scheduler/test_search.py": {
        "test_the_list_of_posts_can_be_asked": (
            "scheduler/searching.py _holding: POSTS.c.organization_id == organization_id",
        ),
    },
}
NAMED = {
    condition: f"{file}::{test}"
    for file, tests in NOTICED.items()
    for test, held in tests.items()
    for condition in held
}
# What it asks for is so without it.
EQUIVALENT = {
    "privacy/erasures.py owned_alone: Membership.user_id == user.id": "keeps the walk to a person's own"
    " organisations; one of other owners is never left alone by somebody who is none of them",
}
