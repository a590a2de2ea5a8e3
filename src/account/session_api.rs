//! Signing in and out, who one is, and one's own password and sessions.

use super::api::ApiState;
use super::door::shown;
use super::entity::session;
use super::model::{Account, Kind, Opening};
use super::store::opening;
use super::{policy, sessions_api};
use crate::domain::{Caller, Grant, Permission};
use crate::platform::access::SESSION_COOKIE;
use crate::platform::problem::{Json, Problem};
use crate::platform::secret::{random_token, token_hash};
use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::PoisonError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Who has just signed in: for the audit log, which else does not know who asks.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account's id.
    pub account: String,
    /// Its name.
    pub name: String,
}

impl IntoResponseParts for SignedIn {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(who, sign_in, sign_out))
        .routes(routes!(methods))
        .routes(routes!(use_link))
        .routes(routes!(set_password))
}

/// A login and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    #[schema(example = "wang.li")]
    login: String,
    password: String,
}

/// A link that was given out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkToken {
    /// What stands behind `#` in the link.
    token: String,
}

/// Who one is and what one may.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The account's id; `configured` for the token of the configuration.
    account: String,
    /// The name to show.
    name: String,
    /// What is typed to sign in.
    #[schema(required = true)]
    login: Option<String>,
    language: String,
    /// What one may somewhere.
    #[schema(value_type = Vec<String>, example = json!(["view", "view-alerts"]))]
    permissions: Vec<Permission>,
    /// As what, and over which part of the tree.
    grants: Vec<Reached>,
}

/// A role in a part of the tree.
#[derive(Serialize, ToSchema)]
struct Reached {
    #[schema(example = "operator")]
    role: &'static str,
    /// The ids from the province down, each followed by `/`; empty for everything.
    #[schema(example = "province/city-hangzhou/zju/")]
    path: String,
}

/// How one can sign in.
#[derive(Serialize, ToSchema)]
struct Methods {
    password: bool,
    /// The name of the OpenID Connect provider, for the button; null if there is none.
    #[schema(required = true)]
    oidc: Option<String>,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The present one; left out while there is none.
    current: Option<String>,
    /// 10 to 200 characters.
    new: String,
}

/// Where a request came from.
pub(super) type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

pub(super) fn address(peer: &Peer) -> String {
    peer.as_ref().map_or_else(String::new, |Extension(ConnectInfo(address))| address.ip().to_string())
}

/// The answer of a sign-in: the cookie, and for the audit log who it was.
pub(super) struct Welcome {
    cookie: HeaderValue,
    who: SignedIn,
}

impl IntoResponseParts for Welcome {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.headers_mut().append(header::SET_COOKIE, self.cookie);
        self.who.into_response_parts(parts)
    }
}

/// Opens a session of the account for whoever sent these headers.
pub(super) async fn begin(
    api: &ApiState,
    account: Account,
    by_link: bool,
    headers: &HeaderMap,
    peer: &Peer,
) -> Result<Welcome, Problem> {
    let now_ms = api.clock.now_ms();
    let token = random_token("dayi_session_");
    let hash = token_hash(token.as_bytes());
    let id = ulid::Ulid::new().to_string();
    let lasts_ms = policy::session_ms(account.grants.iter().map(|grant| grant.role));
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let row = session::ActiveModel {
        id: Set(id.clone()),
        account_id: Set(account.id.clone()),
        token_sha256: Set(hex::encode(hash)),
        created_ms: Set(now_ms),
        expires_ms: Set(now_ms + lasts_ms),
        agent: Set(agent.chars().take(200).collect()),
        address: Set(address(peer)),
    };
    let written = async {
        let transaction = api.store.db.begin().await?;
        session::Entity::insert(row).exec_without_returning(&transaction).await?;
        super::entity::account::Entity::update_many()
            .col_expr(super::entity::account::Column::SignedInMs, Expr::value(now_ms))
            .filter(super::entity::account::Column::Id.eq(&account.id))
            .exec(&transaction)
            .await?;
        transaction.commit().await
    };
    written.await.map_err(|error| Problem::unavailable(&error))?;
    let who = SignedIn { account: account.id.clone(), name: account.name.clone() };
    // A command may have changed the account beside the server.
    if api.door().account(&account.id).as_deref() != Some(&account) {
        api.door().put(account);
    }
    let opened = opening(&id, &who.account, Kind::Session, None, now_ms + lasts_ms);
    api.door().open(hash, Opening { by_link, ..opened });
    let cookie = set_cookie(SESSION_COOKIE, &token, policy::WALL_SESSION_MS / 1_000, "Strict", api.secure)?;
    Ok(Welcome { cookie, who })
}

