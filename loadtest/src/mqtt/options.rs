//! What a client says in CONNECT, and how patient it is.

use rumqttc::mqttbytes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How sure a publish is to arrive. QoS 2 is not spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QoS {
    /// QoS 0: sent once, never acknowledged.
    AtMostOnce,
    /// QoS 1: sent until it is acknowledged.
    #[default]
    AtLeastOnce,
}

impl From<QoS> for mqttbytes::QoS {
    fn from(qos: QoS) -> Self {
        match qos {
            QoS::AtMostOnce => Self::AtMostOnce,
            QoS::AtLeastOnce => Self::AtLeastOnce,
        }
    }
}

/// A password or token: never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Who the client says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub username: String,
    /// The password or token.
    pub password: Secret,
}

/// What the server publishes when the connection ends without a DISCONNECT; at QoS 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: String,
    /// Whether the server keeps it for later subscribers.
    pub retain: bool,
}

/// What a client says in CONNECT, and how patient it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    /// Names the client to the server.
    pub client_id: String,
    /// Who it says it is.
    pub login: Option<Login>,
    /// What the server publishes when the connection breaks.
    pub will: Option<Will>,
    /// Whether the server forgets the client when it leaves. The default is false: MQTT 3.1.1 keeps acknowledgements
    /// across connections only in a session that is not clean.
    pub clean_session: bool,
    /// The longest silence before the client pings, in whole seconds up to 65,535. A server that does not answer for
    /// as long again counts as gone.
    pub keep_alive: Duration,
    /// How long a TCP connection and its CONNACK may take together.
    pub connect_timeout: Duration,
    /// How many publishes may wait for their acknowledgement, up to 65,534.
    pub window: u16,
}

impl ClientOptions {
    /// The defaults for this client id: no login, no will, 30 s keep-alive, 10 s to connect, a window of 64.
    #[must_use]
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            login: None,
            will: None,
            clean_session: false,
            keep_alive: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            window: 64,
        }
    }

    pub(crate) fn packet(&self) -> mqttbytes::v4::Connect {
        let mut connect = mqttbytes::v4::Connect::new(self.client_id.clone());
        connect.clean_session = self.clean_session;
        connect.keep_alive = u16::try_from(self.keep_alive.as_secs()).unwrap_or(u16::MAX);
        if let Some(login) = &self.login {
            connect.set_login(login.username.clone(), login.password.expose());
        }
        connect.last_will = self.will.as_ref().map(|will| {
            mqttbytes::v4::LastWill::new(
                will.topic.clone(),
                will.payload.clone(),
                mqttbytes::QoS::AtLeastOnce,
                will.retain,
            )
        });
        connect
    }
}
