//! What follows from what: who is told of a notice, what becomes of a message after an attempt. The table of answers is in
//! `docs/notifications.md`.

use super::model::Subscription;
use super::notice::Notice;
use crate::domain::{Caller, Permission, Place, UnitPath};
use std::time::Duration;

/// The longest that a receiver's wish to be left alone is followed.
const LONGEST_WISH_MS: i64 = 24 * 3_600_000;

/// Whether a subscription asks for a notice. `place` is where its instrument stands, `unit` the path of the unit that the
/// filter names, if it names one; one that is not there any more holds nothing.
pub(super) fn wants(subscription: &Subscription, notice: &Notice, place: &Place, unit: Option<&UnitPath>) -> bool {
    let filter = &subscription.settings.filter;
    let some_or = |empty: bool, holds: bool| empty || holds;
    let concerns = match notice {
        Notice::Alert(event) => {
            event.number > subscription.alerts_from
                && filter.alerts.contains(&event.step)
                && event.alert.severity >= filter.least
                && some_or(filter.kinds.is_empty(), filter.kinds.contains(&event.alert.kind))
        }
        Notice::State(change) => change.number > subscription.states_from && filter.states.contains(&change.to),
    };
    concerns
        && !notice.is_hushed()
        && some_or(filter.instruments.is_empty(), filter.instruments.contains(notice.instrument()))
        && filter.class.as_ref().is_none_or(|class| **class == *place.class)
        && some_or(filter.unit.is_none(), unit.is_some_and(|unit| unit.holds(&place.unit)))
}

/// Whether an account may be told this of what stands there.
pub(super) fn may_know(owner: &Caller, notice: &Notice, place: &Place) -> bool {
    let permission = match notice {
        Notice::Alert(_) => Permission::ViewAlerts,
        Notice::State(_) => Permission::View,
    };
    owner.may_at(permission, &place.unit)
}

/// What a receiver made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has it.
    Delivered,
    /// Not now; it may have said for how long.
    Later(Option<Duration>),
    /// Never this message.
    Refused,
    /// Never anything: there is nobody any more.
    Gone,
}

impl Verdict {
    /// In the log and in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Later(_) => "later",
            Self::Refused => "refused",
            Self::Gone => "gone",
        }
    }

    /// What an HTTP status means.
    pub(super) const fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            200..=299 => Self::Delivered,
            410 => Self::Gone,
            408 | 425 | 429 | 500..=599 => Self::Later(retry_after),
            _ => Self::Refused,
        }
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is through.
    Delivered,
    /// It is tried again then, UTC milliseconds.
    Again(i64),
    /// It is set aside for a person.
    Dead,
}

/// How long a message is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) first_ms: i64,
    pub(super) most_ms: i64,
    pub(super) give_up_ms: i64,
}

impl Patience {
    /// What becomes of a message after its `attempts`-th attempt at `now_ms`, the first having been at `first_ms`. `random`
    /// is 0 to 1: with it, many that failed together do not come back together.
    pub(super) fn fate(self, verdict: Verdict, attempts: u32, first_ms: i64, now_ms: i64, random: f64) -> Fate {
        let wish = match verdict {
            Verdict::Delivered => return Fate::Delivered,
            Verdict::Refused | Verdict::Gone => return Fate::Dead,
            Verdict::Later(wish) => wish,
        };
        if now_ms.saturating_sub(first_ms) >= self.give_up_ms {
            return Fate::Dead;
        }
        let doubled = self.first_ms.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(self.most_ms);
        #[expect(clippy::cast_possible_truncation, reason = "no more than an hour by default")]
        let wait = (doubled as f64 * (0.75 + 0.5 * random.clamp(0.0, 1.0))) as i64;
        let wish = wish.map_or(0, |wish| i64::try_from(wish.as_millis()).unwrap_or(i64::MAX));
        let last = first_ms.saturating_add(self.give_up_ms);
        let again = now_ms.saturating_add(wait.max(wish.min(LONGEST_WISH_MS)));
        // The last attempt is when the time is up, not before.
        Fate::Again(again.min(last.max(now_ms.saturating_add(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATIENCE: Patience = Patience { first_ms: 10_000, most_ms: 3_600_000, give_up_ms: 72 * 3_600_000 };

    #[test]
    fn every_status_has_its_consequence() {
        let wish = Some(Duration::from_secs(7));
        for (status, verdict) in [
            (200, Verdict::Delivered),
            (204, Verdict::Delivered),
            (301, Verdict::Refused),
            (400, Verdict::Refused),
            (401, Verdict::Refused),
            (404, Verdict::Refused),
            (408, Verdict::Later(wish)),
            (410, Verdict::Gone),
            (425, Verdict::Later(wish)),
            (429, Verdict::Later(wish)),
            (500, Verdict::Later(wish)),
            (503, Verdict::Later(wish)),
        ] {
            assert_eq!(Verdict::of_status(status, wish), verdict, "{status}");
        }
    }

    #[test]
    fn waits_grow_to_an_hour_and_a_wish_is_followed() {
        let wait = |attempts, wish: Option<u64>| match PATIENCE.fate(
            Verdict::Later(wish.map(Duration::from_secs)),
            attempts,
            0,
            0,
            0.5,
        ) {
            Fate::Again(at) => at / 1_000,
            fate => panic!("{fate:?}"),
        };
        let waits: Vec<_> = (1..=12).map(|attempts| wait(attempts, None)).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600]);
        assert_eq!((wait(1, Some(120)), wait(3, Some(1)), wait(1, Some(u64::MAX))), (120, 40, 24 * 3_600));
    }

    proptest! {
        #[test]
        fn a_message_is_tried_until_its_time_is_up_and_no_longer(randoms in prop::collection::vec(0.0_f64..=1.0, 400), wish in 0_u64..100_000) {
            let (mut now_ms, mut attempts) = (5, 0);
            for random in randoms {
                attempts += 1;
                match PATIENCE.fate(Verdict::Later(Some(Duration::from_secs(wish))), attempts, 5, now_ms, random) {
                    Fate::Again(at) => {
                        prop_assert!(at > now_ms && at <= now_ms + LONGEST_WISH_MS.max(PATIENCE.most_ms * 5 / 4));
                        now_ms = at;
                    }
                    fate => {
                        prop_assert_eq!((fate, now_ms), (Fate::Dead, 5 + PATIENCE.give_up_ms));
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "it never ends");
        }
    }
}