pub(super) fn set_cookie(
    name: &str,
    value: &str,
    seconds: i64,
    same_site: &str,
    secure: bool,
) -> Result<HeaderValue, Problem> {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&cookie).map_err(|_| Problem::unprocessable("this cannot be kept in a cookie"))
}

fn me(api: &ApiState, caller: &Caller) -> Me {
    let account = api.door().account(&caller.account);
    Me {
        account: caller.account.to_string(),
        name: caller.name.to_string(),
        login: account.as_ref().map(|account| account.login.clone()),
        language: account.map_or_else(|| "zh".into(), |account| account.language.clone()),
        permissions: Permission::ALL.into_iter().filter(|permission| caller.may(*permission)).collect(),
        grants: caller.grants.iter().map(reached).collect(),
    }
}

fn reached(grant: &Grant) -> Reached {
    Reached { role: grant.role.name(), path: grant.unit.to_string() }
}

/// Who one is and what one may.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "get_session", tag = "accounts",
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
async fn who(State(api): State<ApiState>, caller: Caller) -> axum::Json<Me> {
    axum::Json(me(&api, &caller))
}

/// Signs in with a password. The answer sets the cookie of a session.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "sign_in", tag = "accounts", request_body = Login,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn sign_in(
    State(api): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
    Json(given): Json<Login>,
) -> Result<Response, Problem> {
    let login = policy::login(&given.login).unwrap_or_default();
    let keys = [format!("{login} {}", address(&peer)), format!("from {}", address(&peer))];
    attempt(&api, &keys)?;
    if given.password.len() > 1_000 {
        return Err(Problem::unprocessable("the password is longer than any can be"));
    }
    let found = api.store.by_login(&login).await.map_err(|error| Problem::unavailable(&error))?;
    let (account, hash) = found.map_or((None, None), |(account, hash)| (Some(account), hash));
    let right = api.hasher.verify(given.password, hash).await;
    let account = account.filter(|account| right && !account.disabled);
    if account.is_some() {
        succeeded(&api, &keys);
    }
    let account = account.ok_or_else(|| Problem::unauthorized("the login or the password is wrong"))?;
    welcome(&api, account, false, &headers, &peer).await
}

async fn welcome(
    api: &ApiState,
    account: Account,
    by_link: bool,
    headers: &HeaderMap,
    peer: &Peer,
) -> Result<Response, Problem> {
    let id = account.id.clone();
    let welcome = begin(api, account, by_link, headers, peer).await?;
    let caller = api.door().caller(&id).ok_or_else(|| Problem::unauthorized("the account is disabled"))?;
    Ok((welcome, axum::Json(me(api, &caller))).into_response())
}

/// Signs in with a link, which opens once.
#[utoipa::path(post, path = "/api/v1/session/link", operation_id = "use_sign_in_link", tag = "accounts", request_body = LinkToken,
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
async fn use_link(
    State(api): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
    Json(LinkToken { token }): Json<LinkToken>,
) -> Result<Response, Problem> {
    let used = api.store.use_link(&token, api.clock.now_ms()).await.map_err(|error| Problem::unavailable(&error))?;
    let account = used.ok_or_else(|| {
        Problem::unauthorized("this link was used already, or is older than a day: ask for a new one")
    })?;
    welcome(&api, account, true, &headers, &peer).await
}

