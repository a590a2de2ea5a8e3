use super::wave::Wave;
use crate::mqtt::QoS;
use crate::simulator::Dialect;
use std::time::Duration;

/// Clients that neither read nor write for a while, and then go on as if nothing had been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stall {
    /// From the beginning of one stall to the next.
    pub every: Duration,
    /// How long each lasts.
    pub lasting: Duration,
    /// The share of the connections that stall, 0 to 1.
    pub share: f32,
}

/// How many sensors there are and how they behave.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// MQTT connections.
    pub connections: usize,
    /// Instruments that each connection reports for; more than one makes it a gateway.
    pub instruments_per_connection: usize,
    /// From one reading of an instrument to the next.
    pub interval: Duration,
    /// How sure each reading is to arrive.
    pub qos: QoS,
    /// The dialects, in turn over the connections.
    pub dialects: Vec<Dialect>,
    /// Over how long the first connections are spread.
    pub ramp: Duration,
    /// Publishes of one connection that may wait for their acknowledgement.
    pub window: u16,
    /// What the instruments draw.
    pub wave: Wave,
    /// Stamps each reading this many milliseconds after the one before, whatever the clock says; otherwise a reading has the time it
    /// was sent.
    pub clock_step_ms: Option<i64>,
    /// Clients that stop reading and writing.
    pub stall: Option<Stall>,
    /// The same seed plays the same currents and phases.
    pub seed: u64,
}

impl Plan {
    /// `connections` sensors of dayi's own dialect, a reading a second at QoS 1, connecting 1,000 a second.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            connections,
            instruments_per_connection: 1,
            interval: Duration::from_secs(1),
            qos: QoS::AtLeastOnce,
            dialects: vec![Dialect::Dayi],
            ramp: Duration::from_secs_f64(connections as f64 / 1e3),
            window: 64,
            wave: Wave { seed: 1, half_period_ms: 60_000 },
            clock_step_ms: None,
            stall: None,
            seed: 1,
        }
    }

    /// Instruments in all.
    #[must_use]
    pub fn instruments(&self) -> usize {
        self.connections * self.instruments_per_connection
    }

    /// Readings a second, once all are connected.
    #[must_use]
    pub fn readings_per_s(&self) -> f64 {
        self.instruments() as f64 / self.interval.as_secs_f64()
    }

    /// The dialect that a connection speaks.
    #[must_use]
    pub fn dialect(&self, connection: usize) -> Dialect {
        let turns = self.dialects.len().max(1);
        self.dialects.get(connection % turns).copied().unwrap_or(Dialect::Dayi)
    }
}
