//! How long it is since something was so.

use serde::{Deserialize, Serialize};

use super::bins::Part;

/// The times (s of covered time) since the current was high and since it was active, and the length of the work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Spans {
    /// Since it was high.
    pub(super) low_s: f32,
    /// Since it was active or high.
    pub(super) quiet_s: f32,
    /// Since the work began, 0 when it is over.
    pub(super) work_s: f32,
}

impl Spans {
    /// The longest time followed, s.
    const LONGEST_S: f32 = 7_200.0;
    /// Work is over after this long (s) below the high cut.
    const PAUSE_S: f32 = 1_800.0;
    /// The longest work followed, s.
    const LONGEST_WORK_S: f32 = 20_000.0;

    /// Nothing was ever seen.
    pub(super) fn new() -> Self {
        Self { low_s: Self::LONGEST_S, quiet_s: 0.0, work_s: 0.0 }
    }

    pub(super) fn observe(&mut self, part: Part, seconds: f32) {
        let on = |s: f32| (s + seconds).min(Self::LONGEST_S);
        self.low_s = if part == Part::High { 0.0 } else { on(self.low_s) };
        self.quiet_s = if part == Part::Zero { on(self.quiet_s) } else { 0.0 };
        let over = self.low_s > Self::PAUSE_S;
        self.work_s = if over { 0.0 } else { (self.work_s + seconds).min(Self::LONGEST_WORK_S) };
    }
}
