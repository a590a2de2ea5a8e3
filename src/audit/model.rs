use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A write that is about to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// The account's id; empty before somebody has signed in.
    pub account: String,
    /// Its name then.
    pub name: String,
    /// Where from.
    pub address: String,
    /// The operation's name in the API.
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The path asked for.
    pub path: String,
    /// The unit it is about, as a path in the tree; of a write about none, where who writes has their first role.
    pub unit: String,
    /// What was sent, without secrets.
    pub request: String,
}

/// A write in the log.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Entry {
    /// Counts the writes.
    pub number: i64,
    /// UTC milliseconds.
    pub at: i64,
    /// The account's id; empty before somebody has signed in, `configured` for the token of the configuration.
    pub account: String,
    /// Its name then.
    pub name: String,
    /// Where from.
    pub address: String,
    /// The operation's name in the API.
    #[schema(example = "edit_account")]
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The path asked for.
    pub path: String,
    /// The unit it is about, as a path in the tree.
    pub unit: String,
    /// What was sent, without secrets; of a file its kind and size.
    pub request: Value,
    /// The HTTP status of the answer; null if the server did not live to give one.
    #[schema(required = true)]
    pub status: Option<u16>,
    /// What it was before; null where that was not told.
    pub before: Value,
    /// What it is now; null where that was not told.
    pub after: Value,
}
