use super::listener::Listened;
use crate::load::record;
use crate::report::Times;
use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;
use std::collections::HashMap;
use tokio::time::Instant;

/// What the crowd was told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crowd {
    /// Pages that read.
    pub listeners: usize,
    /// Of those, the ones that were closed or could not listen to the end.
    pub broken: usize,
    /// Deltas before which something was missing, of all of them.
    pub gaps: u64,
    /// Deltas that came twice.
    pub doubled: u64,
    /// Deltas that said something else than the first page's of the same offset.
    pub different: u64,
    /// Changes left out for pages that were too slow.
    pub coalesced: u64,
    /// Changes that each page was told.
    pub changes: u64,
    /// Deltas of one page.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// From the publish of the reading that decided a change to its arrival, over all changes and pages.
    pub times: Times,
    /// The same of the page that fared worst.
    pub worst_p99_ms: f64,
    /// The page that did not read.
    pub stalled: Stalled,
    /// Why pages were closed, the first few.
    pub reasons: Vec<String>,
}

/// The page that did not read until the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stalled {
    /// Whether it was closed.
    pub broken: Option<String>,
    /// Deltas before which something was missing, or that came twice.
    pub wrong: u64,
    /// Changes left out for it.
    pub coalesced: u64,
    /// Snapshots it got after its first.
    pub resyncs: u64,
    /// Whether in the end it holds the same states as the others.
    pub same: bool,
}

impl Crowd {
    /// Whether every page was told everything once, and the one that did not read was brought up to date.
    #[must_use]
    pub fn kept(&self) -> bool {
        let stalled = &self.stalled;
        self.broken == 0
            && self.gaps + self.doubled + self.different == 0
            && stalled.wrong == 0
            && (stalled.broken.is_some() || stalled.same && stalled.coalesced + stalled.resyncs > 0)
    }
}

/// When the readings that decided the changes were published, by instrument and sequence number.
pub(super) type Decided = HashMap<(String, u64), Instant>;

/// Whether one holds at least what the other does: it may have heard a little longer.
fn up_to_date(one: &Listened, other: &Listened) -> bool {
    let held = one.states();
    other.states().into_iter().all(|(instrument, (seq, state))| match held.get(&instrument) {
        Some((held_seq, held_state)) => *held_seq > seq || *held_seq == seq && *held_state == state,
        None => false,
    })
}

/// Holds what all were told against what the first was told. Only changes decided after `from` are timed.
pub(super) fn examine(
    first: &Listened,
    others: &[Listened],
    stalled: &Listened,
    decided: &Decided,
    from: Instant,
) -> Result<Crowd, CreationError> {
    let mut moments: HashMap<u64, Vec<Instant>> = HashMap::new();
    let mut changes = 0;
    for (offset, told) in first.told() {
        let Some(offset) = offset else { continue };
        changes += told.len() as u64;
        let published = told.into_iter().filter_map(|told| decided.get(&(told.instrument, told.seq)).copied());
        moments.insert(offset, published.filter(|at| *at >= from).collect());
    }
    let hashes: HashMap<u64, u64> = first.arrivals.iter().map(|arrival| (arrival.offset, arrival.hash)).collect();
    let all = || others.iter().chain([first]);
    let sum = |of: fn(&Listened) -> u64| all().map(of).sum::<u64>();
    let mut times = crate::load::times()?;
    let (mut worst, mut different) = (0, 0);
    for listened in all() {
        let mut own: Histogram<u64> = crate::load::times()?;
        for arrival in &listened.arrivals {
            different += u64::from(arrival.coalesced == 0 && hashes.get(&arrival.offset) != Some(&arrival.hash));
            for published in moments.get(&arrival.offset).into_iter().flatten() {
                record(&mut own, arrival.at.saturating_duration_since(*published));
            }
        }
        worst = worst.max(own.value_at_quantile(0.99));
        // Both have the same range.
        let _ = times.add(&own);
    }
    Ok(Crowd {
        listeners: others.len() + 1,
        broken: all().filter(|listened| listened.broken.is_some()).count(),
        gaps: sum(|listened| listened.gaps),
        doubled: sum(|listened| listened.doubled),
        different,
        coalesced: all().flat_map(|listened| &listened.arrivals).map(|arrival| arrival.coalesced).sum(),
        changes,
        frames: first.arrivals.len() as u64,
        bytes: first.bytes,
        times: Times::from(&times),
        worst_p99_ms: worst as f64 / 1e3,
        stalled: Stalled {
            broken: stalled.broken.clone(),
            wrong: stalled.gaps + stalled.doubled,
            coalesced: stalled.arrivals.iter().map(|arrival| arrival.coalesced).sum(),
            resyncs: stalled.snapshots.saturating_sub(1),
            same: up_to_date(stalled, first),
        },
        reasons: all().filter_map(|listened| listened.broken.clone()).take(5).collect(),
    })
}
