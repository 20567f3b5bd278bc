//! What `[sync]` says of reading apps.

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    pub subscriptions: Subscriptions,
}

/// What apps may do with the list of subscriptions.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Subscriptions {
    /// Subscribe, rename, sort into folders, unsubscribe: feeds.toml is edited.
    #[default]
    Edit,
    ReadOnly,
}
