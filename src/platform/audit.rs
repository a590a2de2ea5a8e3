//! What a write changed, for the audit log: handlers hand it to the guard, which records every write.

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use serde::Serialize;
use serde_json::Value;
use std::convert::Infallible;

/// What a write changed. A handler answers `(Changed::new(&before, &after), answer)`; without it the log has the request
/// alone. Never put a secret here.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// As it was; null if it was not there.
    pub before: Value,
    /// As it is now; null if it is gone.
    pub after: Value,
}

impl Changed {
    /// From one to the other; `None` where there is nothing.
    #[must_use]
    pub fn new<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Self {
        let value = |of: Option<&T>| of.and_then(|of| serde_json::to_value(of).ok()).unwrap_or(Value::Null);
        Self { before: value(before), after: value(after) }
    }
}

impl IntoResponseParts for Changed {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponse for Changed {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}
