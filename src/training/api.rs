use super::deploy::{Deployment, ModelPort};
use super::jobs::Jobs;
use super::model::{NewVersion, Promotion, PromotionError, Version};
use super::overview::Overlooked;
use super::runner::RunnerHandle;
use super::versions::Versions;
use crate::domain::{Caller, Clock, InstrumentId, Permission, Places};
use crate::history::Drifts;
use crate::platform::author::author;
use crate::platform::problem::{Json, Path, Problem};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    /// Models and what serves.
    pub versions: Versions,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// What people know instruments by, and what they said of them.
    pub overlooked: Arc<dyn Overlooked>,
    /// What drifted.
    pub drifts: Drifts,
    /// Training jobs.
    pub jobs: Jobs,
    /// Adds and ends them.
    pub runner: RunnerHandle,
    /// The running fleet.
    pub fleet: Arc<dyn ModelPort>,
    /// Lets promoted models serve.
    pub deployment: Deployment,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[derive(Serialize, ToSchema)]
struct Models {
    /// The version that serves; null is the instrument's own calibration.
    #[schema(required = true)]
    serving: Option<i64>,
    /// Newest first.
    versions: Vec<VersionView>,
    /// What served from when on, newest first.
    promotions: Vec<PromotionView>,
}

/// A model that was trained.
#[derive(Serialize, ToSchema)]
struct VersionView {
    version: i64,
    /// When it was trained, UTC milliseconds.
    at: i64,
    serving: bool,
    /// What it was made from: data span, seed, metrics, code version, hash.
    manifest: Value,
    /// How it stood to the model that served then: both scores on the newest labelled stretch, and what speaks against
    /// promoting it.
    verdict: Value,
}

/// A model began to serve.
#[derive(Serialize, ToSchema)]
struct PromotionView {
    number: i64,
    /// Null is the instrument's own calibration.
    #[schema(required = true)]
    version: Option<i64>,
    /// A person, or `gate`.
    author: String,
    reason: String,
    /// UTC milliseconds.
    at: i64,
}

/// Which model is to serve.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Promote {
    /// Null is the instrument's own calibration. An older version is a roll-back.
    #[schema(required = true)]
    version: Option<i64>,
    /// Who says so, for the token of the configuration alone: a person is known by their account.
    author: Option<String>,
    /// Why; needed to promote against the verdict.
    #[serde(default)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct DriftPage {
    /// Newest first.
    items: Vec<DriftView>,
}

/// What a running model saw change since it was trained.
#[derive(Serialize, ToSchema)]
struct DriftView {
    #[schema(value_type = String)]
    instrument: InstrumentId,
    #[schema(example = "mlp-v1@3")]
    model: String,
    /// UTC milliseconds.
    at: i64,
    /// What changed: features and how far, and how unsure the model became.
    details: Value,
    /// What is proposed: `retrain` while the model still serves, else null.
    #[schema(required = true)]
    proposal: Option<&'static str>,
}

pub(super) fn models() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_models, import_model))
        .routes(routes!(export_model))
        .routes(routes!(promote))
        .routes(routes!(list_drifts))
}

impl ApiState {
    pub(super) fn known(&self, id: &str) -> Result<InstrumentId, Problem> {
        let id = id.parse().ok().filter(|id| self.fleet.knows(id));
        id.ok_or_else(|| Problem::not_found("there is no such instrument"))
    }
}

/// An instrument's models: what was trained, what serves, what served.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/models", operation_id = "list_models", tag = "models",
    params(("id" = String, Path)),
    responses((status = 200, body = Models), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn list_models(State(api): State<ApiState>, Path(id): Path<String>) -> Result<axum::Json<Models>, Problem> {
    let id = api.known(&id)?;
    let promotions = api.versions.promotions(&id).await.map_err(|error| Problem::unavailable(&error))?;
    let versions = api.versions.list(&id).await.map_err(|error| Problem::unavailable(&error))?;
    let serving = promotions.first().and_then(|promotion| promotion.version);
    let versions = versions.into_iter().map(|version| VersionView::of(version, serving)).collect();
    Ok(axum::Json(Models { serving, versions, promotions: promotions.into_iter().map(Into::into).collect() }))
}

/// Adds a model that was exported elsewhere; it does not serve before it is promoted.
#[utoipa::path(post, path = "/api/v1/instruments/{id}/models", operation_id = "import_model", tag = "models",
    params(("id" = String, Path)), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Models), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn import_model(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    artifact: axum::body::Bytes,
) -> Result<(StatusCode, axum::Json<Models>), Problem> {
    let known = api.known(&id)?;
    let manifest = api.fleet.check(&known, &artifact).map_err(Problem::unprocessable)?;
    let unavailable = |error| Problem::unavailable(&error);
    let new = NewVersion { artifact: artifact.to_vec(), manifest, verdict: Value::Null };
    let added = api.versions.add(&known, api.clock.now_ms(), |_| Ok::<_, DbErr>(new)).await;
    added.map_err(unavailable)?;
    Ok((StatusCode::CREATED, list_models(State(api), Path(id)).await?))
}

