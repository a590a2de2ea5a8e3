//! Everybody's idleness over a span: the days that are counted, what is not yet, and what lasts.

use super::model::{Idle, Now, NowPort, Supply};
use super::policy::{energy, lasting};
use super::row::{Row, Sums};
use super::store;
use crate::domain::{InstrumentId, InstrumentState, Openings, Reach, UnitPath};
use crate::platform::db::{Db, instrument_id};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult, Statement, Value};
use std::collections::HashMap;

/// State changes that may wait to be counted while anybody is answered.
const MOST_UNCOUNTED: i64 = 100_000;
/// Up to so many instruments their days are looked for one by one; beyond it all days of the span are read.
const FEW: usize = 500;
/// A sensor's usual supply, where it is bound to nothing.
const USUAL: Supply = Supply { volts: 230.0, power_factor: 1.0 };

/// Which instruments, over which span.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) reach: Reach,
    pub(super) unit: Option<UnitPath>,
    pub(super) class: Option<String>,
    /// Local days since 1970, both inclusive.
    pub(super) days: (i64, i64),
    /// UTC milliseconds: the beginning of the first day, and the end of the last or now.
    pub(super) span: (i64, i64),
    pub(super) now_ms: i64,
    pub(super) zone_ms: i64,
    /// Only those that are idle so.
    pub(super) idle: Option<IdleNow>,
    /// Only those that have been idle at least so long.
    pub(super) least_ms: i64,
}

/// How an instrument is idle now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdleNow {
    /// On standby.
    Standby,
    /// On standby or off.
    NotOn,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("time on standby is still being counted")]
    Counting,
    #[error(transparent)]
    Db(#[from] DbErr),
}

#[derive(FromQueryResult)]
struct Member {
    id: String,
    name: String,
    name_en: String,
    class: String,
    path: Option<String>,
    volts: Option<f64>,
    power_factor: Option<f64>,
    state: Option<i16>,
    start_ms: Option<i64>,
    ran_to_ms: Option<i64>,
}

#[derive(FromQueryResult)]
struct UsageRow {
    instrument_id: String,
    standby_ms: i64,
    off_ms: i64,
    on_ms: i64,
}

#[derive(FromQueryResult)]
struct IdleRow {
    instrument_id: String,
    standby_ms: i64,
    open_ms: i64,
    measured_ms: i64,
    ampere_ms: f64,
}

#[derive(FromQueryResult)]
struct Counted {
    number: Option<i64>,
    last: Option<i64>,
    days_missing: i64,
}

/// All rows of it.
pub(super) async fn rows(
    db: &Db,
    openings: &dyn Openings,
    now: &dyn NowPort,
    question: &Question,
) -> Result<Vec<Row>, NoAnswer> {
    // What ends between two questions would count twice or not at all.
    let moment = db.snapshot().await?;
    let counted = counted(&moment).await?;
    let number = counted.number.unwrap_or(0);
    if counted.days_missing > 0 || counted.last.unwrap_or(0) - number > MOST_UNCOUNTED {
        return Err(NoAnswer::Counting);
    }
    let members = question.members(&moment).await?;
    let few = (members.len() <= FEW).then(|| members.iter().map(|member| member.id.clone()).collect::<Vec<_>>());
    let usage = question.usage(&moment, few.as_deref()).await?;
    let mut idle = question.idle(&moment, few.as_deref()).await?;
    let ended = store::ended(&moment, number, MOST_UNCOUNTED).await?;
    moment.commit().await?;
    for span in &ended.standbys {
        let hours = openings.opening(&span.instrument);
        let part = question.within(span.start_ms, span.end_ms);
        *idle.entry(span.instrument.to_string()).or_default() += lasting(part, &hours, question.zone_ms);
    }
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        let id = instrument_id(&member.id)?;
        let ran_to_ms = ended.runs.get(&id).copied().or(member.ran_to_ms);
        let idle = idle.remove(&member.id).unwrap_or_default();
        let row = question.row(id, member, &usage, idle, ran_to_ms, (openings, now))?;
        rows.extend(question.wants(&row).then_some(row));
    }
    Ok(rows)
}

async fn counted(db: &DatabaseTransaction) -> Result<Counted, DbErr> {
    let sql = "SELECT (SELECT number FROM idle_cursor WHERE id = 1) AS number,
        (SELECT MAX(number) FROM state_interval) AS last,
        (SELECT COUNT(*) FROM usage_count WHERE counted_to IS NOT NULL) AS days_missing";
    let counted = Counted::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).one(db).await?;
    Ok(counted.unwrap_or(Counted { number: None, last: None, days_missing: 0 }))
}

impl Question {
    async fn members(&self, db: &DatabaseTransaction) -> Result<Vec<Member>, DbErr> {
        let mut values: Vec<Value> = Vec::new();
        let mut condition = format!("i.retired_ms IS NULL AND {}", self.reach.condition("u.path", &mut values));
        if let Some(unit) = &self.unit {
            let within = Reach::Within(vec![unit.clone()]).condition("u.path", &mut values);
            condition = format!("{condition} AND {within}");
        }
        if let Some(class) = &self.class {
            values.push(class.as_str().into());
            condition = format!("{condition} AND i.class = ${}", values.len());
        }
        let sql = format!(
            "SELECT i.id, i.name, i.name_en, i.class, u.path, b.volts, b.power_factor, o.state, o.start_ms,
                r.ended_ms AS ran_to_ms
            FROM instrument i LEFT JOIN unit u ON u.id = i.unit_id LEFT JOIN binding b ON b.instrument_id = i.id
            LEFT JOIN state_interval o ON o.instrument_id = i.id AND o.end_ms IS NULL
            LEFT JOIN idle_last_run r ON r.instrument_id = i.id
            WHERE {condition} ORDER BY i.id"
        );
        Member::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
    }

