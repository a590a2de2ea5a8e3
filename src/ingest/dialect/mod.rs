//! What sensors publish: which topics are a sensor's own, and how a payload becomes readings.
//!
//! `roster` holds a client's bindings and finds those a topic is about; `kind` knows every dialect and hands the payload
//! to its file; `heard` is what they all answer in, and `memory` what is remembered from one payload to the next.
//! `dayi` to `thingsboard` and `platforms` are the dialects, one a file. The rest is what several of them share:
//! `pick` (a binding's channel), `presence` (last wills), `properties` (named values in JSON), `cbor`, `number`, `several`.

mod cbor;
mod dayi;
mod esphome;
mod heard;
mod kind;
mod memory;
mod number;
mod pick;
mod platforms;
mod presence;
mod properties;
mod roster;
mod senml;
mod several;
mod shelly;
mod shelly_gen1;
mod sparkplug;
mod tasmota;
#[cfg(test)]
mod testing;
mod thingsboard;
mod zigbee2mqtt;

pub(crate) use crate::domain::DialectKind;
pub(crate) use heard::{Ask, Content, Heard, Moment, Place, Unreadable};
pub(crate) use roster::{Owner, Roster, Target};
