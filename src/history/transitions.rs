use super::entity::state_interval;
use super::usage::{COLUMNS, Days, JOINS, Lasting, ROWS, Zone, own_rules};
use crate::domain::Transition;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{FromQueryResult, IntoActiveModel, Statement, Value};
use std::collections::HashMap;

/// Ends the intervals before and begins the new ones, and adds what has ended to its days. The transitions of an
/// instrument are in the order of their numbers. One that was kept before changes nothing.
pub(super) async fn keep(db: &impl ConnectionTrait, transitions: &[&Transition], zone: Zone) -> Result<(), DbErr> {
    for part in transitions.chunks(ROWS) {
        keep_part(db, part, zone).await?;
    }
    Ok(())
}

/// An interval that has not ended.
#[derive(FromQueryResult)]
struct Open {
    #[sea_orm(nested)]
    interval: state_interval::Model,
    #[sea_orm(nested)]
    lasting: Lasting,
}

async fn keep_part(db: &impl ConnectionTrait, transitions: &[&Transition], zone: Zone) -> Result<(), DbErr> {
    let mut opens = opens(db, transitions).await?;
    let mut days = Days::default();
    let mut rows = Vec::with_capacity(2 * transitions.len());
    let mut begun = Vec::new();
    for transition in transitions {
        let next = interval(transition)?;
        let id = transition.instrument.as_str();
        let (state_before, rules) = match opens.get(id) {
            Some(open) if open.interval.seq >= next.seq => continue,
            Some(Open { interval, lasting }) => {
                let stretch = lasting.until(next.start_ms, Some(transition.to))?;
                days.add(&transition.instrument, &stretch, &lasting.rules.rules(), zone);
                rows.push(state_interval::Model { end_ms: Some(next.start_ms), ..interval.clone() });
                (Some(lasting.state), lasting.rules)
            }
            None => (None, own_rules(db, &transition.instrument).await?),
        };
        let lasting = Lasting { state: next.state, start_ms: next.start_ms, state_before, rules };
        opens.insert(id.to_owned(), Open { interval: next, lasting });
        begun.push(id);
    }
    // Behind those that end: an instrument has one open interval at a time.
    begun.sort_unstable();
    begun.dedup();
    rows.extend(begun.into_iter().filter_map(|id| Some(opens.remove(id)?.interval)));
    if rows.is_empty() {
        return Ok(());
    }
    let end = OnConflict::columns([state_interval::Column::InstrumentId, state_interval::Column::Seq])
        .update_column(state_interval::Column::EndMs)
        .to_owned();
    let rows = rows.into_iter().map(IntoActiveModel::<state_interval::ActiveModel>::into_active_model);
    state_interval::Entity::insert_many(rows).on_conflict(end).exec_without_returning(db).await?;
    days.write(db).await
}

/// The interval that has not ended of each of the instruments.
async fn opens(db: &impl ConnectionTrait, transitions: &[&Transition]) -> Result<HashMap<String, Open>, DbErr> {
    let mut ids: Vec<&str> = transitions.iter().map(|transition| transition.instrument.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let places: Vec<String> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT o.*, {COLUMNS} FROM state_interval o {JOINS} WHERE o.end_ms IS NULL AND o.instrument_id IN ({})",
        places.join(", ")
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, ids.into_iter().map(Value::from));
    let opens = Open::find_by_statement(statement).all(db).await?;
    Ok(opens.into_iter().map(|open| (open.interval.instrument_id.clone(), open)).collect())
}

