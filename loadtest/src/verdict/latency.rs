use crate::live::Told;
use crate::load::Ledger;
use crate::target::Interval;
use std::time::Duration;
use tokio::time::Instant;

/// Each change with the moment at which it came and that at which the reading that decided it was published: the time that
/// the model wants before it is sure is not between them, that of the server is.
pub(super) fn decided<'a>(
    ledger: &'a Ledger,
    intervals: &'a [Interval],
    changes: &'a [(&'a Told, Instant)],
    begun: Instant,
) -> impl Iterator<Item = (&'a Told, Instant, Instant)> {
    changes.iter().filter_map(move |(told, came)| {
        let decided = intervals.iter().find(|interval| interval.seq == told.seq && interval.cause == "model")?;
        let sent = ledger.at(decided.decided)?;
        Some((*told, *came, begun + Duration::from_secs_f64(sent.after_ms() / 1e3)))
    })
}
