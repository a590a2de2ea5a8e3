use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::net::SocketAddr;
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

/// Answers with the present health.
pub type AskHealth = std::sync::Arc<dyn Fn() -> Health + Send + Sync>;

pub(super) fn router(ask: AskHealth) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(healthz)).with_state(ask)
}

/// Whether the server serves.
#[utoipa::path(get, path = "/healthz", operation_id = "get_health", tag = "operations", responses((status = 200, body = Health)))]
async fn healthz(State(ask): State<AskHealth>) -> Json<Health> {
    Json(ask())
}
