//! What is to be told of an instrument as it is now: pure rules over its present state, its opening hours and the thresholds.
//!
//! A rule sees the present interval and nothing of those before it but since when the instrument was not on: what arrives late
//! raises nothing.

use super::model::{Signals, Watch};
use super::rules::Levels;
use crate::domain::{AlertKind, InstrumentState, OpeningHours, Severity};

/// The share of the time since its last run of which it must be known that the instrument was off or on standby, before
/// anybody says that it is unused: what was offline or unknown proves nothing. In fifths.
const KNOWN_FIFTHS: i64 = 4;
/// How far back it is looked for the last time when work ended.
const CLOSED_FOR_AT_MOST_MS: i64 = 35 * 24 * 3_600_000;

/// What a rule sees.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) watch: &'a Watch,
    /// `None` before it was told once.
    pub(super) signals: Option<&'a Signals>,
    pub(super) hours: &'a OpeningHours,
    /// How far local time is ahead of UTC, in milliseconds.
    pub(super) zone_ms: i64,
    pub(super) now_ms: i64,
}

/// What a rule wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// No alert.
    Gone,
    /// Nobody can tell: what there is stays as it is, and nothing is raised.
    Stay,
    /// It is so since then, but not for long enough.
    NotYet { since_ms: i64 },
    /// An alert, at least so severe.
    Alert { severity: Severity, since_ms: i64 },
}

/// What a rule wants, and the first time after now at which it may want something else, as long as the state stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) wish: Wish,
    pub(super) next_ms: Option<i64>,
}

impl Verdict {
    const GONE: Self = Self { wish: Wish::Gone, next_ms: None };
    const STAY: Self = Self { wish: Wish::Stay, next_ms: None };
}

/// What is to be told of an instrument.
pub(super) fn judge(kind: AlertKind, seen: Seen<'_>, levels: &Levels) -> Verdict {
    if levels.are_off() {
        return Verdict::GONE;
    }
    let state = seen.watch.state;
    match kind {
        AlertKind::ModelDrift | AlertKind::SensorFrozen | AlertKind::ClockSkew => match seen.signals {
            None => Verdict::STAY,
            Some(signals) => signals.of(kind).map_or(Verdict::GONE, |since_ms| lasting(seen, since_ms, levels)),
        },
        // A server that was down knows nothing of the meantime.
        _ if state == InstrumentState::Unknown => Verdict::STAY,
        AlertKind::Offline if state == InstrumentState::Offline => lasting(seen, seen.watch.since_ms, levels),
        AlertKind::StandbyIdle if state == InstrumentState::Standby => standby_idle(seen, levels),
        AlertKind::OffHoursOn if state == InstrumentState::On => off_hours_on(seen, levels),
        AlertKind::Unused if state != InstrumentState::On => unused(seen, levels),
        _ => Verdict::GONE,
    }
}

/// By the time that passes.
fn lasting(seen: Seen<'_>, since_ms: i64, levels: &Levels) -> Verdict {
    let lasts_ms = seen.now_ms.saturating_sub(since_ms);
    let next_ms = levels.next(lasts_ms).map(|after| since_ms.saturating_add(after));
    Verdict { wish: wish(levels, lasts_ms, since_ms), next_ms }
}

/// Only time within opening hours counts.
fn standby_idle(seen: Seen<'_>, levels: &Levels) -> Verdict {
    let since_ms = seen.watch.since_ms;
    let (since, now) = (seen.local(since_ms), seen.local(seen.now_ms));
    let open_ms = seen.hours.open_ms(since, now);
    let next_ms = levels.next(open_ms).and_then(|after| {
        if seen.hours.is_open(now) {
            // Work may end before; then it is looked at too early, not too late.
            Some(seen.now_ms.saturating_add(after - open_ms))
        } else {
            seen.next_change()
        }
    });
    Verdict { wish: wish(levels, open_ms, since_ms), next_ms }
}

/// Only time since work ended counts.
fn off_hours_on(seen: Seen<'_>, levels: &Levels) -> Verdict {
    let next_change = seen.next_change();
    if seen.hours.is_open(seen.local(seen.now_ms)) {
        return Verdict { wish: Wish::Gone, next_ms: next_change };
    }
    let Verdict { wish, next_ms } = lasting(seen, seen.closed_since(seen.watch.since_ms), levels);
    Verdict { wish, next_ms: next_ms.into_iter().chain(next_change).min() }
}

/// By the time since its last run, if enough of it is known.
fn unused(seen: Seen<'_>, levels: &Levels) -> Verdict {
    let Watch { state, since_ms, quiet_ms, known_ms } = *seen.watch;
    let reports = matches!(state, InstrumentState::Off | InstrumentState::Standby);
    let present_ms = if reports { seen.now_ms.saturating_sub(since_ms).max(0) } else { 0 };
    let known_ms = known_ms.saturating_add(present_ms);
    let quiet_for_ms = seen.now_ms.saturating_sub(quiet_ms);
    let Verdict { wish, next_ms } = lasting(seen, quiet_ms, levels);
    let missing = quiet_for_ms.saturating_mul(KNOWN_FIFTHS).saturating_sub(known_ms.saturating_mul(5));
    if missing <= 0 {
        return Verdict { wish, next_ms };
    }
    // With every millisecond that it reports, a fifth of one comes closer.
    let enough_ms = reports.then(|| seen.now_ms.saturating_add(missing));
    Verdict { wish: Wish::Stay, next_ms: enough_ms }
}

