use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// A place that a stream has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// A change's number, or a place in the journal: everything up to it, or before it, was sent.
    pub(super) at: i64,
    /// The time of what stands there, UTC milliseconds.
    pub(super) at_ms: i64,
}

/// What was acknowledged and may not be durable yet.
///
/// VictoriaMetrics acknowledges what it holds in memory for some seconds more. A place is proven when the server answers
/// again after that time, and on the same connection: then it has not died in between. Only places are kept here, and not
/// many, however much was sent.
#[derive(Debug)]
pub(super) struct Unproven {
    /// How long the server may need.
    after: Duration,
    /// What is proven.
    proven: Mark,
    acknowledged: VecDeque<Acknowledged>,
}

#[derive(Debug)]
struct Acknowledged {
    mark: Mark,
    first: Instant,
    last: Instant,
}

/// Places that are kept apart within the time that the server may need.
const PLACES: u32 = 5;

impl Unproven {
    /// Everything up to `proven` is safe.
    pub(super) fn new(after: Duration, proven: Mark) -> Self {
        Self { after, proven, acknowledged: VecDeque::new() }
    }

    /// Whether anything is acknowledged and not proven.
    pub(super) fn waits(&self) -> bool {
        !self.acknowledged.is_empty()
    }

    /// Whether an acknowledgement is proof enough.
    pub(super) fn at_once(&self) -> bool {
        self.after.is_zero()
    }

    /// Everything up to `mark` was acknowledged.
    pub(super) fn acknowledged(&mut self, mark: Mark, now: Instant) {
        match self.acknowledged.back_mut() {
            Some(last) if now.duration_since(last.first) < self.after / PLACES => (last.mark, last.last) = (mark, now),
            _ => self.acknowledged.push_back(Acknowledged { mark, first: now, last: now }),
        }
    }

    /// When the server should be asked whether it is still the same, if it does not answer to anything else meanwhile.
    pub(super) fn ask_at(&self) -> Option<Instant> {
        self.acknowledged.front().map(|oldest| oldest.last + self.after)
    }

    /// The same server answered. Returns what is proven by that, if it is more than before.
    pub(super) fn answered(&mut self, now: Instant) -> Option<Mark> {
        let before = self.proven;
        while let Some(oldest) = self.acknowledged.pop_front_if(|oldest| now.duration_since(oldest.last) >= self.after)
        {
            self.proven = oldest.mark;
        }
        (self.proven != before).then_some(self.proven)
    }

    /// Another server may have answered: what is not proven has to be sent again, from here.
    pub(super) fn doubt(&mut self) -> Mark {
        self.acknowledged.clear();
        self.proven
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AFTER: Duration = Duration::from_secs(10);

    fn mark(at: i64) -> Mark {
        Mark { at, at_ms: 0 }
    }

    #[test]
    fn a_place_is_proven_by_an_answer_long_enough_after() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut unproven = Unproven::new(AFTER, mark(3));
        assert!(!unproven.waits() && unproven.ask_at().is_none());
        unproven.acknowledged(mark(5), at(0));
        unproven.acknowledged(mark(6), at(1));
        unproven.acknowledged(mark(9), at(4));
        assert_eq!(unproven.answered(at(10)), None, "places close to each other are one");
        assert_eq!(unproven.ask_at(), Some(at(11)));
        assert_eq!(unproven.answered(at(12)), Some(mark(6)));
        assert_eq!(unproven.answered(at(12)), None);
        assert_eq!(unproven.doubt(), mark(6));
        assert!(!unproven.waits());
    }

    #[test]
    fn a_server_that_is_durable_at_once_proves_it_with_its_own_answer() {
        let now = Instant::now();
        let mut unproven = Unproven::new(Duration::ZERO, mark(0));
        unproven.acknowledged(mark(5), now);
        assert_eq!(unproven.answered(now), Some(mark(5)));
    }

    proptest! {
        #[test]
        fn nothing_is_proven_too_early_and_few_places_are_kept(steps in proptest::collection::vec(0_u64..3_000, 1..300)) {
            let mut now = Instant::now();
            let mut unproven = Unproven::new(AFTER, mark(0));
            let mut acknowledged = vec![now];
            for (n, step) in steps.into_iter().enumerate() {
                now += Duration::from_millis(step);
                unproven.acknowledged(mark(n as i64 + 1), now);
                acknowledged.push(now);
                if let Some(proven) = unproven.answered(now) {
                    let at = acknowledged[usize::try_from(proven.at).unwrap()];
                    prop_assert!(now - at >= AFTER);
                }
                prop_assert!(unproven.acknowledged.len() <= 2 * PLACES as usize);
            }
        }
    }
}
