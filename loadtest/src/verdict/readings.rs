use crate::load::Ledger;
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::ops::AddAssign;

/// What became of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadingFate {
    /// Sent.
    pub sent: u64,
    /// Sent and acknowledged.
    pub acknowledged: u64,
    /// In the history.
    pub kept: u64,
    /// Acknowledged, and not in the history.
    pub lost: u64,
    /// In the history more than once.
    pub doubled: u64,
    /// In the history with another current than was sent.
    pub altered: u64,
    /// In the history, and never sent.
    pub extra: u64,
    /// Not acknowledged, and in the history all the same; that breaks no promise.
    pub kept_unacknowledged: u64,
    /// Not acknowledged and not in the history; that breaks no promise either.
    pub never_arrived: u64,
}

impl ReadingFate {
    /// Whether no promise was broken.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        (self.lost, self.doubled, self.altered, self.extra) == (0, 0, 0, 0)
    }
}

impl AddAssign for ReadingFate {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.kept += other.kept;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.altered += other.altered;
        self.extra += other.extra;
        self.kept_unacknowledged += other.kept_unacknowledged;
        self.never_arrived += other.never_arrived;
    }
}

/// Holds what was sent against the history of the same span (UTC milliseconds, ampere), both oldest first. What is wrong
/// is said in `wrong`, the first of each kind.
pub(super) fn compare(ledger: &Ledger, history: &[(i64, f32)], wrong: &mut String) -> ReadingFate {
    let mut fate = ReadingFate { sent: ledger.sent.len() as u64, kept: history.len() as u64, ..ReadingFate::default() };
    let mut note = |first: bool, what: &str, ts_ms: i64| {
        if first {
            let _ = writeln!(wrong, "{}: {what} at {ts_ms}", ledger.instrument);
        }
    };
    let (mut sent, mut there) = (ledger.sent.iter().peekable(), history.iter().peekable());
    loop {
        let order = match (sent.peek(), there.peek()) {
            (None, None) => return fate,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(reading), Some((ts_ms, _))) => reading.ts_ms.cmp(ts_ms),
        };
        match order {
            Ordering::Less => {
                let Some(reading) = sent.next() else { continue };
                if reading.acknowledged() {
                    fate.acknowledged += 1;
                    note(fate.lost == 0, "acknowledged and lost", reading.ts_ms);
                    fate.lost += 1;
                } else {
                    fate.never_arrived += 1;
                }
            }
            Ordering::Greater => {
                let Some((ts_ms, _)) = there.next() else { continue };
                note(fate.extra == 0, "never sent, but there", *ts_ms);
                fate.extra += 1;
            }
            Ordering::Equal => {
                let (Some(reading), Some((ts_ms, current_a))) = (sent.next(), there.next()) else { continue };
                if reading.acknowledged() {
                    fate.acknowledged += 1
                } else {
                    fate.kept_unacknowledged += 1
                }
                // Three digits behind the point come back as they were.
                if (reading.current_a() - current_a).abs() > 1e-5 {
                    note(fate.altered == 0, "another current", *ts_ms);
                    fate.altered += 1;
                }
                while there.next_if(|(again, _)| again == ts_ms).is_some() {
                    note(fate.doubled == 0, "there twice", *ts_ms);
                    fate.doubled += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Sent;

    #[test]
    fn every_fate_is_told_apart() {
        let mut ledger = Ledger::new("a");
        for second in 0..6 {
            ledger.sent.push(Sent::new(second * 1_000, 1_500 + second as u32, 0.0));
        }
        for place in [0, 1, 2, 3] {
            ledger.acknowledge_for_test(place);
        }
        // 0 is there, 1 is lost, 2 there twice, 3 altered, 4 there without acknowledgement, 5 never arrived.
        let history =
            [(0, 1.5), (500, 9.0), (2_000, 1.502), (2_000, 1.502), (3_000, 1.6), (4_000, 1.504), (9_000, 1.0)];
        let mut wrong = String::new();
        let fate = compare(&ledger, &history, &mut wrong);
        let expected = ReadingFate {
            sent: 6,
            acknowledged: 4,
            kept: 7,
            lost: 1,
            doubled: 1,
            altered: 1,
            extra: 2,
            kept_unacknowledged: 1,
            never_arrived: 1,
        };
        assert_eq!(fate, expected);
        assert!(!fate.is_kept());
        assert_eq!(wrong.lines().count(), 4, "{wrong}");
        let mut clean = Ledger::new("a");
        clean.sent.push(Sent::new(5, 1_234, 0.0));
        assert!(compare(&clean, &[(5, 1.234)], &mut wrong).is_kept());
    }
}
