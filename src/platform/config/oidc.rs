use serde::{Deserialize, Serialize};

/// A provider of sign-ins (OpenID Connect).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcConfig {
    /// Its address, as it calls itself; without one there is none.
    pub issuer: Option<String>,
    /// What dayi is called there.
    pub client_id: String,
    /// Its secret there, if it has one.
    pub client_secret: Option<String>,
    /// What the button on the sign-in page says.
    pub name: String,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self { issuer: None, client_id: "dayi".into(), client_secret: None, name: "OpenID Connect".into() }
    }
}