    async fn usage(
        &self,
        db: &DatabaseTransaction,
        few: Option<&[String]>,
    ) -> Result<HashMap<String, UsageRow>, DbErr> {
        let sums = ["standby_ms", "off_ms", "on_ms"].map(|sum| format!("CAST(SUM({sum}) AS BIGINT) AS {sum}"));
        let statement = self.sums(db, "usage_day", &sums.join(", "), few);
        let rows = UsageRow::find_by_statement(statement).all(db).await?;
        Ok(rows.into_iter().map(|row| (row.instrument_id.clone(), row)).collect())
    }

    async fn idle(&self, db: &DatabaseTransaction, few: Option<&[String]>) -> Result<HashMap<String, Idle>, DbErr> {
        let mut sums =
            ["standby_ms", "open_ms", "measured_ms"].map(|sum| format!("CAST(SUM({sum}) AS BIGINT) AS {sum}")).to_vec();
        sums.push("SUM(ampere_ms) AS ampere_ms".into());
        let statement = self.sums(db, "idle_day", &sums.join(", "), few);
        let rows = IdleRow::find_by_statement(statement).all(db).await?;
        let idle = rows.into_iter().map(|row| {
            let IdleRow { instrument_id, standby_ms, open_ms, measured_ms, ampere_ms } = row;
            (instrument_id, Idle { standby_ms, open_ms, measured_ms, ampere_ms })
        });
        Ok(idle.collect())
    }

    fn sums(&self, db: &DatabaseTransaction, table: &str, sums: &str, few: Option<&[String]>) -> Statement {
        let (first, last) = self.days;
        let mut values: Vec<Value> = Vec::new();
        let whose = match few {
            None => String::new(),
            Some([]) => " AND 1 = 0".into(),
            Some(ids) => {
                let places: Vec<String> = ids
                    .iter()
                    .map(|id| {
                        values.push(id.as_str().into());
                        format!("${}", values.len())
                    })
                    .collect();
                format!(" AND instrument_id IN ({})", places.join(", "))
            }
        };
        let sql = format!(
            "SELECT instrument_id, {sums} FROM {table} WHERE day >= {first} AND day <= {last}{whose} GROUP BY instrument_id"
        );
        Statement::from_sql_and_values(db.get_database_backend(), sql, values)
    }

    /// What of it lies within the span.
    fn within(&self, from_ms: i64, to_ms: i64) -> (i64, i64) {
        (from_ms.max(self.span.0), to_ms.min(self.span.1))
    }

    fn row(
        &self,
        id: InstrumentId,
        member: Member,
        usage: &HashMap<String, UsageRow>,
        mut idle: Idle,
        ran_to_ms: Option<i64>,
        (openings, now): (&dyn Openings, &dyn NowPort),
    ) -> Result<Row, DbErr> {
        let (state, since_ms) = match (member.state, member.start_ms) {
            (Some(code), Some(start_ms)) => (state_of(code)?, Some(start_ms)),
            _ => (InstrumentState::Unknown, None),
        };
        let present = self.within(since_ms.unwrap_or(self.span.1), self.now_ms);
        let present_ms = (present.1 - present.0).max(0);
        let (mut on_ms, mut known_ms) =
            usage.get(&member.id).map_or((0, 0), |row| (row.on_ms, row.on_ms + row.off_ms + row.standby_ms));
        let Now { current_a } = now.now(&id);
        match state {
            InstrumentState::On => on_ms += present_ms,
            InstrumentState::Standby => idle += lasting(present, &openings.opening(&id), self.zone_ms),
            InstrumentState::Off | InstrumentState::Offline | InstrumentState::Unknown => {}
        }
        if !matches!(state, InstrumentState::Offline | InstrumentState::Unknown) {
            known_ms += present_ms;
        }
        let lasts_ms = since_ms.map(|since_ms| (self.now_ms - since_ms).max(0));
        let standby = state == InstrumentState::Standby;
        let not_on = standby || state == InstrumentState::Off;
        let not_on_for_ms = ran_to_ms.or(since_ms).map(|since_ms| (self.now_ms - since_ms).max(0));
        let supply = Supply {
            volts: member.volts.unwrap_or(USUAL.volts),
            power_factor: member.power_factor.unwrap_or(USUAL.power_factor),
        };
        Ok(Row {
            id,
            name: member.name,
            name_en: member.name_en,
            class: member.class,
            unit: member.path.map_or_else(UnitPath::root, |path| UnitPath::stored(&path)),
            state,
            since_ms,
            current_a,
            standby_for_ms: lasts_ms.filter(|_| standby),
            not_on_for_ms: not_on_for_ms.filter(|_| not_on),
            sums: Sums { idle, on_ms, known_ms, passed_ms: (self.span.1 - self.span.0).max(0) },
            energy: energy(&idle, current_a.filter(|_| standby), supply),
        })
    }

    fn wants(&self, row: &Row) -> bool {
        let for_ms = match self.idle {
            Some(IdleNow::Standby) => row.standby_for_ms,
            Some(IdleNow::NotOn) => row.not_on_for_ms,
            None if self.least_ms > 0 => row.not_on_for_ms,
            None => return true,
        };
        for_ms.is_some_and(|for_ms| for_ms >= self.least_ms)
    }
}

fn state_of(code: i16) -> Result<InstrumentState, DbErr> {
    let state = u8::try_from(code).ok().and_then(InstrumentState::from_code);
    state.ok_or_else(|| DbErr::Type(format!("{code} is the code of no state")))
}
