//! The guard before all routes: who asks, and whether they may; and who changed what.

use super::permissions::{Rule, rule};
use crate::account::SignedIn;
use crate::audit::{Log, Write, recorded};
use crate::domain::{Caller, Clock, Permission, Places, UnitPath};
use crate::platform::access::{Admission, Doorkeeper, NotAdmitted};
use crate::platform::audit::Changed;
use crate::platform::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use utoipa::openapi::{OpenApi, path::Operation};

/// The largest body that is taken, in bytes: of a file to import or a model …
const LARGEST_FILE: usize = 32 * 1024 * 1024;
/// … of anything else …
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// … and of who has not said yet who they are.
const LARGEST_OF_ANYBODY: usize = 16 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the guard stands on.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) rules: Arc<Rules>,
    pub(super) door: Arc<dyn Doorkeeper>,
    pub(super) places: Arc<dyn Places>,
    pub(super) log: Log,
    pub(super) clock: Arc<dyn Clock>,
}

/// Every operation by method and path.
pub(super) struct Rules(HashMap<(Method, String), (String, Option<Rule>)>);

impl Rules {
    /// Of the operations that `api` describes.
    pub(super) fn of(api: &OpenApi) -> Self {
        let operations = api.paths.paths.iter().flat_map(|(path, item)| {
            let by_method: [(Method, &Option<Operation>); 5] = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            by_method.into_iter().filter_map(|(method, operation)| {
                let name = operation.as_ref()?.operation_id.clone().unwrap_or_default();
                let rule = rule(&name);
                Some(((method, path.clone()), (name, rule)))
            })
        });
        Self(operations.collect())
    }

    fn find(&self, method: &Method, path: &str) -> Option<&(String, Option<Rule>)> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.0.get(&(method.clone(), path.to_owned()))
    }
}

/// Lets pass who may, with the [`Caller`] in the request; writes down every write before and after it is done. What is no
/// operation of the API (the page, its documentation, `/metrics`) passes.
pub(super) async fn guard(
    State(guard): State<Guard>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let found = matched.as_deref().and_then(|path| guard.rules.find(request.method(), path));
    let Some((operation, rule)) = found else {
        // A method that the path does not have is answered by the router; the page and its files are for everybody.
        return next.run(request).await;
    };
    let Some(rule) = rule else {
        tracing::error!(operation, "an operation has no rule: nobody may use it");
        return Problem::forbidden("nobody may do this").into_response();
    };
    let instrument = params.ok().and_then(|params| instrument_of(matched.as_deref().unwrap_or_default(), &params));
    let place = instrument.as_ref().and_then(|instrument| guard.places.place(&instrument.parse().ok()?));
    let admitted = guard.door.admit_request(request.headers());
    let caller = match pass(*rule, admitted, place.as_ref().map(|place| &place.unit), instrument.as_deref()) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if is_read(request.method()) {
        return private(next.run(with(request, caller)).await);
    }
    if let Err(problem) = same_site(request.headers()) {
        return problem.into_response();
    }
    let unit = place.map(|place| place.unit).or_else(|| home(caller.as_ref())).unwrap_or_else(UnitPath::root);
    private(guard.write(operation, caller, &unit, request, next).await)
}

/// What one caller was answered is for no other, nor for when they have signed out.
fn private(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Guard {
    async fn write(
        &self,
        operation: &str,
        caller: Option<Caller>,
        unit: &UnitPath,
        request: Request,
        next: Next,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_json = kind.starts_with("application/json");
        let largest = match (&caller, is_json) {
            (None, _) => LARGEST_OF_ANYBODY,
            (Some(_), true) => LARGEST_BODY,
            (Some(_), false) => LARGEST_FILE,
        };
        let body: Bytes = match tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, largest)).await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => return Problem::too_large(format!("the body was not taken: {error}")).into_response(),
            Err(_) => return Problem::bad_request("the body did not arrive within a minute").into_response(),
        };
        // No text of ours holds it, and PostgreSQL takes none that does.
        if is_json && (body.contains(&0) || body.windows(6).any(|six| six == b"\\u0000")) {
            return Problem::unprocessable("text must not hold the character NUL").into_response();
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let write = Write {
            at_ms: self.clock.now_ms(),
            account: caller.as_ref().map(|caller| caller.account.to_string()).unwrap_or_default(),
            name: caller.as_ref().map(|caller| caller.name.to_string()).unwrap_or_default(),
            address: peer.map(|peer| peer.0.ip().to_string()).unwrap_or_default(),
            operation: operation.into(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            unit: unit.to_string(),
            request: recorded(kind, &body),
        };
        if caller.is_none() {
            return self.write_of_anybody(write, Request::from_parts(parts, Body::from(body)), next).await;
        }
        let number = match self.log.begin(write).await {
            Ok(number) => number,
            Err(error) => return Problem::unavailable(&error).into_response(),
        };
        let response = next.run(with(Request::from_parts(parts, Body::from(body)), caller)).await;
        let status = response.status().as_u16();
        let who = response.extensions().get::<SignedIn>();
        let who = who.map(|who| (who.account.as_str(), who.name.as_str()));
        if let Err(error) = self.log.finish(number, status, response.extensions().get::<Changed>(), who).await {
            tracing::error!(%error, number, operation, status, "how a write went is not in the audit log");
        }
        response
    }
}

