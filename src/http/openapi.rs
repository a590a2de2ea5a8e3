use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

/// Completes the document that the routes make: title, version, the one way to show who asks.
pub(super) fn complete(mut api: OpenApi) -> OpenApi {
    api.info.title = "dayi (大仪)".into();
    api.info.version = env!("CARGO_PKG_VERSION").into();
    api.info.description = Some(
        "The working states of a province's large scientific instruments. Times are UTC milliseconds since 1970, \
         currents ampere. Errors are application/problem+json (RFC 9457)."
            .into(),
    );
    // utoipa puts its own author here.
    api.info.contact = None;
    api.info.license = Some(utoipa::openapi::License::new("Apache-2.0"));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    api.components.get_or_insert_default().security_schemes.insert("token".into(), SecurityScheme::Http(bearer));
    api
}
