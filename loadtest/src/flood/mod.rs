//! As many readings as go through: lean publishers that keep their window full, and a lean subscriber that counts.
//!
//! The same publishers, payloads and topics go to dayi and to a broker. They count and do not remember, so that the machine's
//! time goes to what is measured: [`load`](crate::load) is for checking every reading's fate.

mod packets;
mod publisher;
mod subscriber;
mod wire;

pub use publisher::{Flood, FloodPlan, Flooded};
pub use subscriber::Counter;
