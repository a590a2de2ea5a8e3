//! What every request leaves: a count and its time in the metrics, and a span for traces.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::global;
use opentelemetry_http::HeaderExtractor;
use std::time::Instant;
use tracing::{Instrument, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Stands before all routes. A WebSocket counts until it is one. Names follow OpenTelemetry's semantic conventions for HTTP.
pub(super) async fn follow(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let span = info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        http.response.status_code = tracing::field::Empty,
    );
    let parent = global::get_text_map_propagator(|from| from.extract(&HeaderExtractor(request.headers())));
    // Without traces there is nothing to belong to.
    let _ = span.set_parent(parent);
    let began = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::histogram!("dayi_http_request_seconds", &labels).record(began.elapsed());
    response
}
