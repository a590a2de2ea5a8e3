//! From a socket to readings: the MQTT front.
//!
//! A sensor's bytes come in at [`Front`] (the listener), go through the gate (one task a connection: who is it, may it
//! publish here), are read by a dialect (topic and payload to [`Reading`](crate::domain::Reading)s) and are handed
//! over to be kept. Only then is the publish acknowledged. rumqttd is used as codec; its listeners and its
//! router are not, because they die of ordinary device behaviour.
//!
//! What the front needs from outside stands in `port.rs`; everything it refused is kept in [`Refusals`].

mod api;
mod config;
mod dialect;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod listener;
mod port;
mod rate;
mod refusal;
mod tls;

pub use crate::domain::DialectKind;
pub use crate::platform::config::TlsConfig;
pub use api::{ApiState, Clients, router};
pub use config::FrontConfig;
pub use gate::{Closer, Publisher};
pub use listener::{BindError, Front};
pub use port::{Binding, DeliverError, Directory, Handover, Identity, Ports, Refused, Rights, Sight, States};
pub use refusal::{ClientRefusals, Excerpt, Reason, Refusal, Refusals};
pub use tls::{TlsError, check_tls};
