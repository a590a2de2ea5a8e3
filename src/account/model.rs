use crate::domain::{Permission, Role};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A role in a part of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountGrant {
    /// `administrator`, `department-viewer`, `institution-manager`, `laboratory-manager`, `operator`, `researcher`,
    /// `wall-screen` or `integration`.
    #[schema(value_type = String, example = "laboratory-manager")]
    pub role: Role,
    /// The id of the unit it holds for, with all below it. A department stands for the units it has views across.
    #[schema(example = "zju-materials")]
    pub unit: String,
}

/// A person or a program that signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// Names it everywhere.
    pub id: String,
    /// What is typed to sign in, in lower case.
    #[schema(example = "wang.li")]
    pub login: String,
    /// The name to show.
    #[schema(example = "王丽")]
    pub name: String,
    /// Where it is written to, and what ties it to an OpenID Connect provider.
    #[schema(required = true)]
    pub email: Option<String>,
    /// `zh` or `en`: in which language it is written to.
    pub language: String,
    /// What it may.
    pub grants: Vec<AccountGrant>,
    /// Whether it may not sign in any more.
    pub disabled: bool,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// An account to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// What is typed to sign in: 2 to 64 characters of `a-z 0-9 . _ @ -`, in any case.
    #[schema(example = "wang.li")]
    pub login: String,
    /// The name to show.
    #[schema(example = "王丽")]
    pub name: String,
    /// Its e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// `zh` (unless said) or `en`.
    #[serde(default = "chinese")]
    pub language: String,
    /// What it may.
    #[serde(default)]
    pub grants: Vec<AccountGrant>,
}

fn chinese() -> String {
    "zh".into()
}

/// How somebody was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Session,
    Token,
}

/// What opens, as it is kept in memory.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) id: Arc<str>,
    pub(super) account: Arc<str>,
    pub(super) kind: Kind,
    pub(super) only: Option<Arc<[Permission]>>,
    pub(super) expires_ms: i64,
    /// A session that a link began, and in which no password was set since.
    pub(super) by_link: bool,
}
