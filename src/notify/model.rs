use super::times::{Digest, Quiet};
use crate::domain::{AlertKind, AlertStep, InstrumentId, InstrumentState, Severity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A way to somebody. It holds secrets, so it is never shown as it is.
#[derive(Clone)]
pub(super) struct Channel {
    /// A ULID.
    pub(super) id: String,
    /// The account that made it.
    pub(super) owner: String,
    /// The unit in which others may use it, too.
    pub(super) unit: Option<String>,
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) created_ms: i64,
}

/// Where a channel leads, with the secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Target {
    /// A program, by Standard Webhooks.
    Webhook {
        url: String,
        /// `whsec_` and base64.
        secret: String,
        /// The secret before, and until when it is good; UTC milliseconds.
        #[serde(default)]
        old: Option<(String, i64)>,
    },
    /// People's mail boxes.
    Email { to: Vec<String> },
    /// A robot in a DingTalk group.
    Dingtalk { token: String, secret: Option<String> },
    /// A robot in a WeCom group.
    Wecom { key: String },
    /// A robot in a Feishu group.
    Feishu { token: String, secret: Option<String> },
}

impl Target {
    /// As in the API and in the metrics.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Email { .. } => "email",
            Self::Dingtalk { .. } => "dingtalk",
            Self::Wecom { .. } => "wecom",
            Self::Feishu { .. } => "feishu",
        }
    }

    /// Messages a minute that it is sent at most.
    pub(super) const fn per_minute(&self) -> usize {
        match self {
            Self::Webhook { .. } => 300,
            Self::Email { .. } | Self::Dingtalk { .. } | Self::Wecom { .. } => 20,
            Self::Feishu { .. } => 90,
        }
    }

    /// Whether what waits becomes one message although nothing holds it up: people would rather read one than ten.
    pub(super) const fn is_read_by_people(&self) -> bool {
        !matches!(self, Self::Webhook { .. })
    }
}

/// The name of the kind that has no channel: the list that pages show.
pub(super) const WEBSOCKET: &str = "websocket";

/// Who is to be told of what, and how.
#[derive(Clone)]
pub(super) struct Subscription {
    /// A ULID.
    pub(super) id: String,
    /// The account whose it is, and whose rights count.
    pub(super) owner: String,
    /// The channel's id; `None` for the list that pages show.
    pub(super) channel: Option<String>,
    pub(super) settings: Settings,
    /// Why it was stopped, if it was.
    pub(super) stopped: Option<String>,
    /// Alerts' entries after this one count.
    pub(super) alerts_from: i64,
    /// State changes after this one count.
    pub(super) states_from: i64,
    pub(super) created_ms: i64,
}

impl Subscription {
    /// Whether anything is sent.
    pub(super) fn runs(&self) -> bool {
        self.settings.enabled && self.stopped.is_none()
    }
}

/// What its owner says of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubscriptionSettings)]
pub(super) struct Settings {
    #[schema(example = "实验室的告警")]
    pub(super) name: String,
    /// Of what.
    #[serde(default)]
    pub(super) filter: Filter,
    /// Together instead of at once.
    #[serde(default)]
    pub(super) digest: Option<Digest>,
    /// When not to disturb.
    #[serde(default)]
    pub(super) quiet: Option<Quiet>,
    #[serde(default)]
    pub(super) language: Language,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

fn yes() -> bool {
    true
}

/// What a message is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// Of what one wants to be told. What is left out or empty leaves all through, but for `states`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SubscriptionFilter)]
pub(super) struct Filter {
    /// Instruments of this unit and below it.
    pub(super) unit: Option<String>,
    /// Instruments of this class.
    pub(super) class: Option<String>,
    /// These instruments, at most 1000.
    #[schema(value_type = Vec<String>)]
    pub(super) instruments: Vec<InstrumentId>,
    /// These kinds of alerts.
    #[schema(value_type = Vec<String>)]
    pub(super) kinds: Vec<AlertKind>,
    /// Alerts at least so severe.
    #[schema(value_type = String, example = "warning")]
    pub(super) least: Severity,
    /// What happens to alerts: `raised`, `updated`, `unsilenced`, `cleared`. Of an alert that is acknowledged or silenced
    /// nothing is told.
    #[schema(value_type = Vec<String>)]
    pub(super) alerts: Vec<AlertStep>,
    /// The states of which it is told that an instrument went into them; none by default.
    #[schema(value_type = Vec<String>)]
    pub(super) states: Vec<InstrumentState>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            unit: None,
            class: None,
            instruments: Vec::new(),
            kinds: Vec::new(),
            least: Severity::Notice,
            alerts: vec![AlertStep::Raised, AlertStep::Updated, AlertStep::Cleared],
            states: Vec::new(),
        }
    }
}