/// Signs out: the session ends, and what it has open.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "sign_out", tag = "accounts",
    responses((status = 204, description = "signed out")))]
async fn sign_out(State(api): State<ApiState>, headers: HeaderMap) -> Result<Response, Problem> {
    let opened = shown(&headers).and_then(|token| api.door().opening(token));
    if let Some(opened) = opened.filter(|opened| opened.kind == Kind::Session) {
        sessions_api::remove(&api, &opened.id, &opened.account).await?;
    }
    let cookie = set_cookie(SESSION_COOKIE, "", 0, "Strict", api.secure)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// How one can sign in.
#[utoipa::path(get, path = "/api/v1/session/methods", operation_id = "list_sign_in_methods", tag = "accounts",
    responses((status = 200, body = Methods)))]
async fn methods(State(api): State<ApiState>) -> axum::Json<Methods> {
    axum::Json(Methods { password: true, oidc: api.oidc.as_ref().map(|oidc| oidc.name().to_owned()) })
}

/// Sets one's own password. All one's other sessions end.
#[utoipa::path(put, path = "/api/v1/session/password", operation_id = "set_password", tag = "accounts", request_body = NewPassword,
    responses((status = 204, description = "set"), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn set_password(
    State(api): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Json(NewPassword { current, new }): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    let account = own(&api, &caller)?;
    let session = sessions_api::session_of(&api, &headers)?;
    policy::password(&new, &account.login).map_err(Problem::unprocessable)?;
    let hash = api.store.password_hash(&account.id).await.map_err(|error| Problem::unavailable(&error))?;
    // Who came with a link has no password, or has forgotten it.
    if hash.is_some() && !session.by_link {
        let key = format!("password of {}", account.id);
        attempt(&api, std::slice::from_ref(&key))?;
        if !api.hasher.verify(current.unwrap_or_default(), hash).await {
            return Err(Problem::forbidden("the present password is wrong"));
        }
        succeeded(&api, &[key]);
    }
    let hash = api.hasher.hash(new).await.ok_or_else(|| Problem::not_yet("the password could not be kept"))?;
    api.store.set_password(&account.id, hash, &session.id).await.map_err(|error| Problem::unavailable(&error))?;
    api.door().forget_link(&session.id);
    Ok(StatusCode::NO_CONTENT)
}

/// Counts an attempt before it is known how it goes, so that many at a time do not slip through.
fn attempt(api: &ApiState, keys: &[String]) -> Result<(), Problem> {
    let now_ms = api.clock.now_ms();
    let mut throttle = api.throttle.lock().unwrap_or_else(PoisonError::into_inner);
    // A hall full of people may share one address: it may fail more often before it waits.
    let wait_ms = keys.iter().zip([1, 16]).map(|(key, share)| throttle.wait_ms(key, now_ms) / share).max();
    if let Some(wait_ms) = wait_ms.filter(|wait_ms| *wait_ms > 0) {
        return Err(Problem::too_many("too many failed sign-ins", wait_ms.unsigned_abs().div_ceil(1_000)));
    }
    keys.iter().for_each(|key| throttle.failed(key.clone(), now_ms));
    Ok(())
}

/// It went well: the first has failed no more, the others once less.
fn succeeded(api: &ApiState, keys: &[String]) {
    let mut throttle = api.throttle.lock().unwrap_or_else(PoisonError::into_inner);
    for (number, key) in keys.iter().enumerate() {
        if number == 0 { throttle.succeeded(key) } else { throttle.taken_back(key) }
    }
}

/// The caller's own account.
pub(super) fn own(api: &ApiState, caller: &Caller) -> Result<std::sync::Arc<Account>, Problem> {
    let account = api.door().account(&caller.account);
    account.ok_or_else(|| Problem::conflict("the configured token is no account: sign in as one"))
}
