use super::model::{Idle, Span};
use super::policy::{Measured, by_day};
use super::store::{self, Ended};
use crate::bus::LatestWins;
use crate::domain::{Clock, InstrumentId, Openings};
use crate::history::{MOST_BINS, Readings};
use crate::platform::catch_up::{Asked, CatchUp};
use crate::platform::db::Db;
use futures::{FutureExt, StreamExt, stream};
use sea_orm::DbErr;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// State changes that are looked at together.
const BATCH: i64 = 1_000;
/// Spans whose readings are read at the same time.
const TOGETHER: usize = 4;
/// How long changes wait for others: nobody waits for these days, answers look at what is not counted, too.
const MOMENT: Duration = Duration::from_secs(5);
/// How long to wait for a database that refuses.
const REST: Duration = Duration::from_secs(1);
const MINUTE_MS: i64 = 60_000;
/// Readings of standbys that ended longer ago are not looked at: those of a database that was never counted.
const MEASURED_MS: i64 = 62 * 24 * 3_600_000;

/// What counting stands on.
pub struct Parts {
    /// Where states are, and the days are kept.
    pub db: Db,
    /// What was measured.
    pub readings: Readings,
    /// Wakes: what it says is read from the database.
    pub events: LatestWins,
    /// When there is work at instruments.
    pub openings: Arc<dyn Openings>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The zone that days are cut in, in minutes east of UTC.
    pub zone_minutes: i32,
}

/// Counts every standby that ended into its days, behind the recorder.
pub struct Counter {
    parts: Parts,
    asked: Asked,
}

impl Counter {
    /// Ready to run, and what tells how far it is.
    #[must_use]
    pub fn new(parts: Parts) -> (Self, CatchUp) {
        let (settled, asked) = CatchUp::new();
        (Self { parts, asked }, settled)
    }

    /// Counts until `stop`; what was not kept is counted again.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let Err(error) = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                worked = self.work() => worked,
            };
            tracing::error!(%error, "time on standby could not be counted; it is tried again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(REST) => {}
            }
        }
    }

    async fn work(&mut self) -> Result<Infallible, DbErr> {
        let mut number = store::cursor(&self.parts.db, self.parts.zone_minutes).await?;
        let mut asked: Option<oneshot::Sender<()>> = None;
        loop {
            self.follow(&mut number).await?;
            if let Some(done) = asked.take() {
                // Who asked may have gone meanwhile.
                let _ = done.send(());
            }
            asked = self.woken().await;
        }
    }

    /// Returns a moment after something happened, or when somebody asks.
    async fn woken(&mut self) -> Option<oneshot::Sender<()>> {
        let events = &mut self.parts.events;
        let something = async {
            events.next().await;
            sleep(MOMENT).await;
            while events.next().now_or_never().is_some() {}
        };
        tokio::select! {
            biased;
            Some(done) = self.asked.recv() => Some(done),
            () = something => None,
        }
    }

    async fn follow(&self, number: &mut i64) -> Result<(), DbErr> {
        loop {
            let ended = store::ended(self.parts.db.reader(), *number, BATCH).await?;
            if ended.number > *number {
                let days = self.days(&ended).await;
                store::add(&self.parts.db, &days, &ended.runs, ended.number, self.parts.zone_minutes).await?;
                *number = ended.number;
            }
            if ended.all {
                return Ok(());
            }
        }
    }

    async fn days(&self, ended: &Ended) -> BTreeMap<(i64, InstrumentId), Idle> {
        let zone_ms = i64::from(self.parts.zone_minutes) * MINUTE_MS;
        let measured_from_ms = self.parts.clock.now_ms().saturating_sub(MEASURED_MS);
        let mut days: BTreeMap<(i64, InstrumentId), Idle> = BTreeMap::new();
        let mut spans = stream::iter(ended.standbys.iter().cloned())
            .map(|span| async {
                let measured = if span.end_ms >= measured_from_ms { self.measured(&span).await } else { Vec::new() };
                (span, measured)
            })
            .buffered(TOGETHER);
        while let Some((span, measured)) = spans.next().await {
            let hours = self.parts.openings.opening(&span.instrument);
            for (day, idle) in by_day(&span, &measured, &hours, zone_ms) {
                *days.entry((day, span.instrument.clone())).or_default() += idle;
            }
        }
        days
    }

    /// What was measured over the span, by the minute where it is short enough.
    async fn measured(&self, span: &Span) -> Vec<Measured> {
        let minutes = (span.end_ms - span.start_ms) / MINUTE_MS + 1;
        let bins = u32::try_from(minutes).unwrap_or(MOST_BINS).clamp(1, MOST_BINS);
        let chart = self.parts.readings.chart(span.instrument.clone(), span.start_ms, span.end_ms, bins).await;
        let chart = chart.unwrap_or_else(|error| {
            tracing::warn!(instrument = %span.instrument, %error, "what standby cost is estimated: its readings cannot be read");
            crate::history::Chart::default()
        });
        let place = |ts_ms: i64| (ts_ms - span.start_ms).max(0) / chart.step_ms.max(1) * chart.step_ms;
        let measured = chart.bins.iter().map(|bin| {
            let from_ms = span.start_ms + place(bin.ts_ms);
            let ms = chart.step_ms.min(span.end_ms - from_ms);
            Measured { from_ms, ms, mean_a: bin.mean_a.into() }
        });
        measured.filter(|part| part.ms > 0).collect()
    }
}
