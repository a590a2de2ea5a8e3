//! Signing in through the OpenID Connect provider: there, and back.

use super::api::ApiState;
use super::door::cookie;
use super::oidc::{Oidc, OidcError};
use super::session_api::{Peer, begin, set_cookie};
use crate::platform::problem::{Problem, Query};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Ties the way back to the browser that went: else somebody could be signed in as somebody else.
const STATE_COOKIE: &str = "dayi_oidc";
/// How long it lives, in seconds.
const STATE_S: i64 = 600;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(there)).routes(routes!(back))
}

/// What the provider sends the browser back with.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Return {
    code: Option<String>,
    state: Option<String>,
    /// What went wrong there.
    error: Option<String>,
}

fn provider(api: &ApiState) -> Result<&Oidc, Problem> {
    api.oidc.as_deref().ok_or_else(|| Problem::not_found("no OpenID Connect provider is configured ([oidc] issuer)"))
}

/// Sends the browser to the provider.
#[utoipa::path(get, path = "/api/v1/session/oidc", operation_id = "begin_oidc", tag = "accounts",
    responses((status = 303, description = "to the provider"), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn there(State(api): State<ApiState>) -> Result<Response, Problem> {
    let (url, state) = provider(&api)?.begin(api.clock.now_ms()).await?;
    // Lax: the browser comes back from another site.
    let cookie = set_cookie(STATE_COOKIE, &state, STATE_S, "Lax", api.secure)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&url)).into_response())
}

/// The way back from the provider: signs in, and goes to the page. Who is not known is told so on the page.
#[utoipa::path(get, path = "/api/v1/session/oidc/callback", operation_id = "finish_oidc", tag = "accounts", params(Return),
    responses((status = 303, description = "to the page"), (status = 404, body = Problem)))]
async fn back(
    State(api): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
    Query(returned): Query<Return>,
) -> Result<Response, Problem> {
    let provider = provider(&api)?;
    let failed = |why: &str| Ok(Redirect::to(&format!("/sign-in?failed={why}")).into_response());
    let (Some(code), Some(state)) = (returned.code, returned.state) else {
        tracing::info!(error = returned.error, "a sign-in ended at the provider");
        return failed("provider");
    };
    if cookie(&headers, STATE_COOKIE) != Some(&*state) {
        return failed("expired");
    }
    let subject = match provider.finish(code, &state, api.clock.now_ms()).await {
        Ok(subject) => subject,
        Err(OidcError::Stranger) => return failed("expired"),
        Err(error) => {
            tracing::warn!(%error, "a sign-in through the provider failed");
            return failed("provider");
        }
    };
    let known = api.store.by_subject(&subject.subject, subject.email.as_deref()).await;
    let known = known.map_err(|error| Problem::unavailable(&error))?;
    let Some(account) = known.filter(|account| !account.disabled) else {
        tracing::info!(subject.subject, "somebody without an account came from the provider");
        return failed("unknown");
    };
    let welcome = begin(&api, account, false, &headers, &peer).await?;
    let spent = set_cookie(STATE_COOKIE, "", 0, "Lax", api.secure)?;
    let mut response = (welcome, Redirect::to("/")).into_response();
    response.headers_mut().append(header::SET_COOKIE, spent);
    Ok(response)
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        tracing::warn!(%error, "nobody can sign in through the provider");
        Self::not_yet(error.to_string())
    }
}
