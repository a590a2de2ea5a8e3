use super::actor::Handle;
use super::list::{self, Filter, Listed};
use super::log::AlertLog;
use super::{actions_api, csv, maintenance_api, rules_api};
use crate::domain::{
    Acknowledged, AlertEvent, AlertKind, AlertStep, Caller, Clock, InstrumentId, InstrumentState, Permission, Places,
    Severity, Silenced,
};
use crate::platform::db::Db;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Path, Problem, Query};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// Where alerts are kept.
    pub db: Db,
    /// The task that writes them.
    pub handle: Handle,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Which alerts, and in which order.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Also those that have ended.
    #[serde(default)]
    all: bool,
    /// Only of these kinds, separated by commas, such as `offline,unused`.
    kind: Option<String>,
    /// Only those at least so severe: `notice`, `warning`, `serious`, `critical`.
    #[param(value_type = Option<String>)]
    severity: Option<Severity>,
    /// Only instruments of the unit with this id, and of all below it.
    unit: Option<String>,
    /// Only instruments of this class.
    class: Option<String>,
    /// Only this instrument.
    instrument: Option<String>,
    /// Only those that somebody has acknowledged, or that nobody has.
    acknowledged: Option<bool>,
    /// Only those that are silenced, or that are not.
    silenced: Option<bool>,
    /// Only those raised from then on, UTC milliseconds.
    since: Option<i64>,
    /// Only those raised before, UTC milliseconds.
    until: Option<i64>,
    /// Which come first.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    pub(super) limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    pub(super) offset: usize,
}

/// The order of a list of alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AlertSort)]
pub(super) enum Sort {
    /// Those raised last.
    #[default]
    Newest,
    /// The most severe, of these those raised last.
    Severe,
}

/// Alerts.
#[derive(Serialize, ToSchema)]
struct AlertPage {
    /// How many match.
    total: i64,
    /// How many match, by kind and severity; what is not named there is not there.
    counts: Vec<AlertCount>,
    items: Vec<AlertView>,
}

/// How many alerts there are of a kind and severity.
#[derive(Serialize, ToSchema)]
struct AlertCount {
    #[schema(value_type = String, example = "offline")]
    kind: AlertKind,
    #[schema(value_type = String, example = "notice")]
    severity: Severity,
    count: i64,
}

/// Something about an instrument that somebody should look at. Times are UTC milliseconds.
#[derive(Serialize, ToSchema)]
pub(super) struct AlertView {
    #[schema(value_type = String)]
    id: Arc<str>,
    #[schema(value_type = String, example = "i00001")]
    instrument: InstrumentId,
    /// The instrument's name.
    name: String,
    name_en: String,
    class: String,
    /// Where it stands: the ids of units from the top down, each followed by a slash.
    #[schema(example = "province/city-hangzhou/zju/")]
    unit: String,
    #[schema(value_type = String, example = "standby-idle")]
    kind: AlertKind,
    #[schema(value_type = String, example = "notice")]
    severity: Severity,
    /// Since when it is so, such as on standby.
    since: i64,
    /// When it was raised first.
    raised: i64,
    /// When anything about it changed last.
    updated: i64,
    /// When it ended; null while it is open.
    #[schema(required = true)]
    cleared: Option<i64>,
    /// How often it came back within ten minutes of having ended.
    reopened: u32,
    /// The instrument's state when the alert was last raised, made more severe or cleared.
    #[schema(value_type = String, example = "standby")]
    state: InstrumentState,
    /// Null while nobody has.
    #[schema(required = true)]
    acknowledged: Option<AcknowledgedView>,
    /// Null while it is not.
    #[schema(required = true)]
    silenced: Option<SilencedView>,
}

/// Who has seen an alert.
#[derive(Serialize, ToSchema)]
struct AcknowledgedView {
    by: String,
    at: i64,
    note: String,
}

/// Until when nobody is told of an alert.
#[derive(Serialize, ToSchema)]
struct SilencedView {
    by: String,
    at: i64,
    until: i64,
    reason: String,
}

/// An alert and what happened to it.
#[derive(Serialize, ToSchema)]
struct AlertHistory {
    #[serde(flatten)]
    alert: AlertView,
    /// Oldest first.
    steps: Vec<AlertStepView>,
}

/// Something that happened to an alert.
#[derive(Serialize, ToSchema)]
struct AlertStepView {
    /// Its number in the log of all alerts.
    number: i64,
    /// `raised`, `updated`, `acknowledged`, `silenced`, `unsilenced` or `cleared`.
    #[schema(value_type = String, example = "raised")]
    step: AlertStep,
    at: i64,
    /// Its severity after it.
    #[schema(value_type = String, example = "notice")]
    severity: Severity,
    #[schema(required = true)]
    acknowledged: Option<AcknowledgedView>,
    #[schema(required = true)]
    silenced: Option<SilencedView>,
}

/// The routes of alerts.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(alerts))
        .routes(routes!(csv::alerts_csv))
        .routes(routes!(alert))
        .merge(actions_api::routes())
        .merge(rules_api::routes())
        .merge(maintenance_api::routes())
        .with_state(state)
}

