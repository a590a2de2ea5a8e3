use super::refusal::{ClientRefusals, Refusals};
use crate::platform::problem::{Path, Problem};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the MQTT front refused since the server started.
#[derive(Serialize, ToSchema)]
struct RefusalSummary {
    /// How many, by reason, such as `topic-not-allowed` or `unreadable`.
    counts: BTreeMap<&'static str, u64>,
    /// The clients it was refused of, the newest 500.
    #[schema(value_type = Vec<String>)]
    clients: Vec<Arc<str>>,
}

/// What was refused of one client.
#[derive(Serialize, ToSchema)]
struct ClientRefusalsView {
    /// How many, by reason.
    counts: BTreeMap<&'static str, u64>,
    /// The newest 100, oldest first.
    last: Vec<RefusalView>,
}

/// One thing that was refused.
#[derive(Serialize, ToSchema)]
struct RefusalView {
    /// UTC milliseconds.
    at: i64,
    #[schema(example = "unreadable")]
    reason: &'static str,
    /// What exactly was wrong.
    detail: String,
    /// The topic or filter it was about.
    #[schema(required = true)]
    topic: Option<String>,
    /// The beginning of the payload.
    #[schema(required = true)]
    payload: Option<String>,
}

/// The front's routes.
pub fn router(refusals: Refusals) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(summary)).routes(routes!(of_client)).with_state(refusals)
}

/// What was refused of sensors and other MQTT clients since the server started.
#[utoipa::path(get, path = "/api/v1/ingest/refusals", operation_id = "summarize_refusals", tag = "ingest", responses((status = 200, body = RefusalSummary)))]
async fn summary(State(refusals): State<Refusals>) -> Json<RefusalSummary> {
    let counts = refusals.counts().into_iter().map(|(reason, count)| (reason.name(), count)).collect();
    Json(RefusalSummary { counts, clients: refusals.clients() })
}

/// What was refused of one client: the newest 100, with what it sent.
#[utoipa::path(get, path = "/api/v1/ingest/refusals/{client}", operation_id = "list_refusals", tag = "ingest", params(("client" = String, Path)),
    responses((status = 200, body = ClientRefusalsView), (status = 404, body = Problem)))]
async fn of_client(
    State(refusals): State<Refusals>,
    Path(client): Path<String>,
) -> Result<Json<ClientRefusalsView>, Problem> {
    let refused =
        refusals.of(&client).ok_or_else(|| Problem::not_found(format!("nothing was refused of {client:?}")))?;
    Ok(Json(refused.into()))
}

impl From<ClientRefusals> for ClientRefusalsView {
    fn from(refused: ClientRefusals) -> Self {
        let counts = refused.counts.into_iter().map(|(reason, count)| (reason.name(), count)).collect();
        let last = refused.last.into_iter().map(|refusal| RefusalView {
            at: refusal.at_ms,
            reason: refusal.reason.name(),
            detail: refusal.detail,
            topic: refusal.topic,
            payload: refusal.payload,
        });
        Self { counts, last: last.collect() }
    }
}
