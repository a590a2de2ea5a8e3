//! From when on something is an alert, and of which severity: defaults, and what units and instruments say instead.

use crate::domain::{AlertKind, InstrumentId, Severity, UnitPath};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

const MINUTE_MS: i64 = 60_000;
/// The most minutes that can be set: 366 days.
pub(super) const MOST_MIN: i64 = 366 * 24 * 60;
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// The kinds that are watched here; those of bookings are only words yet.
pub(super) const WATCHED: [AlertKind; 7] = [
    AlertKind::StandbyIdle,
    AlertKind::Unused,
    AlertKind::OffHoursOn,
    AlertKind::Offline,
    AlertKind::ModelDrift,
    AlertKind::SensorFrozen,
    AlertKind::ClockSkew,
];

/// Whoever may say from when on: a unit, by its id, or an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    Unit(String),
    Instrument(InstrumentId),
}

/// What is said of one severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AlertSetting)]
pub(super) enum Setting {
    /// After so many minutes.
    Minutes(i64),
    /// Never.
    Never(Off),
}

/// The word for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AlertOff)]
pub(super) enum Off {
    Off,
}

impl Setting {
    /// In milliseconds; `None` for never.
    fn ms(self) -> Option<i64> {
        match self {
            Self::Minutes(minutes) => Some(minutes.saturating_mul(MINUTE_MS)),
            Self::Never(_) => None,
        }
    }

    pub(super) fn of_minutes(minutes: Option<i64>) -> Self {
        minutes.map_or(Self::Never(Off::Off), Self::Minutes)
    }

    pub(super) fn minutes(self) -> Option<i64> {
        match self {
            Self::Minutes(minutes) => Some(minutes),
            Self::Never(_) => None,
        }
    }
}

/// What somebody says of the severities of one kind, the lowest first; `None` is inherited.
pub(super) type Said = [Option<Setting>; Severity::ALL.len()];

/// From when on something is an alert of which severity, in milliseconds, the lowest first; `None` is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Levels(pub(super) [Option<i64>; Severity::ALL.len()]);

impl Levels {
    /// The highest that is reached after `ms`.
    pub(super) fn reached(&self, ms: i64) -> Option<Severity> {
        Severity::ALL
            .into_iter()
            .zip(self.0)
            .rfind(|(_, after)| after.is_some_and(|after| after <= ms))
            .map(|(one, _)| one)
    }

    /// The first that is not reached after `ms`.
    pub(super) fn next(&self, ms: i64) -> Option<i64> {
        self.0.into_iter().flatten().filter(|after| *after > ms).min()
    }

    /// Whether there is none.
    pub(super) fn are_off(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// What holds where nobody says anything, in minutes.
fn usual(kind: AlertKind) -> [Option<i64>; Severity::ALL.len()] {
    match kind {
        AlertKind::StandbyIdle => [Some(30), Some(4 * HOUR), None, None],
        AlertKind::Unused => [None, Some(14 * DAY), Some(30 * DAY), Some(60 * DAY)],
        AlertKind::OffHoursOn => [Some(15), None, None, None],
        AlertKind::Offline => [Some(30), Some(DAY), None, Some(7 * DAY)],
        AlertKind::ModelDrift | AlertKind::SensorFrozen | AlertKind::ClockSkew => [Some(0), None, None, None],
        AlertKind::NoShow | AlertKind::BookedIdle | AlertKind::UnbookedUse | AlertKind::Overrun => [None; 4],
    }
}

/// Who says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Usual,
    Unit(UnitPath),
    Instrument,
}

/// What everybody says. Who says nothing inherits: an instrument from its laboratory, and so on up to what is usual.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleBook {
    units: HashMap<String, HashMap<AlertKind, Said>>,
    instruments: HashMap<InstrumentId, HashMap<AlertKind, Said>>,
}

impl RuleBook {
    /// What one says of a kind.
    pub(super) fn said(&self, scope: &Scope, kind: AlertKind) -> Said {
        let kinds = match scope {
            Scope::Unit(id) => self.units.get(id),
            Scope::Instrument(id) => self.instruments.get(id),
        };
        kinds.and_then(|kinds| kinds.get(&kind)).copied().unwrap_or_default()
    }

    /// It says this instead.
    pub(super) fn set(&mut self, scope: &Scope, kind: AlertKind, said: Said) {
        let kinds = match scope {
            Scope::Unit(id) => self.units.entry(id.clone()).or_default(),
            Scope::Instrument(id) => self.instruments.entry(id.clone()).or_default(),
        };
        kinds.insert(kind, said);
    }

