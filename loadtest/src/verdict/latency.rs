use crate::live::Told;
use crate::load::{Ledger, record};
use crate::target::Interval;
use hdrhistogram::Histogram;
use std::time::Duration;
use tokio::time::Instant;

/// Notes how long each change took from the publish of the reading that decided it to the page: the time that the model
/// wants before it is sure is not in it, that of the server is.
pub(super) fn note(
    ledger: &Ledger,
    intervals: &[Interval],
    changes: &[(&Told, Instant)],
    begun: Instant,
    times: &mut Histogram<u64>,
) {
    for (told, came) in changes {
        let decided = intervals.iter().find(|interval| interval.seq == told.seq && interval.cause == "model");
        let Some(sent) = decided.and_then(|interval| ledger.at(interval.decided)) else { continue };
        let sent_at = begun + Duration::from_secs_f64(sent.after_ms() / 1e3);
        record(times, came.saturating_duration_since(sent_at));
    }
}
