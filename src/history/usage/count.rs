use super::calendar::Zone;
use super::roll_up::recount;
use crate::domain::InstrumentId;
use crate::history::entity::{state_interval, usage_count};
use crate::platform::db::{Db, instrument_id};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Instruments in one transaction: the recorder waits for it.
const TOGETHER: u64 = 10;
/// How often it is said how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How long to wait before the database is asked again after it refused.
const RETRY: Duration = Duration::from_secs(5);

/// Counts all days anew where they were never counted or in another zone: one instrument after the other, beside the
/// recorder, and after a stop on from where it was.
pub struct Count {
    db: Db,
    zone: Zone,
    counted_to: Option<String>,
    done: watch::Sender<bool>,
}

impl Count {
    /// Looks whether there is anything to count, and says what it knows of that from now on. Before anything is recorded:
    /// what is recorded from now on is cut in this zone.
    pub(super) async fn new(db: Db, zone: Zone) -> Result<(Self, watch::Receiver<bool>), DbErr> {
        let row = usage_count::Entity::find_by_id(1_i16).one(db.writer()).await?;
        let counted_to = match row {
            Some(row) if row.zone_minutes == i64::from(zone.minutes()) => row.counted_to,
            _ => {
                let none = Some(String::new());
                note(db.writer(), zone, none.clone()).await?;
                none
            }
        };
        let (done, counted) = watch::channel(counted_to.is_none());
        Ok((Self { db, zone, counted_to, done }, counted))
    }

    /// Counts until all is counted, or `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut instruments = 0;
        let mut told = Instant::now();
        while let Some(after) = self.counted_to.clone() {
            match self.step(&after).await {
                Ok(counted) => instruments += counted,
                Err(error) => {
                    tracing::error!(%error, "the days could not be counted; it is tried again");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(RETRY) => {}
                    }
                }
            }
            if stop.is_cancelled() {
                return;
            }
            if told.elapsed() >= TELL_EVERY {
                tracing::info!(instruments, "days of measured hours are counted anew");
                told = Instant::now();
            }
        }
        if instruments > 0 {
            tracing::info!(instruments, "all days of measured hours are counted");
        }
        self.done.send_replace(true);
    }

    /// Counts the next instruments and remembers how far it is, in one transaction.
    async fn step(&mut self, after: &str) -> Result<usize, DbErr> {
        let transaction = self.db.begin().await?;
        let ids: Vec<String> = state_interval::Entity::find()
            .select_only()
            .column(state_interval::Column::InstrumentId)
            .distinct()
            .filter(state_interval::Column::InstrumentId.gt(after))
            .order_by_asc(state_interval::Column::InstrumentId)
            .limit(TOGETHER)
            .into_tuple()
            .all(&transaction)
            .await?;
        for id in &ids {
            let id: InstrumentId = instrument_id(id)?;
            recount(&transaction, &id, self.zone).await?;
        }
        let counted = ids.len();
        let counted_to = ids.into_iter().next_back();
        note(&transaction, self.zone, counted_to.clone()).await?;
        transaction.commit().await?;
        self.counted_to = counted_to;
        Ok(counted)
    }
}

async fn note(db: &impl ConnectionTrait, zone: Zone, counted_to: Option<String>) -> Result<(), DbErr> {
    let row =
        usage_count::ActiveModel { id: Set(1), zone_minutes: Set(zone.minutes().into()), counted_to: Set(counted_to) };
    let replace = OnConflict::column(usage_count::Column::Id)
        .update_columns([usage_count::Column::ZoneMinutes, usage_count::Column::CountedTo])
        .to_owned();
    usage_count::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await.map(drop)
}
