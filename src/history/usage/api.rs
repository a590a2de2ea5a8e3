use super::calendar::Per;
use super::hours::{By, Hours, Question, Row};
use super::{csv, rules_api};
use crate::domain::{Caller, InstrumentState, Permission, Reach};
use crate::history::api::ApiState;
use crate::history::scope::{Part, Scope};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Problem, Query};
use axum::Json;
use axum::extract::State;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Days that are answered when no first one is named.
const USUAL_DAYS: i64 = 30;
/// The most days of one answer.
const MOST_DAYS: i64 = 3_660;

/// Hours of whom, and how they are divided.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The first local day, such as `2026-11-01`; 29 days before `to` if left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// The last local day, inclusive; today if left out. At most 3,660 days in all.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// What is summed up.
    #[serde(default = "each_instrument")]
    #[param(inline)]
    by: By,
    /// Into what the span is divided: weeks from Monday and calendar months, both cut at `from` and `to`.
    #[serde(default = "the_whole_span")]
    #[param(inline)]
    per: Per,
    /// Only instruments of the institution with this id.
    institution: Option<String>,
    /// Only instruments in this city, in Chinese or English.
    city: Option<String>,
    /// Only instruments in the unit of this id, or below it.
    unit: Option<String>,
    /// Only instruments of this class.
    class: Option<String>,
    /// Only this instrument.
    instrument: Option<String>,
    /// Groups (instruments, institutions …) of one page, up to 1000; fewer where they would make more than 10,000 rows.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Only groups after this one, in the order of their ids: `next` of the page before.
    after: Option<String>,
}

fn each_instrument() -> By {
    By::Instrument
}

fn the_whole_span() -> Per {
    Per::Total
}

/// Measured hours, group by group and in each period by period.
#[derive(Serialize, ToSchema)]
struct HoursPage {
    /// The first local day.
    #[schema(value_type = String, format = Date)]
    from: String,
    /// The last local day.
    #[schema(value_type = String, format = Date)]
    to: String,
    /// The zone of the days, minutes east of UTC.
    zone_minutes: i32,
    by: By,
    per: Per,
    /// Time is counted up to here, UTC milliseconds: the end of `to`, or the moment of the answer.
    until: i64,
    /// Periods that have not begun are left out.
    items: Vec<HoursRow>,
    /// Ask for what comes `after` this; missing on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What the instruments of a group did in a period. The five states add up to the time that has passed, once for each
/// instrument; nothing is extrapolated.
#[derive(Serialize, ToSchema)]
struct HoursRow {
    /// The group: the id of an instrument or institution, the city, the class, or `all`.
    id: String,
    name: String,
    /// Null where there is none.
    #[schema(required = true)]
    name_en: Option<String>,
    /// The period's first local day.
    #[schema(value_type = String, format = Date)]
    start: String,
    /// Its last local day.
    #[schema(value_type = String, format = Date)]
    end: String,
    /// Instruments of the group.
    instruments: i64,
    /// Milliseconds at work (开机).
    on_ms: i64,
    /// Milliseconds at work, with the standby that belongs to it (有效机时).
    effective_ms: i64,
    /// Milliseconds powered, not working (待机).
    standby_ms: i64,
    /// Milliseconds switched off (关机).
    off_ms: i64,
    /// Milliseconds without readings (离线).
    offline_ms: i64,
    /// Milliseconds of which nothing is known (未知): before the first state of an instrument, or while the server was down.
    unknown_ms: i64,
    /// 0 to 1: the share of the time that has passed in which the sensors reported; null before any has.
    #[schema(required = true)]
    coverage: Option<f64>,
    /// 0 to 1: standby of standby and work; null where there was neither.
    #[schema(required = true)]
    idle_rate: Option<f64>,
}

pub(in crate::history) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(hours))
        .routes(routes!(csv::hours_csv))
        .routes(routes!(rules_api::rules, rules_api::set_rules))
}

/// How long instruments were in which state, and what of it was effective.
#[utoipa::path(get, path = "/api/v1/hours", operation_id = "list_hours", tag = "history", params(Asked),
    responses((status = 200, body = HoursPage), (status = 400, body = Problem), (status = 503, body = Problem)))]
