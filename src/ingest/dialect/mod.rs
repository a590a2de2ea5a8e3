//! What sensors publish: which topics are a sensor's own, and how a payload becomes readings. One dialect a file;
//! `kind` knows them all.

mod dayi_json;
mod kind;
mod tasmota;

pub use kind::DialectKind;
pub(crate) use kind::{Channel, Context, Decoded, Unreadable};
