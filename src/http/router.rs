use super::auth::{Guard, Rules, guard};
use super::{health, openapi, proxy, requests, system, ui};
use crate::domain::{Clock, Places};
use crate::instrument::Registry;
use crate::platform::access::Doorkeeper;
use crate::platform::problem::Problem;
use crate::platform::secret::SharedSecret;
use crate::{
    account, alert, audit, catalog, export, history, idle, influx, ingest, instrument, labels, live, notify, training,
};
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ipnet::IpNet;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

/// What the page may do; Swagger UI needs inline styles.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Everything the routes stand on.
pub struct Parts {
    /// Instruments and institutions.
    pub catalog: catalog::ApiState,
    /// States and readings that were.
    pub history: history::ApiState,
    /// Alerts.
    pub alert: alert::ApiState,
    /// Who is idle.
    pub idle: idle::ApiState,
    /// Files of it.
    pub export: export::ApiState,
    /// What people say instruments did.
    pub labels: labels::ApiState,
    /// Models and training jobs.
    pub training: training::ApiState,
    /// The way to InfluxDB.
    pub influx: influx::ApiState,
    /// Subscriptions and their deliveries.
    pub notify: notify::ApiState,
    /// Running instruments.
    pub registry: Registry,
    /// What they measured before what they remember.
    pub earlier: instrument::Earlier,
    /// What the front refused.
    pub ingest: ingest::ApiState,
    /// The live push.
    pub live: live::Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Accounts, sessions and tokens.
    pub account: account::ApiState,
    /// Who may come in.
    pub door: Arc<dyn Doorkeeper>,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// Who changed what.
    pub audit: audit::Log,
    /// Proxies that are believed where a request came from.
    pub proxies: Vec<IpNet>,
    /// What `/metrics` asks for.
    pub metrics: SharedSecret,
    /// How the server is, and what it counts.
    pub vitals: Arc<dyn health::Vitals>,
}

/// All routes: the slices' own, the page, the documentation, health and metrics.
pub fn build(parts: Parts) -> Router {
    let (routes, api) = OpenApiRouter::new()
        .merge(catalog::router(parts.catalog))
        .merge(instrument::router(parts.registry, parts.earlier, parts.places.clone()))
        .merge(labels::router(parts.labels))
        .merge(training::router(parts.training))
        .merge(history::router(parts.history))
        .merge(alert::router(parts.alert))
        .merge(idle::router(parts.idle))
        .merge(export::router(parts.export))
        .merge(influx::router(parts.influx))
        .merge(notify::router(parts.notify))
        .merge(ingest::router(parts.ingest))
        .merge(live::router(parts.live))
        .merge(account::router(parts.account))
        .merge(audit::router(audit::ApiState { log: parts.audit.clone() }))
        .merge(health::router(parts.vitals.clone()))
        .merge(system::router(parts.vitals.clone(), parts.clock.clone()))
        .split_for_parts();
    let clock = parts.clock;
    let rules = Arc::new(Rules::of(&api));
    let guarded = Guard { rules, door: parts.door, places: parts.places, log: parts.audit, clock };
    let proxies: Arc<[IpNet]> = parts.proxies.into();
    let (vitals, token) = (parts.vitals, parts.metrics);
    let metrics = move |headers: HeaderMap| std::future::ready(metrics(&*vitals, &token, &headers));
    routes
        .route("/metrics", get(metrics))
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", openapi::complete(api)))
        .fallback(ui::serve)
        .layer(axum::middleware::from_fn_with_state(guarded, guard))
        .layer(axum::middleware::from_fn(requests::follow))
        .layer(axum::middleware::from_fn_with_state(proxies, proxy::look_behind))
        .layer(CompressionLayer::new())
        .layer(fixed(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
}

/// What the server counts, for whoever shows the token that is configured for it.
fn metrics(vitals: &dyn health::Vitals, token: &SharedSecret, headers: &HeaderMap) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if token.is_set() && !token.matches(shown.as_bytes()) {
        return Problem::unauthorized("/metrics asks for the token of [http] metrics_token").into_response();
    }
    vitals.metrics().into_response()
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
