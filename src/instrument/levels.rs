use crate::domain::{InstrumentState, LevelName};
use dayi_models::threshold::{LevelStats, LowRule, Origin};
use dayi_models::{Level, SelfCalibrating, ThresholdModel};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a level's usual current may be from the one a person named, as a difference of logarithms: a level that
/// drifts by a third keeps its name.
const SAME_LEVEL: f32 = 0.3;
/// Currents (A) well below this are all one level.
const FLOOR_A: f32 = 0.01;

/// How far an instrument's calibration has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Too little was seen: the rated current, or a first guess, serves.
    Waiting,
    /// The first levels are found and serve; they still change.
    Calibrating,
    /// The first stretch is over: a person may confirm or rename the levels.
    Calibrated,
}

/// What an instrument's calibration found without labels.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Levels {
    pub(crate) stage: Stage,
    /// Milliseconds of readings it has seen; gaps do not count.
    pub(crate) covered_ms: i64,
    /// Milliseconds of readings after which the first stretch is over.
    pub(crate) needed_ms: i64,
    /// From the lowest current to the highest.
    pub(crate) items: Vec<FoundLevel>,
}

impl Levels {
    /// Whether they are there for good and a person has not named any.
    pub(crate) fn wait_for_names(&self) -> bool {
        self.stage == Stage::Calibrated && !self.items.iter().any(|level| level.named)
    }
}

/// One level of the current.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FoundLevel {
    /// What it is taken for now.
    #[schema(value_type = String, example = "standby")]
    pub(crate) state: InstrumentState,
    /// What the rules take it for; another than `state` where a person named it.
    #[schema(value_type = String, example = "off")]
    pub(crate) proposed: InstrumentState,
    /// Whether a person named it.
    pub(crate) named: bool,
    /// From this current on, ampere.
    pub(crate) from_a: f32,
    /// Below this current, ampere; null for the highest level.
    #[schema(required = true)]
    pub(crate) to_a: Option<f32>,
    /// Its usual current, ampere; null where it was never seen.
    #[schema(required = true)]
    pub(crate) typical_a: Option<f32>,
    /// Its share of the time seen, 0 to 1.
    pub(crate) share: f32,
    /// 0 to 1: how sure the name is.
    pub(crate) confidence: f32,
    /// `current`, or `activity`: off and standby share the range and are told apart by how often the current leaves
    /// zero.
    pub(crate) told_by: &'static str,
}

/// The levels that the model which serves now knows, under the names a person gave them.
pub(crate) fn found(model: &SelfCalibrating, names: &[LevelName], needed_ms: i64) -> Levels {
    let covered_ms = model.covered_ms();
    let stage = match model.model().origin() {
        Origin::Rated => Stage::Waiting,
        _ if covered_ms >= needed_ms => Stage::Calibrated,
        Origin::SingleLevel | Origin::Calibrated => Stage::Calibrating,
    };
    let items = ranges(model.model()).map(|range| level(model.model(), names, range)).collect();
    Levels { stage, covered_ms, needed_ms, items }
}

/// What a level is called: by the person who named the level at its usual current, else as proposed.
pub(crate) fn called(model: &ThresholdModel, names: &[LevelName], level: Level) -> (InstrumentState, bool) {
    let named = model.level(level).and_then(|stats| {
        let distance = |name: &LevelName| (scale(name.typical_a) - scale(stats.typical_a)).abs();
        let fitting = names.iter().filter(|name| name.proposed.is_none_or(|proposed| proposed == state_of(level)));
        let nearest = fitting.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        // A name belongs to the level nearest to it; off and standby that share a range share its name.
        let others = Level::ALL.into_iter().filter_map(|other| model.level(other));
        let apart = |stats: LevelStats| (scale(nearest.typical_a) - scale(stats.typical_a)).abs();
        let is_nearest = others.map(apart).all(|other| distance(nearest) <= other);
        (is_nearest && distance(nearest) <= SAME_LEVEL).then_some(nearest.state)
    });
    (named.unwrap_or_else(|| state_of(level)), named.is_some())
}

pub(crate) fn state_of(level: Level) -> InstrumentState {
    match level {
        Level::Off => InstrumentState::Off,
        Level::Standby => InstrumentState::Standby,
        Level::On => InstrumentState::On,
    }
}

/// The level that a state is; `None` for those that say nothing about the instrument.
#[must_use]
pub fn level_of(state: InstrumentState) -> Option<Level> {
    Level::ALL.into_iter().find(|level| state_of(*level) == state)
}

fn scale(current_a: f32) -> f32 {
    (current_a + FLOOR_A).ln()
}

