//! `dayi replay`: a recorded trace through MQTT, as that sensor would send it, and what came out of it.

mod command;
mod played;
mod target;

pub(super) use command::Replay;
