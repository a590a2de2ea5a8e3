use super::latency;
use super::readings::{ReadingFate, compare};
use super::states::{StateFate, examine};
use crate::live::{Heard, Told};
use crate::load::{Ledger, record, times};
use crate::target::{Api, Interval, TargetError};
use futures::{StreamExt, stream};
use hdrhistogram::Histogram;
use std::collections::HashMap;
use tokio::time::Instant;

/// Questions under way.
const AT_ONCE: usize = 8;
/// Lines of what is wrong that are kept.
const MOST_LINES: usize = 12;

/// What became of everything.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Instruments that were looked at.
    pub instruments: u64,
    /// Their readings.
    pub readings: ReadingFate,
    /// Their states.
    pub states: StateFate,
    /// From the publish of the deciding reading to the change on the WebSocket, in microseconds.
    pub to_page_us: Histogram<u64>,
    /// When the readings that decided the heard changes were published, by instrument and sequence number.
    pub decided: HashMap<(String, u64), Instant>,
    /// What is wrong, the first lines.
    pub wrong: Vec<String>,
}

impl Verdict {
    /// Whether no promise was broken.
    #[must_use]
    pub fn kept(&self) -> bool {
        self.readings.is_kept() && self.states.is_kept()
    }
}

/// Asks the server about every instrument of the ledgers and holds the answers against what was sent and `heard`. The
/// ledgers count from `begun`.
///
/// # Errors
/// When the server does not answer.
pub async fn hold(api: &Api, ledgers: &[Ledger], heard: &Heard, begun: Instant) -> Result<Verdict, TargetError> {
    let mut changes: HashMap<&str, Vec<(&Told, Instant)>> = HashMap::new();
    for (told, came) in &heard.changes {
        changes.entry(&told.instrument).or_default().push((told, *came));
    }
    let mut shown: HashMap<&str, Vec<&Told>> = HashMap::new();
    for told in &heard.shown {
        shown.entry(&told.instrument).or_default().push(told);
    }
    let mut verdict = Verdict {
        instruments: 0,
        readings: ReadingFate::default(),
        states: StateFate::default(),
        to_page_us: times().map_err(|_| TargetError::NoMetric("room for a histogram"))?,
        decided: HashMap::new(),
        wrong: Vec::new(),
    };
    let mut answers = stream::iter(ledgers.iter().map(|ledger| ask(api, ledger))).buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        let (ledger, history, intervals) = answer?;
        let mut wrong = String::new();
        verdict.instruments += 1;
        verdict.readings += compare(ledger, &history, &mut wrong);
        let id = ledger.instrument.as_str();
        let came = changes.get(id).map_or(&[][..], Vec::as_slice);
        let announced = came.iter().map(|(told, _)| *told).chain(shown.get(id).into_iter().flatten().copied());
        let last_ms = ledger.sent.last().map_or(i64::MIN, |sent| sent.ts_ms);
        verdict.states += examine(id, last_ms, &intervals, announced, &mut wrong);
        for (told, came, published) in latency::decided(ledger, &intervals, came, begun) {
            record(&mut verdict.to_page_us, came.saturating_duration_since(published));
            verdict.decided.insert((told.instrument.clone(), told.seq), published);
        }
        let room = MOST_LINES.saturating_sub(verdict.wrong.len());
        verdict.wrong.extend(wrong.lines().take(room).map(str::to_owned));
    }
    Ok(verdict)
}

async fn ask<'a>(api: &Api, ledger: &'a Ledger) -> Result<(&'a Ledger, Vec<(i64, f32)>, Vec<Interval>), TargetError> {
    let history = match (ledger.sent.first(), ledger.sent.last()) {
        (Some(first), Some(last)) => api.readings(&ledger.instrument, first.ts_ms, last.ts_ms + 1).await?,
        _ => Vec::new(),
    };
    Ok((ledger, history, api.intervals(&ledger.instrument).await?))
}
