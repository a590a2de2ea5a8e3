//! Eclipse Sparkplug B: protobuf payloads on `spBv1.0/{group}/{message type}/{node}[/{device}]`.
//!
//! `protobuf` reads the wire format, `payload` the messages in it, `node` follows an edge node from its birth to its
//! death: what its aliases mean, and whether a message was missed.
//!
//! Sparkplug Specification 3.0.0: chapters 4 (topics), 5 (operational behavior) and 6 (payloads).

mod node;
mod payload;
mod protobuf;
#[cfg(test)]
mod tests;

pub(super) use node::{Node, command_address, read, split};