/// A model as a file: safetensors, with its manifest inside.
#[utoipa::path(get, path = "/api/v1/instruments/{id}/models/{version}/artifact", operation_id = "export_model", tag = "models",
    params(("id" = String, Path), ("version" = i64, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn export_model(
    State(api): State<ApiState>,
    Path((id, version)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let id = api.known(&id)?;
    let artifact = api.versions.artifact(&id, version).await.map_err(|error| Problem::unavailable(&error))?;
    let artifact = artifact.ok_or_else(|| Problem::not_found(format!("instrument {id} has no version {version}")))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}-{version}.safetensors\"")),
    ];
    Ok((headers, artifact).into_response())
}

/// Lets a version serve from the next reading on: promotes it, or rolls back to it.
#[utoipa::path(post, path = "/api/v1/instruments/{id}/models/promotions", operation_id = "promote_model", tag = "models",
    params(("id" = String, Path)), request_body = Promote,
    responses((status = 201, body = PromotionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn promote(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(promote): Json<Promote>,
) -> Result<(StatusCode, axum::Json<PromotionView>), Problem> {
    let id = api.known(&id)?;
    let (who, reason) = (author(promote.author.as_deref(), &caller)?, promote.reason.trim());
    if reason.chars().count() > 1_000 {
        return Err(Problem::unprocessable("reason is at most 1000 characters"));
    }
    let version = promote.version;
    if let Some(version) = version {
        let unavailable = |error| Problem::unavailable(&error);
        let artifact = api.versions.artifact(&id, version).await.map_err(unavailable)?;
        let artifact =
            artifact.ok_or_else(|| Problem::not_found(format!("instrument {id} has no version {version}")))?;
        api.fleet.check(&id, &artifact).map_err(Problem::unprocessable)?;
        let versions = api.versions.list(&id).await.map_err(unavailable)?;
        let against = versions.iter().find(|known| known.version == version).map_or(0, Version::problems);
        if against > 0 && reason.is_empty() {
            return Err(Problem::unprocessable(format!(
                "the verdict on version {version} names {against} problems: say in reason why it is to serve all the same"
            )));
        }
    }
    let promoted = api.versions.promote(&id, version, None, &who, reason, api.clock.now_ms()).await;
    let promoted = promoted.map_err(|error| match error {
        PromotionError::Missing { .. } => Problem::not_found(error.to_string()),
        PromotionError::Serves | PromotionError::Overtaken => Problem::conflict(error.to_string()),
        PromotionError::Db(error) => Problem::unavailable(&error),
    })?;
    api.deployment.look_at(&id).await;
    Ok((StatusCode::CREATED, axum::Json(promoted.into())))
}

/// Instruments whose readings no longer look like those their model was trained on.
#[utoipa::path(get, path = "/api/v1/models/drifts", operation_id = "list_drifts", tag = "models",
    responses((status = 200, body = DriftPage), (status = 503, body = Problem)))]
async fn list_drifts(State(api): State<ApiState>, caller: Caller) -> Result<axum::Json<DriftPage>, Problem> {
    let unavailable = |error| Problem::unavailable(&error);
    let reach = caller.reach(Permission::Train);
    let mut drifts = api.drifts.all().await.map_err(unavailable)?;
    drifts.retain(|drift| api.places.holds(&reach, &drift.instrument));
    let serving = api.versions.serving().await.map_err(unavailable)?;
    let items = drifts
        .into_iter()
        .map(|drift| {
            let version = serving.get(&drift.instrument).and_then(|promotion| promotion.version);
            let serves = version.is_some_and(|version| drift.is_of(version));
            DriftView {
                instrument: drift.instrument,
                model: drift.model,
                at: drift.at_ms,
                details: drift.details,
                proposal: serves.then_some("retrain"),
            }
        })
        .collect();
    Ok(axum::Json(DriftPage { items }))
}

impl VersionView {
    fn of(version: Version, serving: Option<i64>) -> Self {
        let Version { version, at_ms, manifest, verdict } = version;
        Self { version, at: at_ms, serving: serving == Some(version), manifest, verdict }
    }
}

impl From<Promotion> for PromotionView {
    fn from(promotion: Promotion) -> Self {
        let Promotion { number, version, author, reason, at_ms } = promotion;
        Self { number, version, author, reason, at: at_ms }
    }
}
