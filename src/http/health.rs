use super::system::Disk;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures::future::BoxFuture;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How the server is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `degraded` while the server serves but something is wrong.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// What is wrong, in words; missing while nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// The server's version.
    pub version: &'static str,
    /// How many instruments run.
    pub instruments: usize,
    /// Where sensors connect.
    #[schema(value_type = String, example = "127.0.0.1:1883")]
    pub mqtt: SocketAddr,
}

/// Whether the server does what sensors and people come for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    /// Whether it does.
    ready: bool,
    /// Why not, in words; missing while it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// What can be asked of the server as a whole.
pub trait Vitals: Send + Sync + 'static {
    /// How it is.
    fn health(&self) -> Health;
    /// Why it does not serve: readings are not acknowledged, or the database is away. Empty while it does.
    fn in_the_way(&self) -> Vec<String>;
    /// What it counts, as Prometheus reads it.
    fn metrics(&self) -> String;
    /// The database and its version.
    fn database(&self) -> BoxFuture<'_, String>;
    /// The file system with the data.
    fn disk(&self) -> Disk;
}

pub(super) fn router(vitals: Arc<dyn Vitals>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).with_state(vitals)
}

/// How the server is. It answers 200 as long as it answers: whoever restarts what is not healthy should ask here.
#[utoipa::path(get, path = "/healthz", operation_id = "get_health", tag = "operations", responses((status = 200, body = Health)))]
async fn healthz(State(vitals): State<Arc<dyn Vitals>>) -> Json<Health> {
    Json(vitals.health())
}

/// Whether the server acknowledges readings and reaches its database: whoever shares out work should ask here.
#[utoipa::path(get, path = "/readyz", operation_id = "get_readiness", tag = "operations",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn readyz(State(vitals): State<Arc<dyn Vitals>>) -> (StatusCode, Json<Readiness>) {
    let problems = vitals.in_the_way();
    let ready = problems.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, problems }))
}
