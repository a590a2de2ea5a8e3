use super::entity::state_interval;
use crate::domain::Clock;
use crate::platform::db::Db;
use sea_orm::QueryOrder;
use sea_orm::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const DAY_MS: i64 = 24 * 3_600_000;
/// How often it is looked for intervals that are old enough.
const EVERY: Duration = Duration::from_secs(6 * 3_600);
/// The span of time that is deleted in one statement: the recorder waits meanwhile.
const AT_ONCE_MS: i64 = DAY_MS;

/// Deletes state intervals that ended more than `days` days ago, again and again until `stop`; 0 keeps all.
pub async fn forget_intervals(db: Db, days: u32, clock: Arc<dyn Clock>, stop: CancellationToken) {
    if days == 0 {
        return;
    }
    loop {
        let before_ms = clock.now_ms() - i64::from(days) * DAY_MS;
        match forget_before(&db, before_ms).await {
            Ok(gone) => metrics::counter!("dayi_history_intervals_expired_total").increment(gone),
            Err(error) => tracing::error!(%error, "old states could not be deleted; it is tried again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deletes what ended before; an interval that has not ended stays, however old it is.
async fn forget_before(db: &Db, before_ms: i64) -> Result<u64, DbErr> {
    let mut gone = 0;
    loop {
        let ended = state_interval::Column::EndMs;
        let oldest = state_interval::Entity::find().filter(ended.lt(before_ms)).order_by_asc(ended);
        let oldest = oldest.one(db.reader()).await?.and_then(|row| row.end_ms);
        let Some(oldest) = oldest else { return Ok(gone) };
        let until = before_ms.min(oldest.saturating_add(AT_ONCE_MS));
        let deleted = state_interval::Entity::delete_many().filter(ended.lt(until)).exec(db.writer()).await?;
        gone += deleted.rows_affected;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, Event, InstrumentState, Record, Transition};
    use crate::history::{Intervals, Recorder, Zone};
    use crate::platform::config::Config;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn what_ended_long_ago_goes_and_what_lasts_stays() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Config::of_folder(folder.path())).await.unwrap();
        let (records, recorded) = mpsc::channel(64);
        let quiet = Box::new(|_: Event| Box::pin(async {}) as _);
        let (recorder, _) =
            Recorder::new(db.clone(), Arc::new(crate::domain::ManualClock::at(0)), Zone::east(0), quiet);
        for day in 0..10 {
            let transition = Transition {
                instrument: "a".parse().unwrap(),
                seq: day + 1,
                from: InstrumentState::Off,
                to: if day % 2 == 0 { InstrumentState::On } else { InstrumentState::Off },
                at_ms: day as i64 * DAY_MS,
                decided_ms: day as i64 * DAY_MS,
                confidence: 1.0,
                cause: Cause::Model,
                model: "m".into(),
                position: 0,
            };
            records.send(Record::Transition(Arc::new(transition))).await.unwrap();
        }
        drop(records);
        recorder.run(recorded, CancellationToken::new()).await;
        assert_eq!(forget_before(&db, 5 * DAY_MS).await.unwrap(), 4, "the one that ends just then stays");
        assert_eq!(forget_before(&db, 5 * DAY_MS).await.unwrap(), 0);
        let left = Intervals::new(db.clone()).of(&"a".parse().unwrap(), 0, i64::MAX).await.unwrap();
        assert_eq!(left.first().map(|interval| interval.seq), Some(5));
        assert_eq!(forget_before(&db, i64::MAX).await.unwrap(), 5, "the last one lasts");
    }
}
