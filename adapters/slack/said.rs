//! Slack's error codes: which of them end the matter, and what a person has to do about each.
//! Source: the error tables of `chat.postMessage`, `chat.update` and `auth.test` on docs.slack.dev.

use crate::api::ApiError;
use crate::http::Broken;
use tessera_ports::DeliveryError;

/// `(code, what to do)`: trying again cannot help.
const PERMANENT: &[(&str, &str)] = &[
    (
        "channel_not_found",
        "check the name, or use the channel's ID (C…); a private channel needs `/invite @tessera` first",
    ),
    ("not_in_channel", "invite the bot with `/invite @tessera` in the channel, or grant it `chat:write.public`"),
    ("is_archived", "the channel is archived: choose another one"),
    ("channel_is_archived", "the channel is archived: choose another one"),
    ("invalid_auth", "the token is not valid: copy the Bot User OAuth Token (xoxb-…) again"),
    ("not_authed", "no token arrived: set `bot_token`"),
    ("token_revoked", "the token was revoked: reinstall the app and set the new token"),
    ("token_expired", "the token has expired: turn token rotation off, or set a fresh token"),
    ("account_inactive", "the app was removed from the workspace: install it again"),
    ("missing_scope", "grant the scope under OAuth & Permissions, then reinstall the app"),
    ("no_permission", "the token lacks permission: grant `chat:write`, then reinstall the app"),
    ("not_allowed_token_type", "use a bot token (xoxb-…)"),
    ("invalid_token", "the webhook's address is no longer valid: create a new one"),
    ("no_service", "the webhook was removed: create a new one"),
    ("no_service_id", "the webhook's address is incomplete: copy it again"),
    ("no_team", "the webhook's workspace is gone: create a new one"),
    ("team_disabled", "the webhook's workspace is disabled"),
    ("action_prohibited", "an administrator forbids this webhook to post: ask them"),
    ("posting_to_general_channel_denied", "an administrator restricts this channel: choose another one"),
    ("restricted_action", "a workspace setting forbids posting there: ask an administrator"),
    ("restricted_action_read_only_channel", "the channel is read-only: choose another one"),
    ("restricted_action_thread_only_channel", "the channel takes thread replies only: choose another one"),
    ("team_access_not_granted", "the app is not granted this workspace: ask the organisation's administrator"),
    ("org_login_required", "the workspace is moving to an enterprise organisation: reinstall the app afterwards"),
    ("ekm_access_denied", "an administrator has suspended posting"),
    ("access_denied", "access is denied: ask an administrator"),
    ("two_factor_setup_required", "the app's owner must set up two-factor authentication"),
    ("messages_tab_disabled", "that user takes no messages from the app: choose a channel"),
    ("cannot_dm_bot", "a bot cannot be written to: choose a channel"),
    ("user_not_found", "that user is not known: choose a channel or another user"),
    ("user_disabled", "that user is disabled: choose a channel or another user"),
    ("invalid_blocks", "Slack refused the layout: please report this with the notice"),
    ("invalid_blocks_format", "Slack refused the layout: please report this with the notice"),
    ("msg_blocks_too_long", "Slack refused the length: please report this with the notice"),
    ("msg_too_long", "Slack refused the length: please report this with the notice"),
    ("no_text", "Slack refused an empty message: please report this with the notice"),
    ("invalid_payload", "Slack refused the layout: please report this with the notice"),
    ("invalid_arguments", "Slack refused the arguments: please report this with the notice"),
    ("metadata_too_large", "Slack refused the metadata: please report this with the notice"),
];

pub(crate) fn remedy(code: &str) -> Option<&'static str> {
    PERMANENT.iter().find(|(known, _)| *known == code).map(|(_, remedy)| *remedy)
}

/// The error of one delivery. `place` is the channel, or what else it was about.
pub(crate) fn delivery_error(error: ApiError, place: &str) -> DeliveryError {
    match error {
        ApiError::Said { code, needed } => said(&code, needed.as_deref(), place),
        ApiError::Broken(broken) => broken_error(broken),
    }
}

/// A code that nobody listed is tried again: giving up on what we do not know would lose a message.
pub(crate) fn said(code: &str, needed: Option<&str>, place: &str) -> DeliveryError {
    let code = crate::text::plain(code, 80);
    let needed = needed.map(|scope| format!(" (`{}`)", crate::text::plain(scope, 80))).unwrap_or_default();
    match remedy(&code) {
        Some(remedy) => {
            DeliveryError::Permanent { message: format!("Slack says `{code}`{needed} for {place}: {remedy}") }
        }
        None => DeliveryError::Retry { message: format!("Slack says `{code}`{needed} for {place}"), after: None },
    }
}

pub(crate) fn broken_error(broken: Broken) -> DeliveryError {
    match broken {
        Broken::Limited(after) => DeliveryError::Retry {
            message: format!("Slack asks to wait {} s", after.as_secs_f64().ceil()),
            after: Some(after),
        },
        Broken::Unreached(message) => DeliveryError::Retry { message, after: None },
        Broken::Unknown { message, after } => DeliveryError::Retry { message, after },
    }
}

/// Was it certainly not carried out?
pub(crate) fn certainly_not_sent(error: &ApiError) -> bool {
    match error {
        ApiError::Said { code, .. } => !matches!(code.as_str(), "internal_error" | "fatal_error" | "request_timeout"),
        ApiError::Broken(Broken::Limited(_) | Broken::Unreached(_)) => true,
        ApiError::Broken(Broken::Unknown { .. }) => false,
    }
}
