use super::entity::state_interval::{self, Column, Entity};
use super::intervals::interval;
use crate::domain::{InstrumentState, Transition};
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, FromQueryResult, QuerySelect, Statement};

/// One entry of the log of state changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Counts all instruments' changes in the order in which they were recorded, from 1. Numbers only grow; some may be
    /// left out.
    pub number: i64,
    /// What changed.
    pub transition: Transition,
}

/// The log of all state changes, for whoever must miss none of them.
///
/// The one recorder numbers every transition in the transaction that keeps it. What a reader finds after its last number is
/// therefore all that it has not seen, in an order in which each instrument's changes follow each other. A reader keeps the
/// number that it has come to, beside what it did with the changes; it takes an event on the bus as no more than a nudge and
/// reads on from here, be it after a restart, an outage, or the day on which it was first switched on. Nothing has to wait
/// for it in memory or in a queue.
#[derive(Clone)]
pub struct Changes {
    db: Db,
}

/// An interval, and the state of the one before it.
const AFTER: &str = "
    SELECT changed.*, earlier.state AS from_state
    FROM state_interval AS changed
    LEFT JOIN state_interval AS earlier
        ON earlier.instrument_id = changed.instrument_id AND earlier.seq = changed.seq - 1
    WHERE changed.number > $1
    ORDER BY changed.number
    LIMIT $2";

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    changed: state_interval::Model,
    from_state: Option<i16>,
}

impl Changes {
    /// Reads from `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The changes after the one of this number (0: all), oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn after(&self, number: i64, limit: u32) -> Result<Vec<Change>, DbErr> {
        let db = self.db.reader();
        let values = [number.into(), i64::from(limit).into()];
        let query = Statement::from_sql_and_values(db.get_database_backend(), AFTER, values);
        Row::find_by_statement(query).all(db).await?.into_iter().map(change).collect()
    }

    /// The number of the newest change; 0 before there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last(&self) -> Result<i64, DbErr> {
        last_number(self.db.reader()).await
    }
}

/// See [`Changes::last`].
pub(super) async fn last_number(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let query = Entity::find().select_only().column_as(Column::Number.max(), "number");
    Ok(query.into_tuple::<Option<i64>>().one(db).await?.flatten().unwrap_or(0))
}

fn change(Row { changed, from_state }: Row) -> Result<Change, DbErr> {
    let number = changed.number;
    let instrument = instrument_id(&changed.instrument_id)?;
    let position = changed.position.cast_unsigned();
    let began = interval(changed)?;
    let from = from_state.and_then(|code| InstrumentState::from_code(u8::try_from(code).ok()?));
    let transition = Transition {
        instrument,
        seq: began.seq,
        from: from.unwrap_or(InstrumentState::Unknown),
        to: began.state,
        at_ms: began.start_ms,
        decided_ms: began.decided_ms,
        confidence: began.confidence,
        cause: began.cause,
        model: began.model,
        position,
    };
    Ok(Change { number, transition })
}

#[cfg(test)]
mod tests {
    use super::super::{Recorder, Zone};
    use super::*;
    use crate::domain::{Cause, Record, SystemClock};
    use crate::platform::config::Config;
    use std::sync::Arc;
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    fn changed(instrument: &str, seq: u64, from: InstrumentState, to: InstrumentState) -> Transition {
        Transition {
            instrument: instrument.parse().unwrap(),
            seq,
            from,
            to,
            at_ms: 1_700_000_000_000 + seq.cast_signed(),
            decided_ms: 1_700_000_000_000,
            confidence: 0.5,
            cause: Cause::Deadline,
            model: "m".into(),
            position: 7 * seq,
        }
    }

    async fn record(db: &Db, transitions: &[Transition]) {
        let (records, recorded) = mpsc::channel(transitions.len());
        for transition in transitions {
            records.send(Record::Transition(Arc::new(transition.clone()))).await.unwrap();
        }
        drop(records);
        let (recorder, _) =
            Recorder::new(db.clone(), Arc::new(SystemClock), Zone::east(480), Box::new(|_| Box::pin(async {})));
        recorder.run(recorded, CancellationToken::new()).await;
    }

    #[tokio::test]
    async fn all_changes_come_once_in_the_order_recorded_whatever_the_restarts_and_repeats() {
        use InstrumentState::{Off, On, Standby, Unknown};
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Config::of_folder(folder.path())).await.unwrap();
        let changes = Changes::new(db.clone());
        assert_eq!((changes.last().await.unwrap(), changes.after(0, 10).await.unwrap()), (0, vec![]));
        let [first, second, third, fourth] = [
            changed("b", 1, Unknown, Off),
            changed("a", 1, Unknown, On),
            changed("b", 2, Off, Standby),
            changed("a", 2, On, Off),
        ];
        record(&db, &[first.clone(), second.clone()]).await;
        // After a crash the same may be decided, and recorded, again.
        record(&db, &[second.clone(), third.clone()]).await;
        record(&db, std::slice::from_ref(&fourth)).await;

        let all = changes.after(0, 10).await.unwrap();
        let transitions: Vec<_> = all.iter().map(|change| change.transition.clone()).collect();
        assert_eq!(transitions, [first, second, third, fourth]);
        assert!(all.is_sorted_by(|a, b| a.number < b.number));
        assert_eq!(changes.last().await.unwrap(), all[3].number);
        assert_eq!(changes.after(all[0].number, 2).await.unwrap(), all[1..3]);
        assert_eq!(changes.after(all[3].number, 2).await.unwrap(), []);
        db.close().await;
    }
}