impl Guard {
    /// Signing in: written down when it is known who it was, or that somebody failed. What was not even tried is not, or anybody
    /// could fill the log.
    async fn write_of_anybody(&self, write: Write, request: Request, next: Next) -> Response {
        let operation = write.operation.clone();
        let response = next.run(request).await;
        let status = response.status();
        let who = response.extensions().get::<SignedIn>();
        if who.is_some() || status == StatusCode::UNAUTHORIZED {
            let who = who.map(|who| (who.account.as_str(), who.name.as_str()));
            let written = async {
                let number = self.log.begin(write).await?;
                self.log.finish(number, status.as_u16(), None, who).await
            };
            if let Err(error) = written.await {
                tracing::error!(%error, operation, "a sign-in is not in the audit log");
            }
        }
        response
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn with(mut request: Request, caller: Option<Caller>) -> Request {
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    request
}

/// Where the caller has its first role.
fn home(caller: Option<&Caller>) -> Option<UnitPath> {
    Some(caller?.grants.first()?.unit.clone())
}

/// The instrument that the path names.
fn instrument_of(path: &str, params: &RawPathParams) -> Option<String> {
    let name = if path.starts_with("/api/v1/instruments/{id}") { "id" } else { "instrument" };
    params.iter().find(|(param, _)| *param == name).map(|(_, id)| id.to_owned())
}

/// Who passes, if anybody has to be somebody.
fn pass(
    rule: Rule,
    admitted: Result<Admission, NotAdmitted>,
    unit: Option<&UnitPath>,
    instrument: Option<&str>,
) -> Result<Option<Caller>, Problem> {
    let permission = match rule {
        Rule::Public => return Ok(admitted.ok().map(|admission| admission.caller)),
        Rule::SignedIn => return Ok(Some(admitted?.caller)),
        Rule::May(permission) => permission,
    };
    let caller = admitted?.caller;
    // An administrator of a city does not run the server.
    if permission == Permission::Operate && !caller.may_at(permission, &UnitPath::root()) {
        return Err(Problem::forbidden("this is for administrators of the whole province"));
    }
    if !caller.may(permission) {
        return Err(Problem::forbidden(format!("your role does not allow this: it needs {}", permission.name())));
    }
    if let Some(instrument) = instrument {
        let missing = format!("there is no instrument {instrument:?}");
        // One that is not there is answered like one that the caller may not see, before anything else is looked at.
        let unit = unit.ok_or_else(|| Problem::not_found(&missing))?;
        caller.check(permission, unit, &missing)?;
    }
    Ok(Some(caller))
}

/// Refuses a write that another site made the browser send: it comes with the cookie, but not from the page (Fetch Metadata,
/// `Sec-Fetch-Site`; else the origin). A request without the cookie needs no such check.
fn same_site(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::AUTHORIZATION) || !headers.contains_key(header::COOKIE) {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
        (None, None) => false,
    };
    if same { Ok(()) } else { Err(Problem::forbidden("a write with a session's cookie comes from dayi's own page")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_with_a_cookie_comes_from_the_page_itself() {
        let check = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            same_site(&headers).is_ok()
        };
        let cookie = ("cookie", "dayi_session=x");
        assert!(check(&[]) && check(&[("authorization", "Bearer x"), cookie]));
        assert!(check(&[cookie, ("sec-fetch-site", "same-origin")]));
        assert!(!check(&[cookie, ("sec-fetch-site", "cross-site"), ("origin", "https://a.cn"), ("host", "a.cn")]));
        assert!(check(&[cookie, ("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(!check(&[cookie, ("origin", "https://evil.cn"), ("host", "a.cn")]));
        assert!(!check(&[cookie]));
    }
}
