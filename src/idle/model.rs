use crate::domain::InstrumentId;

/// What is known of an instrument at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Now {
    /// Its newest reading since the server started, in ampere.
    pub current_a: Option<f32>,
}

/// Knows instruments at this moment; a look-up in memory that `app` fills.
pub trait NowPort: Send + Sync + 'static {
    /// The instrument at this moment.
    fn now(&self, instrument: &InstrumentId) -> Now;
}

/// Time on standby, and what was measured of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Idle {
    /// On standby, in milliseconds.
    pub(super) standby_ms: i64,
    /// Of it within opening hours.
    pub(super) open_ms: i64,
    /// Of it with readings.
    pub(super) measured_ms: i64,
    /// The current over the time with readings, in ampere times milliseconds.
    pub(super) ampere_ms: f64,
}

impl std::ops::AddAssign for Idle {
    fn add_assign(&mut self, other: Self) {
        self.standby_ms += other.standby_ms;
        self.open_ms += other.open_ms;
        self.measured_ms += other.measured_ms;
        self.ampere_ms += other.ampere_ms;
    }
}

/// A span on standby, UTC milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) instrument: InstrumentId,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// How a current becomes a power: what the instrument's sensor is bound with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Supply {
    pub(super) volts: f64,
    pub(super) power_factor: f64,
}