    /// What holds of a kind at an instrument, or without one at a unit, and who says each part.
    pub(super) fn holds(
        &self,
        instrument: Option<&InstrumentId>,
        unit: &UnitPath,
        kind: AlertKind,
    ) -> [(Setting, Source); Severity::ALL.len()] {
        let own = instrument.and_then(|id| self.instruments.get(id)).and_then(|kinds| kinds.get(&kind));
        let mut sayers: Vec<(&Said, Source)> = own.map(|said| (said, Source::Instrument)).into_iter().collect();
        // Most have no say: the paths are made only where somebody has.
        if !self.units.is_empty() {
            let units = unit.upwards().into_iter();
            sayers.extend(units.filter_map(|unit| {
                Some((self.units.get(unit.id()).and_then(|kinds| kinds.get(&kind))?, Source::Unit(unit)))
            }));
        }
        let usual = usual(kind);
        std::array::from_fn(|n| {
            let said = sayers.iter().find_map(|(said, source)| Some((said[n]?, source.clone())));
            said.unwrap_or_else(|| (Setting::of_minutes(usual[n]), Source::Usual))
        })
    }

    /// The same, as the policy wants it.
    pub(super) fn levels(&self, instrument: &InstrumentId, unit: &UnitPath, kind: AlertKind) -> Levels {
        if self.units.is_empty() && self.instruments.is_empty() {
            return Levels(usual(kind).map(|minutes| Setting::of_minutes(minutes).ms()));
        }
        Levels(self.holds(Some(instrument), unit, kind).map(|(setting, _)| setting.ms()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_instrument_does_not_say_it_inherits_from_the_nearest_that_does() {
        let city = UnitPath::root().child("zj").child("hz");
        let laboratory = city.child("zju").child("lab");
        let instrument: InstrumentId = "sem-1".parse().unwrap();
        let mut book = RuleBook::default();
        let levels = |book: &RuleBook| book.levels(&instrument, &laboratory, AlertKind::StandbyIdle).0;
        assert_eq!(levels(&book), [Some(30 * MINUTE_MS), Some(240 * MINUTE_MS), None, None]);
        let (never, minutes) = (Some(Setting::Never(Off::Off)), |minutes| Some(Setting::Minutes(minutes)));
        book.set(&Scope::Unit("hz".into()), AlertKind::StandbyIdle, [minutes(60), never, minutes(600), None]);
        book.set(&Scope::Unit("lab".into()), AlertKind::StandbyIdle, [minutes(20), None, None, None]);
        book.set(&Scope::Unit("elsewhere".into()), AlertKind::StandbyIdle, [minutes(1); 4]);
        assert_eq!(levels(&book), [Some(20 * MINUTE_MS), None, Some(600 * MINUTE_MS), None]);
        book.set(&Scope::Instrument(instrument.clone()), AlertKind::StandbyIdle, [never, None, None, minutes(900)]);
        assert_eq!(levels(&book), [None, None, Some(600 * MINUTE_MS), Some(900 * MINUTE_MS)]);
        let sources = book.holds(Some(&instrument), &laboratory, AlertKind::StandbyIdle).map(|(_, source)| source);
        let of_city = Source::Unit(city);
        assert_eq!(sources, [Source::Instrument, of_city.clone(), of_city, Source::Instrument]);
        assert_eq!(book.holds(None, &laboratory, AlertKind::Offline)[0], (Setting::Minutes(30), Source::Usual));
    }

    #[test]
    fn the_highest_level_that_is_reached_counts() {
        let levels = Levels([Some(30), None, Some(10), Some(90)]);
        assert_eq!([0, 10, 30, 89, 90].map(|ms| levels.reached(ms)), {
            use Severity::{Critical, Serious};
            [None, Some(Serious), Some(Serious), Some(Serious), Some(Critical)]
        });
        assert_eq!([0, 10, 30, 90].map(|ms| levels.next(ms)), [Some(10), Some(30), Some(90), None]);
    }

    #[test]
    fn a_setting_is_minutes_or_the_word_off() {
        let settings: Vec<Option<Setting>> = serde_json::from_str("[30, \"off\", null]").unwrap();
        assert_eq!(settings, [Some(Setting::Minutes(30)), Some(Setting::Never(Off::Off)), None]);
        assert_eq!(serde_json::to_string(&settings).unwrap(), "[30,\"off\",null]");
        assert!(serde_json::from_str::<Setting>("\"never\"").is_err());
    }
}
