use super::state::{ApiState, may_subscribe, unavailable};
use crate::domain::{Caller, Permission};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Problem, Query};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

/// The longest that an answer waits for something to tell.
const LONGEST_WAIT_S: u32 = 25;

#[derive(Serialize, ToSchema)]
pub(super) struct NotificationPage {
    /// Oldest first.
    items: Vec<NotificationView>,
}

/// Something for the page to show.
#[derive(Serialize, ToSchema)]
pub(super) struct NotificationView {
    /// Grows from one to the next; ask for those after the last one.
    number: i64,
    /// When it came onto the list, UTC milliseconds.
    at: i64,
    /// What a webhook would be sent: `type`, `timestamp` and `data`.
    #[schema(value_type = Object)]
    event: Value,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Those after this number; all that are kept without it.
    #[serde(default)]
    after: i64,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Seconds to wait for the first one if there is none, up to 25.
    #[serde(default)]
    wait_s: u32,
}

/// What one's subscriptions with the channel `websocket` told, as far as one may see it: alerts take `view-alerts`.
#[utoipa::path(get, path = "/api/v1/notifications", operation_id = "list_notifications", tag = "notifications",
    params(ListQuery),
    responses((status = 200, body = NotificationPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<NotificationPage>, Problem> {
    check_limit(query.limit)?;
    may_subscribe(&caller)?;
    if !caller.may(Permission::View) {
        return Err(Problem::forbidden("your role or token does not allow to see what happens"));
    }
    let alerts = caller.may(Permission::ViewAlerts);
    let mut grown = api.inbox.grown();
    let read =
        async || api.inbox.after(&caller.account, alerts, query.after, query.limit as u64).await.map_err(unavailable);
    let mut rows = read().await?;
    if rows.is_empty() && query.wait_s > 0 {
        let wait = Duration::from_secs(query.wait_s.min(LONGEST_WAIT_S).into());
        let come = async {
            while rows.is_empty() && grown.changed().await.is_ok() {
                rows = read().await?;
            }
            Ok::<_, Problem>(())
        };
        tokio::select! {
            come = timeout(wait, come) => come.unwrap_or(Ok(()))?,
            () = api.stop.cancelled() => {}
        }
    }
    let items = rows.into_iter().map(|row| NotificationView {
        number: row.number,
        at: row.at_ms,
        event: serde_json::from_str(&row.body).unwrap_or_default(),
    });
    Ok(axum::Json(NotificationPage { items: items.collect() }))
}
