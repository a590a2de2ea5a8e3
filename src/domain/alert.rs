use super::{InstrumentId, InstrumentState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// On standby for long within opening hours.
    StandbyIdle,
    /// Not on for days.
    Unused,
    /// On outside opening hours.
    OffHoursOn,
    /// No fresh reading for long.
    Offline,
    /// Booked, and nobody came.
    NoShow,
    /// Booked, and not used any more.
    BookedIdle,
    /// Used without a booking.
    UnbookedUse,
    /// Used past the end of its booking.
    Overrun,
    /// Its model sees readings unlike those it was trained on.
    ModelDrift,
    /// Its sensor says the same to the last digit for too long.
    SensorFrozen,
    /// Its sensor's clock is wrong.
    ClockSkew,
}

impl AlertKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::StandbyIdle,
        Self::Unused,
        Self::OffHoursOn,
        Self::Offline,
        Self::NoShow,
        Self::BookedIdle,
        Self::UnbookedUse,
        Self::Overrun,
        Self::ModelDrift,
        Self::SensorFrozen,
        Self::ClockSkew,
    ];

    /// As in the API and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StandbyIdle => "standby-idle",
            Self::Unused => "unused",
            Self::OffHoursOn => "off-hours-on",
            Self::Offline => "offline",
            Self::NoShow => "no-show",
            Self::BookedIdle => "booked-idle",
            Self::UnbookedUse => "unbooked-use",
            Self::Overrun => "overrun",
            Self::ModelDrift => "model-drift",
            Self::SensorFrozen => "sensor-frozen",
            Self::ClockSkew => "clock-skew",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How far up an alert concerns people; each step includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Operators.
    Notice,
    /// The laboratory's manager.
    Warning,
    /// The institution.
    Serious,
    /// The bulletin.
    Critical,
}

impl Severity {
    /// All of them, the lowest first.
    pub const ALL: [Self; 4] = [Self::Notice, Self::Warning, Self::Serious, Self::Critical];

    /// As in the API and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Serious => "serious",
            Self::Critical => "critical",
        }
    }

    /// The severity of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// Something about an instrument that somebody should look at. At most one is open an instrument and kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Names it; a ULID.
    pub id: Arc<str>,
    /// Whose.
    pub instrument: InstrumentId,
    /// What about.
    pub kind: AlertKind,
    /// Whom it concerns by now.
    pub severity: Severity,
    /// Since when it is as it is, such as on standby; UTC milliseconds.
    pub since_ms: i64,
    /// When it was raised; UTC milliseconds.
    pub raised_ms: i64,
    /// When it was last raised again, made more severe, or seen to; UTC milliseconds.
    pub updated_ms: i64,
    /// When it ended; UTC milliseconds.
    pub cleared_ms: Option<i64>,
    /// How often it came back within ten minutes of having ended.
    pub reopened: u32,
    /// The instrument's state when it was last updated.
    pub state: InstrumentState,
    /// Who has seen it.
    pub acknowledged: Option<Acknowledged>,
    /// Until when nobody is told of it.
    pub silenced: Option<Silenced>,
}

/// That somebody has seen an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who: the name to show.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// What they say; may be empty.
    pub note: String,
}

/// That nobody is to be told of an alert for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// Who said so: the name to show.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Until when, UTC milliseconds.
    pub until_ms: i64,
    /// Why.
    pub reason: String,
}

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertStep {
    /// It began, or came back within ten minutes.
    Raised,
    /// It concerns more people now.
    Updated,
    /// Somebody has seen it.
    Acknowledged,
    /// It is silenced for a while.
    Silenced,
    /// Its silence was ended.
    Unsilenced,
    /// It ended.
    Cleared,
}

impl AlertStep {
    /// As in the API and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Updated => "updated",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Unsilenced => "unsilenced",
            Self::Cleared => "cleared",
        }
    }
}

/// One entry of the log of alerts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertEvent {
    /// Counts all entries in the order in which they were recorded, from 1. Numbers only grow.
    pub number: i64,
    /// What happened.
    pub step: AlertStep,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// The alert after it.
    pub alert: Alert,
}