/// Alerts that are open, or all there ever were.
#[utoipa::path(get, path = "/api/v1/alerts", operation_id = "list_alerts", tag = "alerts", params(Asked),
    responses((status = 200, body = AlertPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn alerts(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<AlertPage>, Problem> {
    check_limit(asked.limit)?;
    let (page, severe) = ((asked.limit, asked.offset), asked.most_severe_first());
    let filter = asked.filter(&api, &caller, Permission::ViewAlerts)?;
    let unavailable = |error| Problem::unavailable(&error);
    let counts = list::counts(&api.db, &filter).await.map_err(unavailable)?;
    let items = list::page(&api.db, &filter, severe, page).await.map_err(unavailable)?;
    Ok(Json(AlertPage {
        total: counts.values().sum(),
        counts: counts.into_iter().map(|((kind, severity), count)| AlertCount { kind, severity, count }).collect(),
        items: items.into_iter().map(AlertView::from).collect(),
    }))
}

/// An alert, and what happened to it.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", operation_id = "get_alert", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = AlertHistory), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
async fn alert(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<AlertHistory>, Problem> {
    let listed = api.one(&caller, Permission::ViewAlerts, &id).await?;
    let steps = AlertLog::new(api.db.clone()).of(&id).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(AlertHistory { alert: listed.into(), steps: steps.into_iter().map(AlertStepView::from).collect() }))
}

impl Asked {
    pub(super) fn most_severe_first(&self) -> bool {
        self.sort == Sort::Severe
    }

    /// What is asked for of what the caller may see.
    pub(super) fn filter(self, api: &ApiState, caller: &Caller, permission: Permission) -> Result<Filter, Problem> {
        let kinds = self.kind.iter().flat_map(|kinds| kinds.split(',')).map(|name| {
            AlertKind::named(name.trim()).ok_or_else(|| Problem::bad_request(format!("there is no kind {name:?}")))
        });
        let unit = self.unit.map(|id| {
            let unit = api.places.unit(&id).filter(|unit| may_look_at(caller, unit));
            unit.ok_or_else(|| Problem::not_found(format!("there is no unit {id:?}")))
        });
        let instrument = self
            .instrument
            .map(|id| id.parse().map_err(|_| Problem::not_found(format!("there is no instrument {id:?}"))));
        Ok(Filter {
            reach: caller.reach(permission),
            open: !self.all,
            kinds: kinds.collect::<Result<_, _>>()?,
            least: self.severity,
            unit: unit.transpose()?,
            class: self.class,
            instrument: instrument.transpose()?,
            acknowledged: self.acknowledged,
            silenced: self.silenced,
            since_ms: self.since,
            until_ms: self.until,
        })
    }
}

/// Whether the caller may see alerts of the unit, or of something below it.
pub(super) fn may_look_at(caller: &Caller, unit: &crate::domain::UnitPath) -> bool {
    use crate::domain::Reach;
    match caller.reach(Permission::ViewAlerts) {
        Reach::Everything => true,
        Reach::Within(units) => units.iter().any(|one| one.holds(unit) || unit.holds(one)),
    }
}

impl ApiState {
    /// The alert of this id, if the caller may do this to its instrument.
    pub(super) async fn one(&self, caller: &Caller, permission: Permission, id: &str) -> Result<Listed, Problem> {
        let missing = format!("there is no alert {id:?}");
        let found = list::named(&self.db, &[id.to_owned()]).await.map_err(|error| Problem::unavailable(&error))?;
        let listed = found.into_iter().next().ok_or_else(|| Problem::not_found(missing.clone()))?;
        // Who sees the instrument and not its alerts does not learn of them either.
        if !caller.may_at(Permission::ViewAlerts, &listed.unit) {
            return Err(Problem::not_found(missing));
        }
        caller.check(permission, &listed.unit, &missing)?;
        Ok(listed)
    }
}

impl From<Listed> for AlertView {
    fn from(Listed { alert, name, name_en, class, unit }: Listed) -> Self {
        Self {
            id: alert.id,
            instrument: alert.instrument,
            name,
            name_en,
            class,
            unit: unit.to_string(),
            kind: alert.kind,
            severity: alert.severity,
            since: alert.since_ms,
            raised: alert.raised_ms,
            updated: alert.updated_ms,
            cleared: alert.cleared_ms,
            reopened: alert.reopened,
            state: alert.state,
            acknowledged: alert.acknowledged.map(Into::into),
            silenced: alert.silenced.map(Into::into),
        }
    }
}

impl From<Acknowledged> for AcknowledgedView {
    fn from(Acknowledged { by, at_ms, note }: Acknowledged) -> Self {
        Self { by, at: at_ms, note }
    }
}

impl From<Silenced> for SilencedView {
    fn from(Silenced { by, at_ms, until_ms, reason }: Silenced) -> Self {
        Self { by, at: at_ms, until: until_ms, reason }
    }
}

impl From<AlertEvent> for AlertStepView {
    fn from(AlertEvent { number, step, at_ms, alert }: AlertEvent) -> Self {
        Self {
            number,
            step,
            at: at_ms,
            severity: alert.severity,
            acknowledged: alert.acknowledged.map(Into::into),
            silenced: alert.silenced.map(Into::into),
        }
    }
}
