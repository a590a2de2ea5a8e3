//! How long the current stays above and below a cut.

use serde::{Deserialize, Serialize};

/// Upper edges (s) of the classes of run lengths; a last class holds what is longer.
pub(crate) const EDGES_S: [f32; 17] = [
    6.0, 12.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 450.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
    14_400.0,
];

/// Counts and summed time of runs by their length.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct RunLengths {
    counts: [u16; EDGES_S.len() + 1],
    pub(crate) longest_s: f32,
    pub(crate) total_s: f32,
}

impl RunLengths {
    /// Adds one run.
    pub(crate) fn add(&mut self, seconds: f32) {
        let class = EDGES_S.partition_point(|&edge| edge < seconds);
        self.counts[class] = self.counts[class].saturating_add(1);
        self.longest_s = self.longest_s.max(seconds);
        self.total_s += seconds;
    }

    /// Halves the weight of all that was seen, the longest run's too, so that a single outage is forgotten.
    fn halve(&mut self) {
        self.counts = self.counts.map(|c| c.div_ceil(2));
        self.longest_s *= 0.5;
        self.total_s *= 0.5;
    }

    /// How many runs there are.
    pub(crate) fn count(&self) -> u32 {
        self.counts.iter().map(|&c| u32::from(c)).sum()
    }

    /// For each edge: the number of runs up to it, their time (s, by the middle of each class), and the
    /// number of longer ones.
    pub(crate) fn split_at_edges(&self) -> impl Iterator<Item = Split> + '_ {
        let all = self.count();
        let mut shorter = 0;
        let mut shorter_s = 0.0;
        EDGES_S.iter().enumerate().map(move |(class, &edge_s)| {
            let from_s = class.checked_sub(1).map_or(0.0, |c| EDGES_S[c]);
            shorter += u32::from(self.counts[class]);
            shorter_s += f32::from(self.counts[class]) * 0.5 * (from_s + edge_s);
            Split { edge_s, shorter, shorter_s, longer: all - shorter }
        })
    }

    /// The median length (s) by classes: the upper edge of the class it falls in.
    pub(crate) fn median_s(&self) -> f32 {
        let half = self.count().div_ceil(2);
        self.split_at_edges().find(|s| s.shorter >= half).map_or(self.longest_s, |s| s.edge_s)
    }
}

/// The runs on both sides of one length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    /// That length, s.
    pub(crate) edge_s: f32,
    /// Runs not longer.
    pub(crate) shorter: u32,
    /// Their time together, s.
    pub(crate) shorter_s: f32,
    /// Runs longer.
    pub(crate) longer: u32,
}

/// Follows the current across a cut and keeps the lengths of the runs on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct RunTracker {
    above: Option<bool>,
    run_s: f32,
    /// Runs at or above the cut.
    pub(crate) high: RunLengths,
    /// Runs below it.
    pub(crate) low: RunLengths,
}

impl RunTracker {
    /// All time in finished runs, s.
    pub(crate) fn watched_s(&self) -> f32 {
        self.high.total_s + self.low.total_s
    }

    /// Halves the weight of all that was seen.
    pub(crate) fn halve(&mut self) {
        self.high.halve();
        self.low.halve();
    }

    /// Takes a sample: on which side it is, and the time (s) since the one before.
    pub(crate) fn observe(&mut self, above: bool, covered_s: f32) {
        if self.above.is_some_and(|was| was != above) {
            self.close();
        }
        self.above = Some(above);
        self.run_s += covered_s;
    }

    /// Ends the run at hand: at a crossing, or where a gap hides what came next.
    pub(crate) fn close(&mut self) {
        match self.above.take() {
            Some(true) => self.high.add(self.run_s),
            Some(false) => self.low.add(self.run_s),
            None => {}
        }
        self.run_s = 0.0;
    }
}
