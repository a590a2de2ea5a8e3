use super::csv;
use super::grouping::{By, Group, groups, units};
use super::model::NowPort;
use super::question::{IdleNow, NoAnswer, Question, rows};
use super::row::{Column, Order, Row, Sums, sort};
use crate::domain::{Caller, Clock, InstrumentId, InstrumentState, LocalDay, Openings, Permission, Places, Reach};
use crate::platform::db::Db;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// Days that are answered when no first one is named.
const USUAL_DAYS: i64 = 30;
/// The most days of one answer.
const MOST_DAYS: i64 = 366;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// Where the days are kept.
    pub db: Db,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// When there is work at them.
    pub openings: Arc<dyn Openings>,
    /// What they do at this moment.
    pub now: Arc<dyn NowPort>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The zone of days, in minutes east of UTC.
    pub zone_minutes: i32,
}

/// Which instruments, and over which span.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The first local day, such as `2026-11-01`; 29 days before `to` if left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<LocalDay>,
    /// The last local day, inclusive; today if left out. At most 366 days in all.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<LocalDay>,
    /// Only instruments of the unit with this id, and of all below it.
    unit: Option<String>,
    /// Only instruments of this class.
    class: Option<String>,
    /// Only those that are idle so now.
    #[param(inline)]
    idle: Option<Idle>,
    /// Only those that have been on standby (with `idle=standby`), or not on, for so many minutes by now.
    least_minutes: Option<u32>,
    /// What the rows are sorted by; what has no value comes last.
    #[serde(default)]
    #[param(inline)]
    sort: Column,
    /// Which way; what is longest or most first if left out.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

/// How an instrument is idle now.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = IdleNow)]
enum Idle {
    /// On standby.
    Standby,
    /// On standby or off.
    NotOn,
}

/// By what instruments are grouped; the rest as in the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Grouped {
    /// What is summed up.
    #[param(inline)]
    by: By,
    /// The first local day; 29 days before `to` if left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<LocalDay>,
    /// The last local day, inclusive; today if left out. At most 366 days in all.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<LocalDay>,
    /// Only instruments of the unit with this id, and of all below it.
    unit: Option<String>,
    /// Only instruments of this class.
    class: Option<String>,
    /// Only those that are idle so now.
    #[param(inline)]
    idle: Option<Idle>,
    /// Only those that have been on standby (with `idle=standby`), or not on, for so many minutes by now.
    least_minutes: Option<u32>,
}

/// Who is idle, and what it cost over a span. Nothing is extrapolated: coverage says of how much of the time something is known.
#[derive(Serialize, ToSchema)]
struct IdlePage {
    /// The first local day.
    #[schema(value_type = String, format = Date)]
    from: LocalDay,
    /// The last local day.
    #[schema(value_type = String, format = Date)]
    to: LocalDay,
    /// Time is counted up to here, UTC milliseconds.
    until: i64,
    /// How many instruments match.
    total: usize,
    /// All of them together.
    all: IdleGroup,
    items: Vec<IdleInstrument>,
}

/// The same by groups.
#[derive(Serialize, ToSchema)]
struct IdleSummary {
    /// The first local day.
    #[schema(value_type = String, format = Date)]
    from: LocalDay,
    /// The last local day.
    #[schema(value_type = String, format = Date)]
    to: LocalDay,
    /// Time is counted up to here, UTC milliseconds.
    until: i64,
    by: By,
    /// In the order of their ids; instruments that stand below no such unit are the group without an id.
    items: Vec<IdleGroup>,
}

/// How idle an instrument was over a span, and is.
#[derive(Serialize, ToSchema)]
struct IdleInstrument {
    #[schema(value_type = String, example = "i00001")]
    id: InstrumentId,
    name: String,
    name_en: String,
    class: String,
    /// Where it stands: the ids of units from the top down, each followed by a slash.
    unit: String,
    /// Its state now.
    #[schema(value_type = String, example = "standby")]
    state: InstrumentState,
    /// Since when, UTC milliseconds; null before its first state.
    #[schema(required = true)]
    since: Option<i64>,
    /// Its newest reading, in ampere; null before the first since the server started.
    #[schema(required = true)]
    current_a: Option<f32>,
    /// For how long it has been on standby by now; null if it is not.
    #[schema(required = true)]
    standby_for_ms: Option<i64>,
    /// For how long it has not been on by now; null if it is on, or nobody knows.
    #[schema(required = true)]
    not_on_for_ms: Option<i64>,
    #[serde(flatten)]
    sums: IdleSums,
    /// Kilowatt hours on standby: current × voltage × power factor of the binding. Null where the current is not known.
    #[schema(required = true)]
    kwh: Option<f64>,
    /// 0 to 1: the share of the time on standby for which the current was not measured, but taken to be as at other times, or as
    /// now. Null where it is not known at all.
    #[schema(required = true)]
    estimated: Option<f64>,
}

