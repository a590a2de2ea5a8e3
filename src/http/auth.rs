use crate::domain::Caller;
use crate::platform::problem::Problem;
use crate::platform::secret::SharedSecret;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets reading pass and refuses every write that does not show the token. It stands before all routes, so a new one
/// cannot forget it.
pub(super) async fn guard_writes(State(admin): State<SharedSecret>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::configured());
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    if !admin.is_set() {
        let how =
            "writing is switched off: start the server with DAYI__HTTP__ADMIN_TOKEN set to a token of your choice";
        return Problem::forbidden(how).into_response();
    }
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match shown.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) if admin.matches(token.as_bytes()) => next.run(request).await,
        Some(_) => Problem::unauthorized("this token does not allow writing").into_response(),
        None => Problem::unauthorized("writing needs the header Authorization: Bearer <admin token>").into_response(),
    }
}
