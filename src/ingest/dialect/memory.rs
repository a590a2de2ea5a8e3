//! What a session remembers of its sensors between two payloads. Bounded by the client's bindings; gone with the session.

use super::heard::Measured;
use super::sparkplug::Node;
use std::collections::HashMap;

/// What a session remembers.
#[derive(Default)]
pub(crate) struct Memory {
    /// What the sensor of a binding last said, by the binding's number.
    known: HashMap<usize, Known>,
    /// Sparkplug's edge nodes, by `{group}/{node}`. Only those that a binding names are kept.
    pub(super) nodes: HashMap<Box<str>, Node>,
}

/// What one sensor last said of each quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Known {
    /// Ampere.
    pub(super) current: Option<f64>,
    /// Watt.
    pub(super) power: Option<f64>,
    /// Volt.
    pub(super) voltage: Option<f64>,
}

impl Memory {
    pub(super) fn of(&mut self, binding: usize) -> &mut Known {
        self.known.entry(binding).or_default()
    }
}

impl Known {
    /// Takes over what was said anew; the rest stays.
    pub(super) fn merge(&mut self, said: &Measured) {
        self.current = said.current.or(self.current);
        self.power = said.power.or(self.power);
        self.voltage = said.voltage.or(self.voltage);
    }

    /// All that is known, as of `ts_ms`.
    pub(super) fn measured(self, ts_ms: Option<i64>) -> Measured {
        Measured { current: self.current, power: self.power, voltage: self.voltage, ts_ms }
    }
}
