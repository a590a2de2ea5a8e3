//! Why a connection could not be made, or ended.

use rumqttc::mqttbytes::v4::ConnectReturnCode;
use std::fmt;
use std::io;
use std::time::Duration;

/// Why a server refused a CONNECT (MQTT 3.1.1, table 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Code 1: it does not speak MQTT 3.1.1.
    ProtocolVersion,
    /// Code 2: it does not allow this client id.
    ClientId,
    /// Code 3: not now.
    ServiceUnavailable,
    /// Code 4: the user name or the password is wrong.
    BadUserNameOrPassword,
    /// Code 5: the client may not connect.
    NotAuthorized,
}

impl Refusal {
    /// Whether trying again as the same client cannot help.
    #[must_use]
    pub fn is_final(self) -> bool {
        self != Self::ServiceUnavailable
    }

    pub(crate) fn from_code(code: ConnectReturnCode) -> Option<Self> {
        match code {
            ConnectReturnCode::Success => None,
            ConnectReturnCode::RefusedProtocolVersion => Some(Self::ProtocolVersion),
            ConnectReturnCode::BadClientId => Some(Self::ClientId),
            ConnectReturnCode::ServiceUnavailable => Some(Self::ServiceUnavailable),
            ConnectReturnCode::BadUserNamePassword => Some(Self::BadUserNameOrPassword),
            ConnectReturnCode::NotAuthorized => Some(Self::NotAuthorized),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProtocolVersion => "the server does not speak MQTT 3.1.1",
            Self::ClientId => "the server does not allow this client id",
            Self::ServiceUnavailable => "the server is not available",
            Self::BadUserNameOrPassword => "the user name or the password is wrong",
            Self::NotAuthorized => "the client is not authorised",
        })
    }
}

/// Why a connection could not be made, or ended. After any of these [`super::Client::connect`] may be called again.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// No TCP connection came about.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The server took the connection but did not answer CONNECT in time, or did not take it in time.
    #[error("no CONNACK within {0:?}")]
    ConnectTimeout(Duration),
    /// The server answered CONNECT with a refusal.
    #[error("CONNECT refused: {0}")]
    Refused(Refusal),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
    /// The server did not answer a PINGREQ within the keep-alive time.
    #[error("the server does not answer pings")]
    NoPong,
    /// The server sent what MQTT 3.1.1 does not allow here.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// There is no connection now.
    #[error("not connected")]
    NotConnected,
    /// Too much waits already, for its acknowledgement or for the socket.
    #[error("too much waits to be acknowledged or sent")]
    NoRoom,
}
