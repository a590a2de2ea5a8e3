use super::rules::OwnRules;
use crate::history::api::{ApiState, instrument};
use crate::platform::problem::{Json, Path, Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Which standby belongs to the work beside it.
#[derive(Serialize, ToSchema)]
pub(super) struct HoursRules {
    /// What the instrument says itself; null is inherited.
    own: OwnRules,
    /// What holds.
    holds: OwnRules,
}

impl From<OwnRules> for HoursRules {
    fn from(own: OwnRules) -> Self {
        Self { own, holds: own.that_hold() }
    }
}

/// By which rules an instrument's effective hours are counted.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/hours-rules", operation_id = "get_hours_rules", tag = "history",
    params(("id" = String, Path)),
    responses((status = 200, body = HoursRules), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn rules(
    State(api): State<ApiState>,
    Path(id): Path<String>,
) -> Result<axum::Json<HoursRules>, Problem> {
    let known = api.hours.rules(&instrument(&id)?).await.map_err(|error| Problem::unavailable(&error))?;
    known.map(|own| axum::Json(own.into())).ok_or_else(|| missing(&id))
}

/// Sets by which rules an instrument's effective hours are counted; what is left out or null is inherited. All its days
/// are counted anew, those of the past too.
#[utoipa::path(put, path = "/api/v1/instruments/{id}/hours-rules", operation_id = "set_hours_rules", tag = "history",
    params(("id" = String, Path)), request_body = OwnRules,
    responses((status = 200, body = HoursRules), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn set_rules(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    Json(own): Json<OwnRules>,
) -> Result<axum::Json<HoursRules>, Problem> {
    let instrument = instrument(&id)?;
    if let Some(wrong) = own.wrong() {
        return Err(Problem::unprocessable(wrong));
    }
    let set = api.hours.set_rules(&instrument, own).await.map_err(|error| Problem::unavailable(&error))?;
    set.map(|()| axum::Json(own.into())).ok_or_else(|| missing(&id))
}

fn missing(id: &str) -> Problem {
    Problem::not_found(format!("there is no instrument {id:?}"))
}
