use crate::platform::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The token that allows writing; `None` allows nobody.
#[derive(Clone)]
pub struct AdminToken(Option<[u8; 32]>);

impl AdminToken {
    /// Allows whoever shows `token`; an empty token allows nobody.
    #[must_use]
    pub fn new(token: Option<&str>) -> Self {
        Self(token.filter(|token| !token.is_empty()).map(|token| Sha256::digest(token.as_bytes()).into()))
    }

    fn allows(&self, given: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(given.as_bytes()).into();
        self.0.is_some_and(|expected| bool::from(expected.ct_eq(&given)))
    }
}

/// Lets reading pass and refuses every write that does not show the token. It stands before all routes, so a new one
/// cannot forget it.
pub(super) async fn guard_writes(State(admin): State<AdminToken>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    if admin.0.is_none() {
        let how =
            "writing is switched off: start the server with DAYI__HTTP__ADMIN_TOKEN set to a token of your choice";
        return Problem::forbidden(how).into_response();
    }
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match shown.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) if admin.allows(token) => next.run(request).await,
        Some(_) => Problem::unauthorized("this token does not allow writing").into_response(),
        None => Problem::unauthorized("writing needs the header Authorization: Bearer <admin token>").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_allows() {
        assert!(AdminToken::new(Some("secret")).allows("secret"));
        assert!(!AdminToken::new(Some("secret")).allows("Secret"));
        assert!(!AdminToken::new(None).allows(""));
        assert!(!AdminToken::new(Some("")).allows(""));
    }
}