/// A level, the currents it holds, and whether they alone tell it.
type Range = (Level, f32, Option<f32>, &'static str);

fn ranges(model: &ThresholdModel) -> impl Iterator<Item = Range> {
    let (off_a, on_a) = (model.off_cut_a(), model.on_cut_a());
    let low = match model.low_rule() {
        LowRule::Cut => {
            vec![(Level::Off, 0.0, Some(off_a), "current"), (Level::Standby, off_a, Some(on_a), "current")]
        }
        LowRule::Activity => {
            vec![(Level::Off, 0.0, Some(on_a), "activity"), (Level::Standby, 0.0, Some(on_a), "activity")]
        }
        LowRule::Off => vec![(Level::Off, 0.0, Some(on_a), "current")],
        LowRule::Standby => vec![(Level::Standby, 0.0, Some(on_a), "current")],
    };
    low.into_iter().chain([(Level::On, on_a, None, "current")])
}

fn level(model: &ThresholdModel, names: &[LevelName], (level, from_a, to_a, told_by): Range) -> FoundLevel {
    let stats = model.level(level);
    let (state, named) = called(model, names, level);
    let sure = stats.map_or(0.0, |stats| model.confidence(level, stats.typical_a));
    FoundLevel {
        state,
        proposed: state_of(level),
        named,
        from_a,
        to_a,
        typical_a: stats.map(|stats| stats.typical_a),
        share: stats.map_or(0.0, |stats| stats.share),
        confidence: if named { 1.0 } else { sure },
        told_by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayi_models::Sample;

    const HOUR_MS: i64 = 3_600_000;

    /// Off, standby at 0.8 A and work at 6 A in turn, 20 minutes each.
    fn seen(hours: i64) -> SelfCalibrating {
        let mut model = SelfCalibrating::new(None);
        for second in 0..hours * 3_600 {
            let current_a = [0.0, 0.8, 6.0][usize::try_from(second / 1_200 % 3).unwrap()];
            model.learn(Sample { ts_ms: second * 1_000, current_a });
        }
        model
    }

    /// Days of work at 6 A with a standby at the sensor's resolution between, and nights off.
    fn seen_with_faint_standby() -> SelfCalibrating {
        let mut model = SelfCalibrating::new(None);
        for second in 0..48 * 3_600_i64 {
            let current_a = match second / 3_600 % 24 {
                9 | 10 | 13 => 6.0,
                8..18 if second % 4 == 0 => 0.0087,
                _ => 0.0,
            };
            model.learn(Sample { ts_ms: second * 1_000, current_a });
        }
        model
    }

    fn states(levels: &Levels) -> Vec<(InstrumentState, bool)> {
        levels.items.iter().map(|level| (level.state, level.named)).collect()
    }

    #[test]
    fn levels_are_proposed_and_a_person_has_the_last_word() {
        use InstrumentState::{Off, On, Standby};
        let model = seen(8);
        let proposed = found(&model, &[], 24 * HOUR_MS);
        assert_eq!((proposed.stage, proposed.covered_ms / HOUR_MS), (Stage::Calibrating, 7), "{proposed:?}");
        assert_eq!(states(&proposed), [(Off, false), (Standby, false), (On, false)], "{proposed:?}");
        assert!((proposed.items[2].typical_a.unwrap() - 6.0).abs() < 0.7, "{proposed:?}");
        // The operator: what draws 0.8 A is already work; and a name for a level that is not there changes nothing.
        let names = [
            LevelName { typical_a: 0.75, proposed: None, state: On },
            LevelName { typical_a: 50.0, proposed: None, state: Off },
        ];
        let renamed = found(&model, &names, HOUR_MS);
        assert_eq!((renamed.stage, states(&renamed)), (Stage::Calibrated, vec![(Off, false), (On, true), (On, false)]));
        let waits = |hours, names| found(&model, names, hours * HOUR_MS).wait_for_names();
        assert!(!waits(24, &[]) && waits(1, &[]) && !waits(1, &names));
    }

    #[test]
    fn levels_that_share_a_range_are_named_apart() {
        use InstrumentState::{Off, Standby};
        let model = seen_with_faint_standby();
        let before = found(&model, &[], HOUR_MS);
        assert_eq!(before.items[0].told_by, "activity", "{before:?}");
        let typical_a = before.items[0].typical_a.unwrap();
        let name = |proposed| [LevelName { typical_a, proposed, state: Standby }];
        let both = found(&model, &name(None), HOUR_MS);
        assert_eq!(states(&both)[..2], [(Standby, true), (Standby, true)]);
        let one = found(&model, &name(Some(Standby)), HOUR_MS);
        assert_eq!(states(&one)[..2], [(Off, false), (Standby, true)]);
    }

    #[test]
    fn nothing_is_found_before_something_was_seen() {
        let levels = found(&SelfCalibrating::new(Some(10.0)), &[], HOUR_MS);
        assert_eq!((levels.stage, levels.covered_ms), (Stage::Waiting, 0));
        assert!(levels.items.iter().all(|level| level.typical_a.is_none() && level.confidence < 0.1), "{levels:?}");
    }
}
