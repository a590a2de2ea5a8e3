//! A light MQTT 3.1.1 client: one socket, no task of its own, a publish counts only when it is acknowledged.

mod backoff;
mod client;
mod connection;
mod error;
mod options;
mod session;

pub use backoff::Backoff;
pub use client::Client;
pub use error::{MqttError, Refusal};
pub use options::{ClientOptions, Login, QoS, Secret, Will};

#[cfg(test)]
pub(crate) mod fake_server;
#[cfg(test)]
mod tests;