/// Time over a span, in milliseconds.
#[derive(Serialize, ToSchema)]
struct IdleSums {
    /// On standby.
    standby_ms: i64,
    /// Of it within opening hours, as they were when it ended.
    standby_open_ms: i64,
    /// Of it outside of them.
    standby_closed_ms: i64,
    /// At work.
    on_ms: i64,
    /// 0 to 1: standby of standby and work; null where there was neither.
    #[schema(required = true)]
    idle_rate: Option<f64>,
    /// 0 to 1: the share of the time in which the sensors reported; null before any has passed.
    #[schema(required = true)]
    coverage: Option<f64>,
}

/// How idle the instruments of a group were over a span, and are.
#[derive(Serialize, ToSchema)]
struct IdleGroup {
    /// The unit's id, the class, or `all`.
    id: String,
    name: String,
    name_en: String,
    instruments: usize,
    /// On standby now.
    standby_now: usize,
    /// On standby or off now.
    not_on_now: usize,
    #[serde(flatten)]
    sums: IdleSums,
    /// Kilowatt hours on standby, of the instruments of which it is known.
    kwh: f64,
    /// 0 to 1: the share of the time on standby for which it is estimated.
    estimated: f64,
    /// Instruments whose kilowatt hours are not known.
    kwh_unknown: usize,
}

/// The routes of idleness.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(idle)).routes(routes!(csv::idle_csv)).routes(routes!(summary)).with_state(state)
}

