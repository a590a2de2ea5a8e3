use super::calendar::{Per, Period, Zone, day_number};
use super::count::Count;
use super::lasting::{COLUMNS, JOINS, Lasting};
use super::policy::Usage;
use super::rules::{self, OwnRules, own_rules};
use crate::domain::{InstrumentId, InstrumentState};
use crate::history::scope::{
    Conditions, INSTRUMENTS, Scope, WITH_CITIES, WITH_COUNTIES, WITH_INSTITUTIONS, WITH_LABORATORIES,
};
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::{DatabaseTransaction, FromQueryResult, Statement};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tokio::sync::watch;
use utoipa::ToSchema;

/// The most rows of one page: groups times periods.
const MOST_ROWS: usize = 10_000;

/// Answers how long instruments were in which state. Cheap to clone.
#[derive(Clone)]
pub struct Hours {
    db: Db,
    zone: Zone,
    counted: watch::Receiver<bool>,
}

/// What hours are summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HoursBy)]
pub(super) enum By {
    /// Each instrument.
    Instrument,
    /// Laboratories; institutions for what stands in none.
    Laboratory,
    /// Institutions.
    Institution,
    /// Counties; cities for institutions that are in none.
    County,
    /// Cities.
    City,
    /// Classes of instruments.
    Class,
    /// All together.
    All,
}

/// A page of groups over periods.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) by: By,
    pub(super) per: Per,
    pub(super) periods: Vec<Period>,
    pub(super) scope: Scope,
    /// Groups after this one.
    pub(super) after: Option<String>,
    /// At most this many.
    pub(super) groups: usize,
}

/// Instruments that are summed up.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    /// May be empty.
    pub(super) name_en: String,
    pub(super) instruments: i64,
}

/// What a group did in a period.
pub(super) struct Row {
    pub(super) group: Group,
    pub(super) period: Period,
    pub(super) usage: Usage,
}

#[derive(FromQueryResult)]
struct Sums {
    id: String,
    period: i64,
    offline_ms: i64,
    off_ms: i64,
    standby_ms: i64,
    on_ms: i64,
    effective_ms: i64,
}

/// A state that lasts of an instrument of a group.
#[derive(FromQueryResult)]
struct Member {
    id: String,
    #[sea_orm(nested)]
    lasting: Lasting,
}

impl Hours {
    /// Hours of days in `zone`, and what has to run so that all of them are counted. Before the recorder starts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(db: Db, zone: Zone) -> Result<(Self, Count), DbErr> {
        let (count, counted) = Count::new(db.clone(), zone).await?;
        Ok((Self { db, zone, counted }, count))
    }

    pub(super) fn zone(&self) -> Zone {
        self.zone
    }

    /// Whether all days are counted.
    pub(super) fn are_counted(&self) -> bool {
        *self.counted.borrow()
    }

    /// Returns when all days are counted.
    pub async fn counted(&self) {
        // A count that was stopped is not waited for.
        let _ = self.counted.clone().wait_for(|counted| *counted).await;
    }

    /// A page of groups over periods, in the order of the groups' ids, and the last group's id if there are more.
    pub(super) async fn page(&self, question: &Question) -> Result<(Vec<Row>, Option<String>), DbErr> {
        // An interval that ends between two questions would count twice or not at all.
        let moment = self.db.snapshot().await?;
        let mut groups = question.groups(&moment).await?;
        let more = groups.len() > question.groups;
        groups.truncate(question.groups);
        let Some(last) = groups.last().map(|group| group.id.clone()) else { return Ok((Vec::new(), None)) };
        let mut sums = question.ended(&moment, &last).await?;
        question.add_lasting(&moment, &last, &mut sums).await?;
        moment.commit().await?;
        let mut rows = Vec::with_capacity(groups.len() * question.periods.len());
        for group in groups {
            for (n, period) in question.periods.iter().enumerate() {
                let mut usage = sums.remove(&(group.id.clone(), n)).unwrap_or_default();
                // Before an instrument's first interval nobody knows. A sensor's clock may be a little ahead of now.
                let passed_ms = group.instruments.saturating_mul(period.to_ms - period.from_ms);
                usage.set(InstrumentState::Unknown, 0);
                usage.set(InstrumentState::Unknown, (passed_ms - usage.total_ms()).max(0));
                rows.push(Row { group: group.clone(), period: *period, usage });
            }
        }
        Ok((rows, more.then_some(last)))
    }

    /// The rules of an instrument, as it says itself; `None` if the catalogue does not know it.
    pub(super) async fn rules(&self, instrument: &InstrumentId) -> Result<Option<OwnRules>, DbErr> {
        if !self.knows(instrument).await? {
            return Ok(None);
        }
        own_rules(self.db.reader(), instrument).await.map(Some)
    }

    /// Sets them and counts its days anew; `None` if the catalogue does not know it.
    pub(super) async fn set_rules(&self, instrument: &InstrumentId, own: OwnRules) -> Result<Option<()>, DbErr> {
        if !self.knows(instrument).await? {
            return Ok(None);
        }
        rules::set(&self.db, instrument, own, self.zone).await.map(Some)
    }

    async fn knows(&self, instrument: &InstrumentId) -> Result<bool, DbErr> {
        let db = self.db.reader();
        let values = [instrument.as_str().into()];
        let ask = Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT id FROM instrument WHERE id = $1",
            values,
        );
        Ok(db.query_one_raw(ask).await?.is_some())
    }
}

