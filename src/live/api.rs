use super::hub::HubHandle;
use super::limits::Limits;
use super::policy::same_origin;
use super::session;
use crate::domain::Clock;
use crate::platform::access::Doorkeeper;
use crate::platform::config::LiveConfig;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What sessions stand on.
#[derive(Clone)]
pub struct Live {
    pub(super) hub: HubHandle,
    pub(super) door: Arc<dyn Doorkeeper>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Arc<Limits>,
}

impl Live {
    /// Sessions of this hub, for those whom the doorkeeper lets in.
    #[must_use]
    pub fn new(hub: HubHandle, door: Arc<dyn Doorkeeper>, clock: Arc<dyn Clock>, config: LiveConfig) -> Self {
        Self { hub, door, clock, limits: Arc::new(Limits::new(config)) }
    }
}

/// The live push's route.
pub fn router(live: Live) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(open)).with_state(live)
}

/// The fleet live: a WebSocket with a snapshot and then every change. Who asks says so in the first frame. The frames are
/// described in the documentation as "Live protocol".
#[utoipa::path(get, path = "/api/v1/live", operation_id = "open_live", tag = "live",
    responses((status = 101, description = "switched to WebSocket"), (status = 400, description = "no WebSocket request")))]
async fn open(State(live): State<Live>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let most = live.limits.config.max_frame_bytes;
    let cookies = cookies(&headers);
    upgrade.max_message_size(most).max_frame_size(most).on_upgrade(move |socket| session::serve(socket, live, cookies))
}

/// The request's cookies, and nothing else of it; `None` if another host's page sent it.
fn cookies(headers: &HeaderMap) -> session::Cookies {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    same_origin(text(header::ORIGIN), text(header::HOST)).then(|| {
        let cookies = headers.get_all(header::COOKIE).iter().map(|cookie| (header::COOKIE, cookie.clone()));
        cookies.collect()
    })
}
