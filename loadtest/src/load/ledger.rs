use super::wave::ampere;

/// A reading that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The reading's own time, UTC milliseconds.
    pub ts_ms: i64,
    /// When it was sent, in tenths of a millisecond since the load began.
    at: u32,
    /// Milliampere, shifted by one; the lowest bit is the acknowledgement. Six million of these are kept.
    current_and_ack: u32,
}

impl Sent {
    /// A reading of `milliampere` at `ts_ms`, sent `after_ms` milliseconds after the load began.
    #[must_use]
    pub fn new(ts_ms: i64, milliampere: u32, after_ms: f64) -> Self {
        Self { ts_ms, at: (after_ms * 10.0) as u32, current_and_ack: milliampere << 1 }
    }

    /// The current as it was sent, in ampere.
    #[must_use]
    pub fn current_a(&self) -> f32 {
        ampere(self.current_and_ack >> 1)
    }

    /// Whether its PUBACK came.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        self.current_and_ack & 1 == 1
    }

    /// When it was sent, in milliseconds since the load began.
    #[must_use]
    pub fn after_ms(&self) -> f64 {
        f64::from(self.at) / 10.0
    }
}

/// Every reading of one instrument that was sent, oldest first; no two of the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Whose.
    pub instrument: String,
    /// What was sent.
    pub sent: Vec<Sent>,
}

impl Ledger {
    /// Nothing sent yet.
    #[must_use]
    pub fn new(instrument: impl Into<String>) -> Self {
        Self { instrument: instrument.into(), sent: Vec::new() }
    }

    /// Notes a reading that goes out, and returns its place.
    pub(super) fn note(&mut self, sent: Sent) -> usize {
        self.sent.push(sent);
        self.sent.len() - 1
    }

    /// Notes that it was acknowledged.
    pub(super) fn acknowledge(&mut self, place: usize) {
        if let Some(sent) = self.sent.get_mut(place) {
            sent.current_and_ack |= 1;
        }
    }

    #[cfg(test)]
    pub(crate) fn acknowledge_for_test(&mut self, place: usize) {
        self.acknowledge(place);
    }

    /// The reading of this time.
    #[must_use]
    pub fn at(&self, ts_ms: i64) -> Option<&Sent> {
        let place = self.sent.binary_search_by_key(&ts_ms, |sent| sent.ts_ms).ok()?;
        self.sent.get(place)
    }
}
