use super::actions_api::checked;
use super::api::ApiState;
use super::maintenance::{Target, Window};
use super::maintenance_store as store;
use super::rules::Scope;
use crate::domain::{Caller, InstrumentId, Permission};
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest span of planned work: 366 days.
const LONGEST_MS: i64 = 366 * 24 * 3_600_000;

/// Planned work, which nobody is to be told about as alerts. Times are UTC milliseconds.
#[derive(Serialize, ToSchema)]
struct Maintenance {
    id: String,
    /// The instrument it is planned on; null for a unit.
    #[schema(value_type = Option<String>, required = true)]
    instrument: Option<InstrumentId>,
    /// The unit it is planned on, with all below it; null for an instrument.
    #[schema(required = true)]
    unit: Option<String>,
    /// Inclusive.
    from: i64,
    /// Exclusive.
    to: i64,
    reason: String,
    /// Who planned it.
    by: String,
    /// When.
    at: i64,
}

#[derive(Serialize, ToSchema)]
struct MaintenanceList {
    /// The first to begin first, at most 1000.
    items: Vec<Maintenance>,
}

/// Work that is to be planned, on a unit or an instrument.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMaintenance {
    /// The instrument; or …
    instrument: Option<String>,
    /// … the unit, with all below it.
    unit: Option<String>,
    /// UTC milliseconds, inclusive; now if left out.
    from: Option<i64>,
    /// UTC milliseconds, exclusive.
    to: i64,
    #[schema(example = "年度保养")]
    reason: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only what ends after this, UTC milliseconds; what has not ended yet if left out.
    ended_after: Option<i64>,
}

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, plan)).routes(routes!(cancel))
}

/// Planned work that goes on or is to come.
#[utoipa::path(get, path = "/api/v1/maintenance", operation_id = "list_maintenance", tag = "alerts", params(Asked),
    responses((status = 200, body = MaintenanceList), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 503, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<MaintenanceList>, Problem> {
    let after_ms = asked.ended_after.unwrap_or_else(|| api.clock.now_ms());
    let windows = store::list(&api.db, &caller.reach(Permission::ViewAlerts), after_ms).await;
    let windows = windows.map_err(|error| Problem::unavailable(&error))?;
    Ok(axum::Json(MaintenanceList { items: windows.iter().map(Maintenance::from).collect() }))
}

/// Plans work: no alert is raised meanwhile, and open ones are silenced.
#[utoipa::path(post, path = "/api/v1/maintenance", operation_id = "plan_maintenance", tag = "alerts",
    request_body = NewMaintenance,
    responses((status = 201, body = Maintenance), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn plan(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewMaintenance>,
) -> Result<(StatusCode, Changed, axum::Json<Maintenance>), Problem> {
    let (scope, unit) = match (new.unit, new.instrument) {
        (Some(unit), None) => api.unit(unit)?,
        (None, Some(instrument)) => api.instrument(&instrument)?,
        _ => return Err(Problem::unprocessable("name a unit or an instrument: one of both")),
    };
    caller.check(Permission::HandleAlerts, &unit, &scope.missing_text())?;
    let now_ms = api.clock.now_ms();
    let from_ms = new.from.unwrap_or(now_ms);
    if new.to <= from_ms || new.to <= now_ms || new.to.saturating_sub(from_ms) > LONGEST_MS {
        return Err(Problem::unprocessable("work ends after it begins and after now, and takes at most 366 days"));
    }
    let window = Window {
        id: ulid::Ulid::new().to_string(),
        target: match scope {
            Scope::Unit(id) => Target::Unit(id),
            Scope::Instrument(id) => Target::Instrument(id),
        },
        from_ms,
        to_ms: new.to,
        reason: checked("reason", &new.reason)?,
        by: caller.name.to_string(),
        at_ms: now_ms,
    };
    let planned = Maintenance::from(&window);
    let added = store::add(&api.db, &api.handle.settings, window, now_ms).await;
    added.map_err(|error| Problem::unavailable(&error))?;
    api.handle.settings_changed().await;
    Ok((StatusCode::CREATED, Changed::new(None, Some(&planned)), axum::Json(planned)))
}

/// Takes planned work back, or ends it: what was silenced for it is not any more.
#[utoipa::path(delete, path = "/api/v1/maintenance/{id}", operation_id = "cancel_maintenance", tag = "alerts",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn cancel(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(Changed, StatusCode), Problem> {
    let missing = format!("there is no planned work {id:?}");
    let unavailable = |error| Problem::unavailable(&error);
    let window = store::one(&api.db, &id).await.map_err(unavailable)?;
    let window = window.ok_or_else(|| Problem::not_found(missing.clone()))?;
    let unit = match &window.target {
        Target::Unit(id) => api.places.unit(id),
        Target::Instrument(id) => api.places.place(id).map(|place| place.unit),
    };
    let unit = unit.ok_or_else(|| Problem::not_found(missing.clone()))?;
    caller.check(Permission::HandleAlerts, &unit, &missing)?;
    let cancelled = Maintenance::from(&window);
    store::remove(&api.db, &api.handle.settings, &id).await.map_err(unavailable)?;
    api.handle.window_gone(Arc::new(window)).await;
    Ok((Changed::new(Some(&cancelled), None), StatusCode::NO_CONTENT))
}

impl From<&Window> for Maintenance {
    fn from(window: &Window) -> Self {
        let (instrument, unit) = match &window.target {
            Target::Instrument(id) => (Some(id.clone()), None),
            Target::Unit(id) => (None, Some(id.clone())),
        };
        Self {
            id: window.id.clone(),
            instrument,
            unit,
            from: window.from_ms,
            to: window.to_ms,
            reason: window.reason.clone(),
            by: window.by.clone(),
            at: window.at_ms,
        }
    }
}
