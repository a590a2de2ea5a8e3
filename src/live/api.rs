use super::hub::HubHandle;
use super::session::Session;
use crate::domain::Clock;
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest frame a client may send, in bytes.
const MAX_CLIENT_FRAME: usize = 4 * 1024;

#[derive(Clone)]
struct ApiState {
    hub: HubHandle,
    clock: Arc<dyn Clock>,
}

/// The live push's route.
pub fn router(hub: HubHandle, clock: Arc<dyn Clock>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(live)).with_state(ApiState { hub, clock })
}

/// The fleet live: a WebSocket with a snapshot and then every change. The frames are described in the documentation
/// as "Live protocol".
#[utoipa::path(get, path = "/api/v1/live", operation_id = "open_live", tag = "live",
    responses((status = 101, description = "switched to WebSocket"), (status = 400, description = "no WebSocket request")))]
async fn live(State(api): State<ApiState>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(MAX_CLIENT_FRAME).on_upgrade(move |socket| Session::new(socket, api.hub, api.clock).run())
}
