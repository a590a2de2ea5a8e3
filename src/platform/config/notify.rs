//! How people and programs are told.

use serde::{Deserialize, Serialize};

/// Subscriptions and their deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifyConfig {
    /// Whether webhooks may go to private and loopback addresses.
    pub allow_private: bool,
    /// Private networks that webhooks may go to all the same, such as `10.20.0.0/16`.
    pub allow_networks: Vec<String>,
    /// Whether webhooks may go without TLS.
    pub allow_http: bool,
    /// Messages on their way at a time.
    pub concurrency: u32,
    /// Seconds that a receiver may take.
    pub timeout_s: u32,
    /// Milliseconds before a second attempt, about …
    pub retry_first_ms: u32,
    /// … and before any, at most.
    pub retry_most_ms: u32,
    /// Hours after its first attempt that a message is given up.
    pub give_up_h: u32,
    /// Days that deliveries and their attempts are kept.
    pub log_days: u32,
    /// Another address of DingTalk's robots.
    pub dingtalk: Option<String>,
    /// Another address of WeCom's robots.
    pub wecom: Option<String>,
    /// Another address of Feishu's robots.
    pub feishu: Option<String>,
    /// The mail server; without one there is no e-mail.
    pub smtp: Option<SmtpConfig>,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            allow_networks: Vec::new(),
            allow_http: false,
            concurrency: 32,
            timeout_s: 15,
            retry_first_ms: 10_000,
            retry_most_ms: 3_600_000,
            give_up_h: 72,
            log_days: 30,
            dingtalk: None,
            wecom: None,
            feishu: None,
            smtp: None,
        }
    }
}

/// A mail server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name.
    pub host: String,
    /// Its port; without one the usual one of `tls`.
    pub port: Option<u16>,
    /// How the connection is secured.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Who signs in; without one nobody does.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The sender, such as `dayi <dayi@example.org>`.
    pub from: String,
}

impl std::fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpConfig").field("host", &self.host).field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// How the connection to a mail server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// From the first byte (port 465).
    Tls,
    /// After STARTTLS, which the server must offer (port 587).
    #[default]
    Starttls,
    /// Not at all; on loopback only (port 25).
    None,
}
