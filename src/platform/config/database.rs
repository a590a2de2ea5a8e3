use serde::{Deserialize, Serialize};

/// Where institutions, instruments, states, labels and models are kept.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// A PostgreSQL database, such as `postgres://user:password@host/database`; without one, a file in the data folder.
    pub url: Option<String>,
}

/// Not the address: it holds a password.
impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig").field("url", &self.url.as_ref().map(|_| "…")).finish()
    }
}
