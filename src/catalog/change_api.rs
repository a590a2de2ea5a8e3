//! One instrument: all of it, changing it, taking it out of service and back.

use super::addition::may_stand_in;
use super::api::ApiState;
use super::details::Details;
use super::model::Instrument;
use super::views::{InstrumentDetail, detail};
use crate::domain::{Caller, Permission};
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem};
use crate::platform::version;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use std::sync::Arc;

/// One instrument, what it does now, and all that people say of it.
#[utoipa::path(get, path = "/api/v1/instruments/{id}", operation_id = "get_instrument", tag = "instruments", params(("id" = String, Path)),
    responses((status = 200, body = InstrumentDetail, headers(("etag" = String, description = "Its version, for If-Match"))),
        (status = 404, body = Problem)))]
pub(super) async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let instrument = api.find(&caller, Permission::View, &id)?;
    Ok(shown(&api, &instrument))
}

fn shown(api: &ApiState, instrument: &Instrument) -> impl IntoResponse + use<> {
    let status = api.fleet.status(&instrument.id);
    let detail = detail(&api.store.catalog().units(), instrument, &status);
    (version::tag(instrument.version), axum::Json(detail))
}

/// Changes what people say of an instrument, by a JSON merge patch (RFC 7396): what it names is changed, null empties a
/// field, everything else stays. `If-Match` names the version that was read, so that two people do not overwrite each other.
/// Another rated current counts from the next start of the server on.
#[utoipa::path(patch, path = "/api/v1/instruments/{id}", operation_id = "change_instrument", tag = "instruments",
    params(("id" = String, Path), ("If-Match" = String, Header, description = "The entity tag that was read, such as \"3\"")),
    request_body(content = Details, content_type = "application/merge-patch+json"),
    responses((status = 200, body = InstrumentDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 412, body = Problem, description = "Somebody else changed it meanwhile"),
        (status = 422, body = Problem), (status = 428, body = Problem, description = "If-Match is missing")))]
pub(super) async fn change(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(patch): Json<serde_json::Value>,
) -> Result<impl IntoResponse, Problem> {
    let before = api.find(&caller, Permission::EditCatalog, &id)?;
    let version = version::expected(&headers, before.version)?;
    let details = before.details.merged(&patch).map_err(Problem::unprocessable)?.tidy();
    details.check().map_err(|wrong| Problem::unprocessable(wrong.to_string()))?;
    if details.unit != before.details.unit {
        may_stand_in(&caller, &api.store.catalog().units(), &details.unit)?;
    }
    let after = Instrument { details, version, ..Instrument::clone(&before) };
    written(&api, &before, after).await
}

async fn written(
    api: &ApiState,
    before: &Arc<Instrument>,
    after: Instrument,
) -> Result<impl IntoResponse + use<>, Problem> {
    let after = api.store.change_instrument(after).await?;
    api.announce([after.id.clone()]).await;
    let changed = Changed::new(Some(&before.details), Some(&after.details));
    Ok((changed, shown(api, &after)))
}

/// Takes an instrument out of service: it is in no list of what runs any more, and its history stays. What its sensor still
/// sends is kept.
#[utoipa::path(post, path = "/api/v1/instruments/{id}/retire", operation_id = "retire_instrument", tag = "instruments",
    params(("id" = String, Path)),
    responses((status = 200, body = InstrumentDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn retire(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let before = api.find(&caller, Permission::EditCatalog, &id)?;
    let retired_ms = Some(before.retired_ms.unwrap_or_else(|| api.clock.now_ms()));
    written(&api, &before, Instrument { retired_ms, ..Instrument::clone(&before) }).await
}

/// Takes an instrument into service again.
#[utoipa::path(post, path = "/api/v1/instruments/{id}/restore", operation_id = "restore_instrument", tag = "instruments",
    params(("id" = String, Path)),
    responses((status = 200, body = InstrumentDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn restore(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let before = api.find(&caller, Permission::EditCatalog, &id)?;
    written(&api, &before, Instrument { retired_ms: None, ..Instrument::clone(&before) }).await
}