async fn hours(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<HoursPage>, Problem> {
    let now_ms = api.clock.now_ms();
    let (from, to) = asked.days(&api.hours, now_ms)?;
    let question = asked.question(&api, caller.reach(Permission::View), (from, to), now_ms)?;
    let (rows, next) = api.hours.page(&question).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(HoursPage {
        from: from.to_string(),
        to: to.to_string(),
        zone_minutes: api.hours.zone().minutes(),
        by: question.by,
        per: question.per,
        until: question.periods.last().map_or(now_ms, |period| period.to_ms),
        items: rows.into_iter().map(HoursRow::from).collect(),
        next,
    }))
}

impl Asked {
    /// The first and the last day.
    pub(super) fn days(&self, hours: &Hours, now_ms: i64) -> Result<(Date, Date), Problem> {
        let to = self.to.as_deref().map_or_else(|| Ok(hours.zone().date_of(now_ms)), |to| day("to", to))?;
        let usual = || Ok(to.saturating_sub(jiff::Span::new().days(USUAL_DAYS - 1)));
        let from = self.from.as_deref().map_or_else(usual, |from| day("from", from))?;
        if from > to {
            return Err(Problem::bad_request(format!("from ({from}) is after to ({to}); both are days, inclusive")));
        }
        let days = to.duration_since(from).as_hours() / 24 + 1;
        if days > MOST_DAYS {
            return Err(Problem::bad_request(format!(
                "from and to span at most {MOST_DAYS} days, not {days}: ask in parts"
            )));
        }
        Ok((from, to))
    }

    pub(super) fn question(
        self,
        api: &ApiState,
        reach: Reach,
        (from, to): (Date, Date),
        now_ms: i64,
    ) -> Result<Question, Problem> {
        check_limit(self.limit)?;
        let hours = &api.hours;
        if !hours.are_counted() {
            return Err(Problem::not_yet(
                "the days are counted anew, after an update or a change of zone_minutes; the log says how far it is: ask again in some minutes",
            ));
        }
        let Self { by, per, institution, city, unit, class, instrument, limit, after, .. } = self;
        let periods = per.periods(from, to, hours.zone(), now_ms);
        let part = Part::of(&*api.places, unit.as_deref());
        let since_ms = periods.first().map_or(now_ms, |period| period.from_ms);
        let scope = Scope { reach, part, institution, city, class, instrument, since_ms };
        let mut question = Question { by, per, periods, scope, after, groups: limit };
        question.groups = limit.min(question.most_groups());
        Ok(question)
    }
}

/// The day that a parameter names. The calendar before 1970 is nobody's here.
fn day(name: &str, text: &str) -> Result<Date, Problem> {
    let day = Date::strptime("%Y-%m-%d", text).ok().filter(|day| *day >= date(1970, 1, 1));
    day.ok_or_else(|| {
        Problem::bad_request(format!("{name} is a day such as 2026-11-01, in 1970 or later, not {text:?}"))
    })
}

impl Row {
    /// The share of the time that has passed in which the sensors reported.
    pub(super) fn coverage(&self) -> Option<f64> {
        let missed = self.usage.of(InstrumentState::Unknown) + self.usage.of(InstrumentState::Offline);
        share(missed, self.usage.total_ms()).map(|missed| 1.0 - missed)
    }

    /// Standby of standby and work.
    pub(super) fn idle_rate(&self) -> Option<f64> {
        let (standby, on) = (self.usage.of(InstrumentState::Standby), self.usage.of(InstrumentState::On));
        share(standby, standby + on)
    }
}

fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl From<Row> for HoursRow {
    fn from(row: Row) -> Self {
        Self {
            coverage: row.coverage(),
            idle_rate: row.idle_rate(),
            start: row.period.first.to_string(),
            end: row.period.last.to_string(),
            instruments: row.group.instruments,
            on_ms: row.usage.of(InstrumentState::On),
            effective_ms: row.usage.effective_ms,
            standby_ms: row.usage.of(InstrumentState::Standby),
            off_ms: row.usage.of(InstrumentState::Off),
            offline_ms: row.usage.of(InstrumentState::Offline),
            unknown_ms: row.usage.of(InstrumentState::Unknown),
            name_en: (!row.group.name_en.is_empty()).then_some(row.group.name_en),
            id: row.group.id,
            name: row.group.name,
        }
    }
}
