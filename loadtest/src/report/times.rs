use super::units::{count, figure};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::fmt;

/// A distribution of times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    /// How many.
    pub count: u64,
    /// Median.
    pub p50_ms: f64,
    /// 90th percentile.
    pub p90_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// 99.9th percentile.
    pub p999_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Share of the times and the time they do not exceed, finer and finer towards the longest.
    pub curve: Vec<(f64, f64)>,
}

impl From<&Histogram<u64>> for Times {
    fn from(us: &Histogram<u64>) -> Self {
        let at = |share: f64| us.value_at_quantile(share) as f64 / 1e3;
        let points =
            us.iter_quantiles(3).map(|point| (point.quantile_iterated_to(), point.value_iterated_to() as f64 / 1e3));
        Self {
            count: us.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: us.max() as f64 / 1e3,
            curve: points.collect(),
        }
    }
}

impl Times {
    /// The heads of [`Times::row`].
    pub const HEADS: [&'static str; 6] = ["count", "median, ms", "p90", "p99", "p99.9", "longest"];

    /// The figures for a table.
    #[must_use]
    pub fn row(&self) -> [String; 6] {
        let [p50, p90, p99, p999, max] = [self.p50_ms, self.p90_ms, self.p99_ms, self.p999_ms, self.max_ms].map(figure);
        [count(self.count), p50, p90, p99, p999, max]
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [count, p50, _, p99, p999, max] = self.row();
        write!(f, "median {p50} ms, p99 {p99}, p99.9 {p999}, longest {max} ({count})")
    }
}
