use super::email::Mail;
use super::guard::{Forbidden, Guard};
use super::outcome::Outcome;
use super::robots::Robots;
use super::webhook::Webhooks;
use crate::notify::model::Target;
use crate::notify::policy::Verdict;
use crate::notify::text::Message;
use crate::platform::config::NotifyConfig;
use serde_json::Value;
use std::time::Duration;

/// Why the configuration cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A network.
    #[error("[notify] allow_networks holds {0:?}, which is no network such as 10.20.0.0/16")]
    Network(String),
    /// A robot's address.
    #[error("[notify] {name} is {given:?}, which is no http:// or https:// address")]
    Base {
        /// Whose.
        name: &'static str,
        /// What it is.
        given: String,
    },
    /// The sender.
    #[error("[notify.smtp] from is {0:?}, which is no mail address")]
    From(String),
    /// A password would be readable on the way.
    #[error("[notify.smtp] tls = \"none\" is for loopback only, and {0:?} is not: take \"starttls\" or \"tls\"")]
    PlainMail(String),
    /// TLS to the mail server.
    #[error("[notify.smtp] cannot be followed: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The client.
    #[error("nothing can be sent: {0}")]
    Http(#[from] reqwest::Error),
}

/// What is sent.
pub(in crate::notify) struct Parcel<'a> {
    /// The message's id, the same at every attempt.
    pub(in crate::notify) id: &'a str,
    /// For people.
    pub(in crate::notify) message: &'a Message,
    /// For programs.
    pub(in crate::notify) body: &'a Value,
    /// When it is sent, UTC milliseconds.
    pub(in crate::notify) now_ms: i64,
}

/// Sends by every way there is.
pub(in crate::notify) struct Sender {
    webhooks: Webhooks,
    robots: Robots,
    mail: Option<Mail>,
    timeout: Duration,
}

impl Sender {
    pub(in crate::notify) fn new(config: &NotifyConfig) -> Result<Self, SendError> {
        let timeout = Duration::from_secs(config.timeout_s.max(1).into());
        let guard = Guard::new(config).map_err(SendError::Network)?;
        Ok(Self {
            webhooks: Webhooks::new(guard, timeout)?,
            robots: Robots::new(config, timeout)?,
            mail: config.smtp.as_ref().map(|smtp| Mail::new(smtp, timeout)).transpose()?,
            timeout,
        })
    }

    /// Whether there is a mail server.
    pub(in crate::notify) fn has_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// Whether a webhook's address may be named.
    pub(in crate::notify) fn check_url(&self, url: &str) -> Result<(), Forbidden> {
        self.webhooks.check(url)
    }

    /// Sends, and says what came of it in time.
    pub(in crate::notify) async fn send(&self, target: &Target, parcel: &Parcel<'_>) -> Outcome {
        // The parts have the same time for an answer; this is for what they do not count, such as resolving a name.
        let most = self.timeout + Duration::from_secs(5);
        let sent = tokio::time::timeout(most, self.by_its_way(target, parcel)).await;
        sent.unwrap_or_else(|_| Outcome::unreached("no answer in time"))
    }

    async fn by_its_way(&self, target: &Target, parcel: &Parcel<'_>) -> Outcome {
        match target {
            Target::Webhook { url, secret, old } => {
                let old = old.as_ref().filter(|(_, until_ms)| *until_ms > parcel.now_ms);
                let secrets: Vec<&str> =
                    [secret.as_str()].into_iter().chain(old.map(|(old, _)| old.as_str())).collect();
                self.webhooks.send(url, &secrets, parcel).await
            }
            Target::Email { to } => match &self.mail {
                Some(mail) => mail.send(to, parcel).await,
                // The operator may name one again.
                None => Outcome::new(Verdict::Later(None), None, "no mail server is configured ([notify.smtp])"),
            },
            Target::Dingtalk { token, secret } => self.robots.dingtalk(token, secret.as_deref(), parcel).await,
            Target::Wecom { key } => self.robots.wecom(key, parcel).await,
            Target::Feishu { token, secret } => self.robots.feishu(token, secret.as_deref(), parcel).await,
        }
    }
}