fn wish(levels: &Levels, lasts_ms: i64, since_ms: i64) -> Wish {
    levels.reached(lasts_ms).map_or(Wish::NotYet { since_ms }, |severity| Wish::Alert { severity, since_ms })
}

impl Seen<'_> {
    fn local(&self, at_ms: i64) -> i64 {
        at_ms.saturating_add(self.zone_ms)
    }

    /// When work begins or ends next.
    fn next_change(&self) -> Option<i64> {
        self.hours.next_change(self.local(self.now_ms)).map(|local_ms| local_ms.saturating_sub(self.zone_ms))
    }

    /// Since when there is no work, but not before `from_ms`. To be asked while there is none.
    fn closed_since(&self, from_ms: i64) -> i64 {
        let now = self.local(self.now_ms);
        let mut since = self.local(from_ms).max(now.saturating_sub(CLOSED_FOR_AT_MOST_MS));
        while let Some(next) = self.hours.next_change(since).filter(|next| *next <= now) {
            since = next;
        }
        since.saturating_sub(self.zone_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::RuleBook;
    use super::*;
    use crate::domain::UnitPath;
    use InstrumentState::{Off, Offline, On, Standby, Unknown};
    use proptest::prelude::*;

    const MIN: i64 = 60_000;
    const HOUR: i64 = 60 * MIN;
    const DAY: i64 = 24 * HOUR;
    /// Monday 2026-11-30, 00:00 in China.
    const MONDAY: i64 = 1_795_968_000_000;
    const ZONE: i64 = 8 * HOUR;

    fn usual(kind: AlertKind) -> Levels {
        RuleBook::default().levels(&"i".parse().unwrap(), &UnitPath::root(), kind)
    }

    fn look(kind: AlertKind, watch: Watch, now_ms: i64) -> Verdict {
        let hours = OpeningHours::default();
        judge(kind, Seen { watch: &watch, signals: None, hours: &hours, zone_ms: ZONE, now_ms }, &usual(kind))
    }

    fn since(state: InstrumentState, since_ms: i64) -> Watch {
        Watch::first(state, since_ms)
    }

    fn alert(severity: Severity, since_ms: i64) -> Wish {
        Wish::Alert { severity, since_ms }
    }

    #[test]
    fn standby_counts_within_opening_hours_alone() {
        let eight = MONDAY + 8 * HOUR;
        let at = |hour: i64, minute: i64| {
            look(AlertKind::StandbyIdle, since(Standby, eight), MONDAY + hour * HOUR + minute * MIN)
        };
        // 08:30 is when work begins.
        let before = Verdict { wish: Wish::NotYet { since_ms: eight }, next_ms: Some(MONDAY + 8 * HOUR + 30 * MIN) };
        assert_eq!(at(8, 10), before);
        let working = Verdict { wish: Wish::NotYet { since_ms: eight }, next_ms: Some(MONDAY + 9 * HOUR) };
        assert_eq!(at(8, 59), working);
        assert_eq!(at(9, 0).wish, alert(Severity::Notice, eight));
        assert_eq!(at(9, 0).next_ms, Some(MONDAY + 12 * HOUR + 30 * MIN));
        assert_eq!(at(12, 30).wish, alert(Severity::Warning, eight));
        assert_eq!(at(12, 30).next_ms, None);
        // A night on standby is nobody's alert.
        let evening = MONDAY + 18 * HOUR;
        let night = look(AlertKind::StandbyIdle, since(Standby, evening), MONDAY + DAY + 8 * HOUR);
        assert_eq!(night.wish, Wish::NotYet { since_ms: evening });
    }

    #[test]
    fn work_outside_opening_hours_is_told_after_the_tolerance() {
        let noon = MONDAY + 12 * HOUR;
        let closing = MONDAY + 17 * HOUR + 30 * MIN;
        let at = |now| look(AlertKind::OffHoursOn, since(On, noon), now);
        assert_eq!(at(noon + HOUR), Verdict { wish: Wish::Gone, next_ms: Some(closing) });
        assert_eq!(
            at(closing),
            Verdict { wish: Wish::NotYet { since_ms: closing }, next_ms: Some(closing + 15 * MIN) }
        );
        let opening = Some(MONDAY + DAY + 8 * HOUR + 30 * MIN);
        assert_eq!(at(closing + 15 * MIN), Verdict { wish: alert(Severity::Notice, closing), next_ms: opening });
        // Since it began, where that was later.
        let evening = look(AlertKind::OffHoursOn, since(On, closing + HOUR), closing + 2 * HOUR);
        assert_eq!(evening.wish, alert(Severity::Notice, closing + HOUR));
        assert_eq!(look(AlertKind::OffHoursOn, since(Standby, noon), closing + HOUR).wish, Wish::Gone);
    }

    #[test]
    fn silence_concerns_more_people_the_longer_it_lasts() {
        let at = |ms| look(AlertKind::Offline, since(Offline, MONDAY), MONDAY + ms);
        assert_eq!(at(29 * MIN), Verdict { wish: Wish::NotYet { since_ms: MONDAY }, next_ms: Some(MONDAY + 30 * MIN) });
        assert_eq!(at(30 * MIN), Verdict { wish: alert(Severity::Notice, MONDAY), next_ms: Some(MONDAY + DAY) });
        assert_eq!(at(DAY), Verdict { wish: alert(Severity::Warning, MONDAY), next_ms: Some(MONDAY + 7 * DAY) });
        assert_eq!(at(8 * DAY), Verdict { wish: alert(Severity::Critical, MONDAY), next_ms: None });
        assert_eq!(look(AlertKind::Offline, since(Off, MONDAY), MONDAY + DAY), Verdict::GONE);
    }

    #[test]
    fn unused_is_what_is_known_not_to_have_run() {
        let mut watch = since(On, MONDAY - DAY);
        watch.change(Off, MONDAY);
        let at = |watch: Watch, now| look(AlertKind::Unused, watch, now);
        assert_eq!(at(watch, MONDAY + 13 * DAY).next_ms, Some(MONDAY + 14 * DAY));
        assert_eq!(at(watch, MONDAY + 14 * DAY).wish, alert(Severity::Warning, MONDAY));
        assert_eq!(at(watch, MONDAY + 60 * DAY).wish, alert(Severity::Critical, MONDAY));
        // Offline for 10 of 15 days proves nothing, until enough is known again.
        watch.change(Offline, MONDAY + 5 * DAY);
        assert_eq!(at(watch, MONDAY + 15 * DAY), Verdict::STAY);
        watch.change(Off, MONDAY + 15 * DAY);
        let unsure = at(watch, MONDAY + 15 * DAY);
        assert_eq!(unsure, Verdict { wish: Wish::Stay, next_ms: Some(MONDAY + 50 * DAY) });
        assert_eq!(at(watch, MONDAY + 50 * DAY).wish, alert(Severity::Serious, MONDAY));
        watch.change(On, MONDAY + 51 * DAY);
        assert_eq!(at(watch, MONDAY + 51 * DAY).wish, Wish::Gone);
    }

    #[test]
    fn signs_are_told_at_once_and_what_was_not_asked_yet_stays() {
        let (hours, watch) = (OpeningHours::default(), since(On, MONDAY));
        let seen = Seen { watch: &watch, signals: None, hours: &hours, zone_ms: ZONE, now_ms: MONDAY + DAY };
        let levels = usual(AlertKind::SensorFrozen);
        assert_eq!(judge(AlertKind::SensorFrozen, seen, &levels), Verdict::STAY);
        let mut signals = Signals::default();
        signals.set(AlertKind::SensorFrozen, MONDAY + HOUR);
        let seen = Seen { signals: Some(&signals), ..seen };
        assert_eq!(judge(AlertKind::SensorFrozen, seen, &levels).wish, alert(Severity::Notice, MONDAY + HOUR));
        assert_eq!(judge(AlertKind::ClockSkew, seen, &levels), Verdict::GONE);
        assert_eq!(judge(AlertKind::SensorFrozen, seen, &Levels([None; 4])), Verdict::GONE);
    }

    proptest! {
        /// What a deadline promises: it lies after now, and nothing else is wanted before it.
        #[test]
        fn nothing_changes_before_the_deadline(
            kind in proptest::sample::select(super::super::rules::WATCHED.to_vec()),
            state in proptest::sample::select(InstrumentState::ALL.to_vec()),
            (quiet, lasts, known) in (0..70 * DAY, 0..70 * DAY, 0..100_i64),
            part in 0.0..1.0_f64,
        ) {
            let quiet_ms = MONDAY - quiet.max(lasts);
            let since_ms = MONDAY - lasts;
            let watch = Watch { state, since_ms, quiet_ms, known_ms: (since_ms - quiet_ms) * known / 100 };
            let now = look(kind, watch, MONDAY);
            if state == Unknown {
                prop_assert_eq!(now.wish, Wish::Stay);
            }
            let until = now.next_ms.unwrap_or(MONDAY + 100 * DAY);
            prop_assert!(until > MONDAY, "{now:?}");
            #[expect(clippy::cast_possible_truncation, reason = "a hundred days")]
            let meanwhile = MONDAY + ((until - 1 - MONDAY) as f64 * part) as i64;
            let then = look(kind, watch, meanwhile).wish;
            // While it is offline, less and less of the time is known: nothing new follows from that.
            let known_less = kind == AlertKind::Unused && state == Offline && then == Wish::Stay;
            prop_assert!(then == now.wish || known_less, "{then:?} {now:?}");
        }
    }
}
