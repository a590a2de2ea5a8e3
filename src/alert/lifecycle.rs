//! What follows for an alert from what its rule wants: pure.

use super::policy::Wish;
use crate::domain::{Alert, AlertKind, AlertStep, InstrumentId, InstrumentState, Severity, Silenced};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// An alert that comes back so soon after its end is the same one.
pub(super) const SAME_MS: i64 = 10 * 60_000;

/// When, and how the instrument is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now_ms: i64,
    pub(super) state: InstrumentState,
    /// Whether anything new may be told: not within the grace after a start, nor under maintenance.
    pub(super) may_raise: bool,
}

/// Whether it has not ended.
pub(super) fn is_open(alert: &Alert) -> bool {
    alert.cleared_ms.is_none()
}

/// What happened to an alert, and the alert after it.
pub(super) type Step = (AlertStep, Alert);

/// What follows for the alert of a kind from what its rule wants; `latest` is the one that is open, or ended last.
pub(super) fn follow(
    (instrument, kind): (&InstrumentId, AlertKind),
    latest: Option<&Alert>,
    wish: Wish,
    moment: Moment,
) -> Option<Step> {
    let Moment { now_ms, state, may_raise } = moment;
    match (wish, latest.filter(|alert| is_open(alert))) {
        (Wish::Gone, Some(open)) => Some(cleared(open, moment)),
        // What began anew after a time of which nobody knows is still the same.
        (Wish::NotYet { since_ms }, Some(open)) if open.since_ms >= since_ms => Some(cleared(open, moment)),
        (Wish::Alert { severity, .. }, Some(open)) if may_raise && severity > open.severity => {
            Some((AlertStep::Updated, Alert { severity, updated_ms: now_ms, state, ..open.clone() }))
        }
        (Wish::Alert { severity, since_ms }, None) if may_raise => {
            let back = latest.filter(|alert| alert.cleared_ms.is_some_and(|at| now_ms.saturating_sub(at) <= SAME_MS));
            let alert = match back {
                Some(back) => Alert {
                    severity,
                    since_ms,
                    updated_ms: now_ms,
                    cleared_ms: None,
                    reopened: back.reopened.saturating_add(1),
                    state,
                    ..back.clone()
                },
                None => new((instrument, kind), (severity, since_ms), moment),
            };
            Some((AlertStep::Raised, alert))
        }
        _ => None,
    }
}

fn cleared(open: &Alert, Moment { now_ms, state, .. }: Moment) -> Step {
    (AlertStep::Cleared, Alert { updated_ms: now_ms, cleared_ms: Some(now_ms), state, ..open.clone() })
}

fn new(
    (instrument, kind): (&InstrumentId, AlertKind),
    (severity, since_ms): (Severity, i64),
    Moment { now_ms, state, .. }: Moment,
) -> Alert {
    Alert {
        id: id(instrument, kind, now_ms),
        instrument: instrument.clone(),
        kind,
        severity,
        since_ms,
        raised_ms: now_ms,
        updated_ms: now_ms,
        cleared_ms: None,
        reopened: 0,
        state,
        acknowledged: None,
        silenced: None,
    }
}

/// A ULID whose random part is made of what the alert is about: who works the same through again gets the same.
fn id(instrument: &InstrumentId, kind: AlertKind, now_ms: i64) -> Arc<str> {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, instrument, kind).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    ulid::Ulid::from_parts(now_ms.max(0).cast_unsigned(), half(0) << 64 | half(1)).to_string().into()
}

/// Its silence ends by itself.
pub(super) fn silence_ends(alert: &Alert, now_ms: i64) -> Option<Step> {
    let over = is_open(alert) && alert.silenced.as_ref().is_some_and(|silenced| silenced.until_ms <= now_ms);
    over.then(|| unsilenced(alert, now_ms))
}

/// Its silence is ended.
pub(super) fn unsilenced(alert: &Alert, now_ms: i64) -> Step {
    (AlertStep::Unsilenced, Alert { silenced: None, updated_ms: now_ms, ..alert.clone() })
}

/// Nobody is told of it for a while.
pub(super) fn silenced(alert: &Alert, silence: Silenced) -> Step {
    let updated_ms = silence.at_ms;
    (AlertStep::Silenced, Alert { silenced: Some(silence), updated_ms, ..alert.clone() })
}