type ByGroup = HashMap<(String, usize), Usage>;

impl Question {
    /// The most groups that fit a page.
    pub(super) fn most_groups(&self) -> usize {
        (MOST_ROWS / self.periods.len().max(1)).max(1)
    }

    async fn groups(&self, db: &DatabaseTransaction) -> Result<Vec<Group>, DbErr> {
        let (id, name, name_en) = self.by.columns();
        let Conditions { sql, values } = self.conditions(None);
        let sql = format!(
            "SELECT {id} AS id, MIN({name}) AS name, MIN({name_en}) AS name_en, COUNT(*) AS instruments
            FROM {} WHERE {sql} GROUP BY 1 ORDER BY 1 LIMIT {}",
            self.by.tables(),
            self.groups + 1
        );
        Group::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
    }

    /// What has ended: the roll-up.
    async fn ended(&self, db: &DatabaseTransaction, last: &str) -> Result<ByGroup, DbErr> {
        let (Some(first_period), Some(last_period)) = (self.periods.first(), self.periods.last()) else {
            return Ok(ByGroup::new());
        };
        let (id, ..) = self.by.columns();
        let Conditions { sql, values } = self.conditions(Some(last));
        // SQLite takes a CROSS JOIN as the order to go: from instruments to their days. On its own it reads the days of all.
        let sums = ["offline_ms", "off_ms", "standby_ms", "on_ms", "effective_ms"]
            .map(|sum| format!("CAST(SUM(u.{sum}) AS BIGINT) AS {sum}"));
        let sql = format!(
            "SELECT {id} AS id, CAST({} AS BIGINT) AS period, {}
            FROM {} CROSS JOIN usage_day u
            WHERE u.instrument_id = i.id AND u.day >= {} AND u.day <= {} AND {sql} GROUP BY 1, 2",
            self.per.sql(&self.periods),
            sums.join(", "),
            self.by.tables(),
            day_number(first_period.first),
            day_number(last_period.last),
        );
        let sums = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let sums = Sums::find_by_statement(sums).all(db).await?;
        Ok(sums.into_iter().filter_map(Sums::keyed).collect())
    }

    /// Adds the states that last, one an instrument at most, as far as time has passed.
    async fn add_lasting(&self, db: &DatabaseTransaction, last: &str, sums: &mut ByGroup) -> Result<(), DbErr> {
        let Some(now_ms) = self.periods.last().map(|period| period.to_ms) else { return Ok(()) };
        let (id, ..) = self.by.columns();
        let Conditions { sql, values } = self.conditions(Some(last));
        let sql = format!(
            "SELECT {id} AS id, {COLUMNS} FROM {} JOIN state_interval o ON o.instrument_id = i.id {JOINS}
            WHERE o.end_ms IS NULL AND {sql}",
            self.by.tables()
        );
        let members = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        for Member { id, lasting } in Member::find_by_statement(members).all(db).await? {
            let stretch = lasting.until(now_ms, None)?;
            let rules = lasting.rules.rules();
            let first = self.periods.partition_point(|period| period.to_ms <= stretch.start_ms);
            for (n, period) in self.periods.iter().enumerate().skip(first) {
                *sums.entry((id.clone(), n)).or_default() += stretch.within(period.from_ms, period.to_ms, &rules);
            }
        }
        Ok(())
    }

    /// On the catalogue, from behind `after` on; to the page's last group.
    fn conditions(&self, last: Option<&str>) -> Conditions {
        let (id, ..) = self.by.columns();
        let mut conditions = self.scope.conditions();
        if let Some(after) = &self.after {
            conditions.and(&format!("{id} > ?"), after.as_str());
        }
        if let Some(last) = last {
            conditions.and(&format!("{id} <= ?"), last);
        }
        conditions
    }
}

impl By {
    /// The tables in which the groups are.
    const fn tables(self) -> &'static str {
        match self {
            Self::Instrument | Self::Class | Self::All => INSTRUMENTS,
            Self::Laboratory => WITH_LABORATORIES,
            Self::Institution => WITH_INSTITUTIONS,
            Self::County => WITH_COUNTIES,
            Self::City => WITH_CITIES,
        }
    }

    /// A group's id and names, on the catalogue.
    fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Instrument => ("i.id", "i.name", "i.name_en"),
            Self::Laboratory => ("p.id", "p.name", "p.name_en"),
            Self::Institution => ("n.id", "n.name", "n.name_en"),
            Self::County => ("a.id", "a.name", "a.name_en"),
            Self::City => ("c.name", "c.name", "c.name_en"),
            Self::Class => ("i.class", "i.class", "CAST('' AS TEXT)"),
            Self::All => ("CAST('all' AS TEXT)", "CAST('全部' AS TEXT)", "CAST('All' AS TEXT)"),
        }
    }
}

impl Sums {
    fn keyed(self) -> Option<((String, usize), Usage)> {
        let mut usage = Usage::default();
        usage.effective_ms = self.effective_ms;
        for (state, ms) in [
            (InstrumentState::Offline, self.offline_ms),
            (InstrumentState::Off, self.off_ms),
            (InstrumentState::Standby, self.standby_ms),
            (InstrumentState::On, self.on_ms),
        ] {
            usage.set(state, ms);
        }
        Some(((self.id, usize::try_from(self.period).ok()?), usage))
    }
}
