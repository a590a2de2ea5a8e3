use super::DialectKind;
use crate::domain::{Clock, InstrumentId, Reading};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the front needs from the rest of the server.
#[derive(Clone)]
pub struct Ports {
    /// Who may connect, and what each may do.
    pub directory: Arc<dyn Directory>,
    /// Where readings go.
    pub handover: Arc<dyn Handover>,
    /// The states behind the retained `dayi/v1/{instrument}/state` topics.
    pub states: Arc<dyn States>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Who a client is and what it may do.
pub trait Directory: Send + Sync + 'static {
    /// Checks a CONNECT. Called for each of them, 10,000 times in a reconnect storm, on the session's own task: it has
    /// to be a look-up in memory.
    ///
    /// # Errors
    /// When the client is unknown or its secret is wrong.
    fn authenticate(
        &self,
        client_id: &str,
        username: Option<&str>,
        password: Option<&[u8]>,
    ) -> Result<Identity, Refused>;
}

/// Why a client may not connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody of that name is known.
    #[error("no such client is known")]
    UnknownClient,
    /// The name is known, the secret is wrong.
    #[error("the user name or the password is wrong")]
    BadCredentials,
}

/// A client that was let in.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name its lease, its refusals and the logs go by; normally the MQTT client id.
    pub client_id: Arc<str>,
    /// What it may do.
    pub rights: Rights,
}

/// What a client may do. Everything else is refused.
#[derive(Clone, Debug)]
pub enum Rights {
    /// Publishes the readings of these instruments and listens to its own commands.
    Sensor {
        /// One a measured instrument: one for a plain sensor, many for a gateway.
        bindings: Arc<[Binding]>,
    },
    /// Reacts to states, or sends commands.
    Service {
        /// Filters it may subscribe to, or to parts of.
        subscribe: Arc<[Arc<str>]>,
        /// Filters of the topics it may publish to.
        publish: Arc<[Arc<str>]>,
        /// Which instruments it hears and commands; all of them without.
        sight: Option<Arc<dyn Sight>>,
    },
}

/// Which instruments a service hears of and may send commands to. Asked for every message: a look-up in memory.
pub trait Sight: std::fmt::Debug + Send + Sync + 'static {
    /// Whose it is: those of one account may share a subscription.
    fn account(&self) -> &str;
    /// Whether it hears of the instrument.
    fn hears(&self, instrument: &InstrumentId) -> bool;
    /// Whether it hears of the instrument's alerts.
    fn hears_alerts(&self, instrument: &InstrumentId) -> bool;
    /// Whether it may send commands to the instrument's sensor.
    fn commands(&self, instrument: &InstrumentId) -> bool;
    /// Cancelled when what it was let in with ends: its session ends then.
    fn ended(&self) -> &CancellationToken;
}

/// Ties one channel of a sensor to the instrument it measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The instrument.
    pub instrument: InstrumentId,
    /// How the sensor names its topics and writes its payloads.
    pub dialect: DialectKind,
    /// The sensor's name in its topics, such as Tasmota's topic `<t>`. Not used by [`DialectKind::Dayi`], whose topics
    /// carry the instrument's id.
    pub prefix: Arc<str>,
    /// Which of the values in the sensor's payloads; empty for the dialect's usual one.
    pub channel: Arc<str>,
    /// The voltage that turns watts into amperes when the payload has none.
    pub volts: f32,
    /// The power factor that turns watts into amperes.
    pub power_factor: f32,
}

impl Binding {
    /// A binding of dayi's own dialect: 230 V, power factor 1.
    #[must_use]
    pub fn dayi(instrument: InstrumentId) -> Self {
        let dialect = DialectKind::Dayi;
        Self { instrument, dialect, prefix: "".into(), channel: "".into(), volts: 230.0, power_factor: 1.0 }
    }

    /// A binding of a Tasmota plug with the topic `topic`: 230 V, power factor 1.
    #[must_use]
    pub fn tasmota(instrument: InstrumentId, topic: &str) -> Self {
        Self { dialect: DialectKind::Tasmota, prefix: topic.into(), ..Self::dayi(instrument) }
    }
}

/// Where readings go.
pub trait Handover: Send + Sync + 'static {
    /// Hands readings over; the future ends when they are safe, and the publish is acknowledged after that.
    fn deliver(&self, instrument: InstrumentId, readings: Vec<Reading>)
    -> BoxFuture<'static, Result<(), DeliverError>>;

    /// The sensor of the instrument is gone, says its last will.
    fn last_will(&self, instrument: &InstrumentId);
}

/// Why readings were not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// Nobody knows the instrument.
    #[error("no instrument {0} is registered")]
    Unknown(InstrumentId),
    /// There is no room for them at present.
    #[error("{0}")]
    NoRoom(String),
    /// The server stops.
    #[error("the server stops")]
    Stopped,
}

/// The present states, which answer subscriptions to the retained topics `dayi/v1/{instrument}/state`.
pub trait States: Send + Sync + 'static {
    /// Every instrument that has a state.
    fn instruments(&self) -> Vec<InstrumentId>;

    /// The payload of the instrument's state topic, the same as is published when it changes.
    fn state(&self, instrument: &InstrumentId) -> Option<Bytes>;
}
