//! One's own sessions: which browsers are signed in, and ending one.

use super::api::ApiState;
use super::door::shown;
use super::entity::session;
use super::model::{Kind, Opening};
use crate::domain::Caller;
use crate::platform::problem::{Path, Problem};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sea_orm::QueryOrder;
use sea_orm::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

/// A browser that is signed in.
#[derive(Serialize, ToSchema)]
struct SessionView {
    id: String,
    /// What the browser called itself.
    agent: String,
    /// Where it signed in from.
    address: String,
    /// UTC milliseconds.
    created_at: i64,
    /// UTC milliseconds.
    expires_at: i64,
    /// Whether it is the one that asks.
    current: bool,
}

/// The session that asks.
pub(super) fn session_of(api: &ApiState, headers: &HeaderMap) -> Result<Opening, Problem> {
    let opened = shown(headers).and_then(|token| api.door().opening(token));
    let session = opened.filter(|opened| opened.kind == Kind::Session);
    session.ok_or_else(|| Problem::forbidden("a token cannot do this: sign in"))
}

/// Ends a session of an account; whether there was one.
pub(super) async fn remove(api: &ApiState, id: &str, account: &str) -> Result<bool, Problem> {
    let removed = session::Entity::delete_many()
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::AccountId.eq(account));
    let removed = async {
        let transaction = api.store.db.begin().await?;
        let removed = removed.exec(&transaction).await?.rows_affected;
        transaction.commit().await?;
        Ok::<_, DbErr>(removed)
    };
    let removed = removed.await.map_err(|error| Problem::unavailable(&error))?;
    if removed > 0 {
        api.door().close(|opening| &*opening.id == id);
    }
    Ok(removed > 0)
}

/// One's own sessions.
#[utoipa::path(get, path = "/api/v1/sessions", operation_id = "list_sessions", tag = "accounts",
    responses((status = 200, body = Vec<SessionView>)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<axum::Json<Vec<SessionView>>, Problem> {
    let current = shown(&headers).and_then(|token| api.door().opening(token)).map(|opened| opened.id);
    let rows = session::Entity::find()
        .filter(session::Column::AccountId.eq(&*caller.account))
        .filter(session::Column::ExpiresMs.gt(api.clock.now_ms()))
        .order_by_desc(session::Column::Id)
        .all(api.store.db.reader())
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    let view = |row: session::Model| SessionView {
        current: current.as_deref() == Some(&row.id),
        id: row.id,
        agent: row.agent,
        address: row.address,
        created_at: row.created_ms,
        expires_at: row.expires_ms,
    };
    Ok(axum::Json(rows.into_iter().map(view).collect()))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", operation_id = "end_session", tag = "accounts",
    params(("session" = String, Path)),
    responses((status = 204, description = "ended"), (status = 404, body = Problem)))]
async fn end(
    State(api): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    session_of(&api, &headers)?;
    if remove(&api, &id, &caller.account).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(format!("you have no session {id:?}")))
    }
}