/// Who is idle, for how long, and what standby cost over a span, instrument by instrument.
#[utoipa::path(get, path = "/api/v1/idle", operation_id = "list_idle", tag = "alerts", params(Asked),
    responses((status = 200, body = IdlePage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn idle(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<IdlePage>, Problem> {
    check_limit(asked.limit)?;
    let page = (asked.offset, asked.limit);
    let Answer { from, to, until_ms, rows } = api.answer(&caller, Permission::ViewAlerts, asked).await?;
    let total = rows.len();
    let all = groups(&rows, By::All, &Default::default()).into_iter().next().unwrap_or_else(Group::of_nobody);
    let items = rows.into_iter().skip(page.0).take(page.1).map(IdleInstrument::from).collect();
    Ok(Json(IdlePage { from, to, until: until_ms, total, all: all.into(), items }))
}

/// The same, by city, county, institution, laboratory or class.
#[utoipa::path(get, path = "/api/v1/idle/summary", operation_id = "summarise_idle", tag = "alerts", params(Grouped),
    responses((status = 200, body = IdleSummary), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn summary(
    State(api): State<ApiState>,
    caller: Caller,
    Query(grouped): Query<Grouped>,
) -> Result<Json<IdleSummary>, Problem> {
    let Grouped { by, from, to, unit, class, idle, least_minutes } = grouped;
    let (sort, order, limit, offset) = (Column::default(), Order::default(), default_limit(), 0);
    let asked = Asked { from, to, unit, class, idle, least_minutes, sort, order, limit, offset };
    let Answer { from, to, until_ms, rows } = api.answer(&caller, Permission::ViewAlerts, asked).await?;
    let units = units(&api.db).await.map_err(|error| Problem::unavailable(&error))?;
    let items = groups(&rows, by, &units).into_iter().map(IdleGroup::from).collect();
    Ok(Json(IdleSummary { from, to, until: until_ms, by, items }))
}

/// Everybody who matches, sorted.
pub(super) struct Answer {
    pub(super) from: LocalDay,
    pub(super) to: LocalDay,
    pub(super) until_ms: i64,
    pub(super) rows: Vec<Row>,
}

impl ApiState {
    pub(super) async fn answer(
        &self,
        caller: &Caller,
        permission: Permission,
        asked: Asked,
    ) -> Result<Answer, Problem> {
        let now_ms = self.clock.now_ms();
        let zone_ms = i64::from(self.zone_minutes) * MINUTE_MS;
        let (from, to) = asked.days(now_ms.saturating_add(zone_ms).div_euclid(DAY_MS))?;
        let start_of = |day: i64| day * DAY_MS - zone_ms;
        let until_ms = start_of(to.number() + 1).min(now_ms);
        let reach = caller.reach(permission);
        let unit = asked.unit.map(|id| {
            let unit = self.places.unit(&id).filter(|unit| match &reach {
                Reach::Everything => true,
                Reach::Within(units) => units.iter().any(|one| one.holds(unit) || unit.holds(one)),
            });
            unit.ok_or_else(|| Problem::not_found(format!("there is no unit {id:?}")))
        });
        let unit = unit.transpose()?;
        let question = Question {
            reach,
            unit,
            class: asked.class,
            days: (from.number(), to.number()),
            span: (start_of(from.number()), until_ms),
            now_ms,
            zone_ms,
            idle: asked.idle.map(|idle| match idle {
                Idle::Standby => IdleNow::Standby,
                Idle::NotOn => IdleNow::NotOn,
            }),
            least_ms: i64::from(asked.least_minutes.unwrap_or(0)) * MINUTE_MS,
        };
        let rows = rows(&self.db, &*self.openings, &*self.now, &question).await;
        let mut rows = rows.map_err(|why| match why {
            NoAnswer::Counting => Problem::not_yet(
                "time on standby is still being counted, after an update or a change of zone_minutes: ask again in some minutes",
            ),
            NoAnswer::Db(error) => Problem::unavailable(&error),
        })?;
        sort(&mut rows, asked.sort, asked.order);
        Ok(Answer { from, to, until_ms, rows })
    }
}

impl Asked {
    fn days(&self, today: i64) -> Result<(LocalDay, LocalDay), Problem> {
        let beyond = || Problem::bad_request("from and to are days of this calendar");
        let to = self.to.map_or_else(|| LocalDay::new(today).ok_or_else(beyond), Ok)?;
        let usual = || LocalDay::new(to.number() - USUAL_DAYS + 1).ok_or_else(beyond);
        let from = self.from.map_or_else(usual, Ok)?;
        let days = to.number() - from.number() + 1;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Problem::bad_request(format!(
                "from ({from}) to ({to}) is 1 to {MOST_DAYS} days, both inclusive, not {days}"
            )));
        }
        Ok((from, to))
    }
}

impl Group {
    fn of_nobody() -> Self {
        Self { id: "all".into(), name: "全部".into(), name_en: "All".into(), ..Self::default() }
    }
}

impl From<&Sums> for IdleSums {
    fn from(sums: &Sums) -> Self {
        Self {
            standby_ms: sums.idle.standby_ms,
            standby_open_ms: sums.idle.open_ms,
            standby_closed_ms: sums.closed_ms(),
            on_ms: sums.on_ms,
            idle_rate: sums.idle_rate(),
            coverage: sums.coverage(),
        }
    }
}

impl From<Row> for IdleInstrument {
    fn from(row: Row) -> Self {
        Self {
            sums: (&row.sums).into(),
            kwh: row.energy.map(|energy| energy.kwh),
            estimated: row.energy.map(|energy| energy.estimated),
            id: row.id,
            name: row.name,
            name_en: row.name_en,
            class: row.class,
            unit: row.unit.to_string(),
            state: row.state,
            since: row.since_ms,
            current_a: row.current_a,
            standby_for_ms: row.standby_for_ms,
            not_on_for_ms: row.not_on_for_ms,
        }
    }
}

impl From<Group> for IdleGroup {
    fn from(group: Group) -> Self {
        Self {
            sums: (&group.sums).into(),
            id: group.id,
            name: group.name,
            name_en: group.name_en,
            instruments: group.instruments,
            standby_now: group.standby_now,
            not_on_now: group.not_on_now,
            kwh: group.energy.kwh,
            estimated: group.energy.estimated,
            kwh_unknown: group.energy_unknown,
        }
    }
}
