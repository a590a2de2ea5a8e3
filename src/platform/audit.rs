//! What a write changed, for the audit log: handlers hand it to the guard, which records every write.

use crate::domain::UnitPath;
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
    /// The unit it is about, where the path does not say it.
    pub unit: Option<UnitPath>,
}

impl Changed {
    /// From one to the other; `None` where there is nothing.
    #[must_use]
    pub fn new<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Self {
        let value = |of: Option<&T>| of.and_then(|of| serde_json::to_value(of).ok()).unwrap_or(Value::Null);
        Self { before: value(before), after: value(after), unit: None }
    }

    /// The same, about this unit: whoever manages it finds it in the log.
    #[must_use]
    pub fn at(self, unit: Option<UnitPath>) -> Self {
        Self { unit, ..self }
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
