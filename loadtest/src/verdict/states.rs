use crate::live::Told;
use crate::target::Interval;
use serde::Serialize;
use std::fmt::Write as _;
use std::ops::AddAssign;

/// What became of states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateFate {
    /// Transitions that are kept.
    pub transitions: u64,
    /// Sequence numbers that are missing.
    pub gaps: u64,
    /// Sequence numbers that are there twice, or out of order.
    pub doubled: u64,
    /// Intervals that do not begin where the one before ended, or have no length.
    pub untiled: u64,
    /// States that were announced on the WebSocket, changes and snapshots.
    pub announced: u64,
    /// Announced, and not kept.
    pub forgotten: u64,
    /// Announced, and kept as another state or with another beginning.
    pub changed: u64,
    /// Transitions to offline.
    pub offline: u64,
}

impl StateFate {
    /// Whether no promise was broken.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        (self.gaps, self.doubled, self.untiled, self.forgotten, self.changed) == (0, 0, 0, 0, 0)
    }
}

impl AddAssign for StateFate {
    fn add_assign(&mut self, other: Self) {
        self.transitions += other.transitions;
        self.gaps += other.gaps;
        self.doubled += other.doubled;
        self.untiled += other.untiled;
        self.announced += other.announced;
        self.forgotten += other.forgotten;
        self.changed += other.changed;
        self.offline += other.offline;
    }
}

/// Looks at one instrument's intervals, oldest first, and holds against them what was announced of it.
pub(super) fn examine<'a>(
    instrument: &str,
    intervals: &[Interval],
    announced: impl IntoIterator<Item = &'a Told>,
    wrong: &mut String,
) -> StateFate {
    let mut fate = StateFate { transitions: intervals.len() as u64, ..StateFate::default() };
    let mut note = |what: &str, seq: u64| {
        let _ = writeln!(wrong, "{instrument}: {what} at transition {seq}");
    };
    let mut last: Option<&Interval> = None;
    for interval in intervals {
        let expected = last.map_or(1, |last| last.seq + 1);
        if interval.seq > expected {
            note("missing sequence numbers", interval.seq);
            fate.gaps += interval.seq - expected;
        } else if interval.seq < expected {
            note("a sequence number again", interval.seq);
            fate.doubled += 1;
        }
        let joins = last.is_none_or(|last| last.end == Some(interval.start));
        if !joins || interval.end.is_some_and(|end| end <= interval.start) {
            note("an interval that does not fit its neighbour", interval.seq);
            fate.untiled += 1;
        }
        fate.offline += u64::from(interval.state == "offline");
        last = Some(interval);
    }
    if let Some(ended) = last.filter(|last| last.end.is_some()) {
        note("no present state after the one that ended", ended.seq);
        fate.untiled += 1;
    }
    for told in announced {
        fate.announced += 1;
        match intervals.iter().find(|interval| interval.seq == told.seq) {
            None => {
                note("announced and not kept", told.seq);
                fate.forgotten += 1;
            }
            Some(kept) if kept.state != told.state || kept.start != told.start_ms => {
                note("announced otherwise than it is kept", told.seq);
                fate.changed += 1;
            }
            Some(_) => {}
        }
    }
    fate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(seq: u64, state: &str, start: i64, end: Option<i64>) -> Interval {
        Interval { seq, state: state.into(), start, end, decided: start, cause: "model".into() }
    }

    fn told(seq: u64, state: &str, start_ms: i64) -> Told {
        Told { instrument: "a".into(), seq, state: state.into(), start_ms }
    }

    #[test]
    fn what_is_whole_and_was_told_so_is_kept() {
        let whole = [interval(1, "on", 5, Some(9)), interval(2, "off", 9, Some(20)), interval(3, "offline", 20, None)];
        let mut wrong = String::new();
        let fate =
            examine("a", &whole, &[told(1, "on", 5), told(3, "offline", 20), told(3, "offline", 20)], &mut wrong);
        assert!(fate.is_kept(), "{wrong}");
        assert_eq!((fate.transitions, fate.announced, fate.offline), (3, 3, 1));
        assert!(examine("a", &[], &[], &mut wrong).is_kept());
    }

    #[test]
    fn every_break_is_told_apart() {
        let fate = |intervals: &[Interval], announced: &[Told]| examine("a", intervals, announced, &mut String::new());
        assert_eq!(fate(&[interval(3, "on", 5, None)], &[]).gaps, 2);
        let twice = [interval(1, "on", 5, Some(9)), interval(1, "off", 9, None)];
        assert_eq!(fate(&twice, &[]).doubled, 1);
        let hole = [interval(1, "on", 5, Some(8)), interval(2, "off", 9, None)];
        assert_eq!(fate(&hole, &[]).untiled, 1);
        assert_eq!(fate(&[interval(1, "on", 5, Some(5))], &[]).untiled, 2);
        let one = [interval(1, "on", 5, None)];
        assert_eq!(fate(&one, &[told(2, "off", 9)]).forgotten, 1);
        assert_eq!(fate(&one, &[told(1, "off", 5), told(1, "on", 6)]).changed, 2);
    }
}