/// The interval that a transition begins.
fn interval(transition: &Transition) -> Result<state_interval::Model, DbErr> {
    Ok(state_interval::Model {
        instrument_id: transition.instrument.to_string(),
        seq: i64::try_from(transition.seq).map_err(|_| DbErr::Custom("a sequence number past i64".into()))?,
        state: transition.to.code().into(),
        start_ms: transition.at_ms,
        end_ms: None,
        decided_ms: transition.decided_ms,
        confidence: transition.confidence.into(),
        cause: transition.cause.code().into(),
        model: transition.model.to_string(),
        position: transition.position.cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, InstrumentId, InstrumentState};
    use crate::history::entity::usage_day;
    use crate::history::usage::recount;
    use crate::platform::config::Config;
    use crate::platform::db::Db;
    use proptest::prelude::*;
    use sea_orm::QueryOrder;

    const ZONE: Zone = Zone::east(480);
    const HOUR_MS: i64 = 3_600_000;

    /// Transitions of three instruments as their actors send them: each instrument's in order, now this one's, now that
    /// one's; and after how many the recorder begins a new transaction, and whether it has to write it again.
    fn sent() -> impl Strategy<Value = (Vec<Transition>, Vec<(usize, bool)>)> {
        let one = (0usize..3, 0usize..4, 1i64..40 * HOUR_MS);
        let parts = prop::collection::vec((1usize..30, any::<bool>()), 1..10);
        (prop::collection::vec(one, 1..80), parts).prop_map(|(steps, parts)| {
            let mut last: HashMap<usize, Transition> = HashMap::new();
            let transitions = steps.into_iter().map(|(who, other, length)| {
                let (seq, from, at_ms) =
                    last.get(&who).map_or((0, InstrumentState::Unknown, 0), |last| (last.seq, last.to, last.at_ms));
                let others: Vec<_> = InstrumentState::ALL.into_iter().filter(|state| *state != from).collect();
                let next = transition(&format!("i{who}"), seq + 1, others[other], at_ms + length);
                last.insert(who, next.clone());
                next
            });
            (transitions.collect(), parts)
        })
    }

    fn transition(instrument: &str, seq: u64, to: InstrumentState, at_ms: i64) -> Transition {
        Transition {
            instrument: instrument.parse().unwrap(),
            seq,
            from: InstrumentState::Unknown,
            to,
            at_ms,
            decided_ms: at_ms,
            confidence: 1.0,
            cause: Cause::Model,
            model: "threshold-v1".into(),
            position: 0,
        }
    }

    async fn opened(folder: &std::path::Path) -> Db {
        Db::open(&Config::of_folder(folder)).await.unwrap()
    }

    async fn keep_all(db: &Db, transitions: &[&Transition]) {
        let transaction = db.begin().await.unwrap();
        keep(&transaction, transitions, ZONE).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn intervals(db: &Db) -> Vec<state_interval::Model> {
        use state_interval::Column::{InstrumentId, Seq};
        let rows = state_interval::Entity::find().order_by_asc(InstrumentId).order_by_asc(Seq);
        rows.all(db.reader()).await.unwrap()
    }

    async fn days(db: &Db) -> Vec<usage_day::Model> {
        use usage_day::Column::{Day, InstrumentId};
        let rows = usage_day::Entity::find().order_by_asc(InstrumentId).order_by_asc(Day);
        rows.all(db.reader()).await.unwrap()
    }

    async fn check((transitions, parts): (Vec<Transition>, Vec<(usize, bool)>)) {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(folder.path()).await;
        let all: Vec<&Transition> = transitions.iter().collect();
        let mut rest = all.as_slice();
        for (length, again) in parts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, behind) = rest.split_at(length.min(rest.len()));
            keep_all(&db, part).await;
            if again {
                keep_all(&db, part).await;
            }
            rest = behind;
        }
        // Each begins where the one before ends, the last lasts.
        let kept = intervals(&db).await;
        assert_eq!(kept.len(), transitions.len());
        for pair in kept.windows(2) {
            let next = (pair[0].instrument_id == pair[1].instrument_id).then_some(pair[1].start_ms);
            assert_eq!(pair[0].end_ms, next);
        }
        // The days are what they are when they are counted from the intervals, and they hold all time that has ended.
        let added = days(&db).await;
        let transaction = db.begin().await.unwrap();
        for instrument in ["i0", "i1", "i2"] {
            recount(&transaction, &instrument.parse().unwrap(), ZONE).await.unwrap();
        }
        transaction.commit().await.unwrap();
        assert_eq!(added, days(&db).await);
        let ended: i64 = kept.iter().filter_map(|row| Some(row.end_ms? - row.start_ms)).sum();
        let total = |day: &usage_day::Model| day.unknown_ms + day.offline_ms + day.off_ms + day.standby_ms + day.on_ms;
        assert_eq!(added.iter().map(total).sum::<i64>(), ended);
        assert!(added.iter().all(|day| total(day) <= 24 * HOUR_MS && day.effective_ms <= day.on_ms + day.standby_ms));
        db.close().await;
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn days_are_what_intervals_say_however_transitions_are_batched_and_repeated(sent in sent()) {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(check(sent));
        }
    }

    #[tokio::test]
    async fn a_transaction_that_was_not_committed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(folder.path()).await;
        let (on, off) =
            (transition("i1", 1, InstrumentState::On, 0), transition("i1", 2, InstrumentState::Off, HOUR_MS));
        keep_all(&db, &[&on]).await;
        let transaction = db.begin().await.unwrap();
        keep(&transaction, &[&off], ZONE).await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!((intervals(&db).await[0].end_ms, days(&db).await.len()), (None, 0));
        keep_all(&db, &[&off]).await;
        assert_eq!((intervals(&db).await[0].end_ms, days(&db).await[0].on_ms), (Some(HOUR_MS), HOUR_MS));
        db.close().await;
    }

    #[tokio::test]
    async fn days_outlive_the_intervals_they_were_counted_from() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(folder.path()).await;
        let states = [InstrumentState::On, InstrumentState::Off];
        let all: Vec<_> =
            (0..20).map(|n: u64| transition("i1", n + 1, states[n as usize % 2], n as i64 * 10 * HOUR_MS)).collect();
        keep_all(&db, &all.iter().collect::<Vec<_>>()).await;
        let counted = days(&db).await;
        let old = state_interval::Column::Seq.lt(9);
        state_interval::Entity::delete_many().filter(old).exec(db.writer()).await.unwrap();
        recount(db.writer(), &"i1".parse().unwrap(), ZONE).await.unwrap();
        assert_eq!(days(&db).await, counted);
        let all_ended = state_interval::Column::Seq.lt(20);
        state_interval::Entity::delete_many().filter(all_ended).exec(db.writer()).await.unwrap();
        recount(db.writer(), &"i1".parse().unwrap(), ZONE).await.unwrap();
        assert_eq!(days(&db).await, counted);
        db.close().await;
    }

    #[tokio::test]
    async fn many_instruments_in_one_batch() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(folder.path()).await;
        let ids: Vec<InstrumentId> = (0..250).map(|n| format!("i{n}").parse().unwrap()).collect();
        let begin: Vec<_> = ids.iter().map(|id| transition(id.as_str(), 1, InstrumentState::On, 0)).collect();
        let end: Vec<_> = ids.iter().map(|id| transition(id.as_str(), 2, InstrumentState::Off, 30 * HOUR_MS)).collect();
        keep_all(&db, &begin.iter().chain(&end).collect::<Vec<_>>()).await;
        let days = days(&db).await;
        assert_eq!(days.len(), 500);
        assert_eq!(days.iter().map(|day| day.on_ms).sum::<i64>(), 250 * 30 * HOUR_MS);
        db.close().await;
    }
}
