//! Tokens of programs and wall screens.

use super::api::ApiState;
use super::door::shown;
use super::entity::api_token;
use super::model::Kind;
use super::policy::TOKEN_DAYS;
use super::session_api::own;
use super::store::opening;
use crate::domain::{Caller, Permission};
use crate::platform::problem::{Json, Path, Problem, Query};
use crate::platform::secret::{random_token, token_hash};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sea_orm::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A day in milliseconds.
const DAY_MS: i64 = 86_400_000;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(revoke))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WhoseQuery {
    /// An account that the caller manages; the caller's own unless said.
    account: Option<String>,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it is for, 1 to 100 characters.
    #[schema(example = "booking system")]
    name: String,
    /// The account it acts as, which the caller manages; the caller's own unless said.
    account: Option<String>,
    /// What it is limited to; unless said, all that its account may.
    #[schema(value_type = Option<Vec<String>>, example = json!(["view"]))]
    permissions: Option<Vec<Permission>>,
    /// Days until it runs out, 1 to 400.
    #[serde(default = "quarter")]
    days: u32,
}

fn quarter() -> u32 {
    90
}

/// A token, without itself.
#[derive(Serialize, ToSchema)]
struct TokenView {
    id: String,
    /// The account it acts as.
    account: String,
    name: String,
    /// What it is limited to; null for all that its account may.
    #[schema(value_type = Option<Vec<String>>, required = true)]
    permissions: Option<Vec<Permission>>,
    /// UTC milliseconds.
    created_at: i64,
    /// UTC milliseconds.
    expires_at: i64,
    /// UTC milliseconds, some minutes late; null before it was used.
    #[schema(required = true)]
    used_at: Option<i64>,
}

/// A token that was made. It is shown this once.
#[derive(Serialize, ToSchema)]
struct AddedToken {
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

/// Whose tokens a question is about.
fn whose(api: &ApiState, caller: &Caller, account: Option<String>) -> Result<String, Problem> {
    match account.filter(|account| **account != *caller.account) {
        Some(account) => Ok(api.managed(caller, &account)?.id.clone()),
        None => Ok(own(api, caller)?.id.clone()),
    }
}

/// Refuses a token: what outlives it, or takes it from others, is for people who are signed in.
fn signed_in(api: &ApiState, headers: &HeaderMap) -> Result<(), Problem> {
    let opened = shown(headers).and_then(|token| api.door().opening(token));
    match opened.map(|opened| opened.kind) {
        Some(Kind::Token) => Err(Problem::forbidden("a token neither makes nor revokes tokens: sign in for that")),
        _ => Ok(()),
    }
}

/// Tokens of an account.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "accounts", params(WhoseQuery),
    responses((status = 200, body = Vec<TokenView>), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<WhoseQuery>,
) -> Result<axum::Json<Vec<TokenView>>, Problem> {
    let account = whose(&api, &caller, query.account)?;
    let rows = api_token::Entity::find()
        .filter(api_token::Column::AccountId.eq(account))
        .filter(api_token::Column::ExpiresMs.gt(api.clock.now_ms()))
        .order_by_desc(api_token::Column::Id)
        .all(api.store.db.reader())
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(axum::Json(rows.into_iter().map(TokenView::from).collect()))
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "add_token", tag = "accounts", request_body = NewToken,
    responses((status = 201, body = AddedToken), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, axum::Json<AddedToken>), Problem> {
    signed_in(&api, &headers)?;
    let name = new.name.trim();
    if !(1..=100).contains(&name.chars().count()) {
        return Err(Problem::unprocessable("name has 1 to 100 characters"));
    }
    if !(1..=TOKEN_DAYS).contains(&new.days) {
        return Err(Problem::unprocessable(format!("days is 1 to {TOKEN_DAYS}")));
    }
    let account = whose(&api, &caller, new.account)?;
    let permissions = new.permissions;
    let token = random_token("dayi_token_");
    let hash = token_hash(token.as_bytes());
    let now_ms = api.clock.now_ms();
    let row = api_token::Model {
        id: ulid::Ulid::new().to_string(),
        account_id: account,
        name: name.into(),
        token_sha256: hex::encode(hash),
        permissions: permissions.as_ref().and_then(|list| serde_json::to_string(list).ok()),
        created_ms: now_ms,
        expires_ms: now_ms + i64::from(new.days) * DAY_MS,
        used_ms: None,
    };
    let only: Option<Arc<[Permission]>> = permissions.map(Into::into);
    let written = async {
        let transaction = api.store.db.begin().await?;
        let insert = api_token::ActiveModel {
            id: Set(row.id.clone()),
            account_id: Set(row.account_id.clone()),
            name: Set(row.name.clone()),
            token_sha256: Set(row.token_sha256.clone()),
            permissions: Set(row.permissions.clone()),
            created_ms: Set(row.created_ms),
            expires_ms: Set(row.expires_ms),
            used_ms: Set(None),
        };
        api_token::Entity::insert(insert).exec_without_returning(&transaction).await?;
        transaction.commit().await
    };
    written.await.map_err(|error| Problem::unavailable(&error))?;
    api.door().open(hash, opening(&row.id, &row.account_id, Kind::Token, only, row.expires_ms));
    Ok((StatusCode::CREATED, axum::Json(AddedToken { token, view: row.into() })))
}

/// Revokes a token: it opens nothing any more, and what it has open is closed at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", operation_id = "revoke_token", tag = "accounts",
    params(("token" = String, Path, description = "its id")),
    responses((status = 204, description = "revoked"), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn revoke(
    State(api): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    signed_in(&api, &headers)?;
    let missing = || Problem::not_found(format!("there is no token {id:?}, or it is not yours to revoke"));
    let db = &api.store.db;
    let row = api_token::Entity::find_by_id(&id).one(db.reader()).await;
    let row = row.map_err(|error| Problem::unavailable(&error))?.ok_or_else(missing)?;
    if row.account_id != *caller.account {
        api.managed(&caller, &row.account_id).map_err(|_| missing())?;
    }
    let gone = async {
        let transaction = db.begin().await?;
        row.delete(&transaction).await?;
        transaction.commit().await
    };
    gone.await.map_err(|error| Problem::unavailable(&error))?;
    api.door().close(|opening| *opening.id == *id);
    Ok(StatusCode::NO_CONTENT)
}

impl From<api_token::Model> for TokenView {
    fn from(row: api_token::Model) -> Self {
        Self {
            id: row.id,
            account: row.account_id,
            name: row.name,
            permissions: row.permissions.and_then(|json| serde_json::from_str(&json).ok()),
            created_at: row.created_ms,
            expires_at: row.expires_ms,
            used_at: row.used_ms,
        }
    }
}
