use super::state::{ApiState, may_subscribe, unavailable};
use super::subscriptions::Replayed;
use crate::domain::Caller;
use crate::notify::access::may_change;
use crate::notify::outbox::{Attempted, Listed, State as DeliveryState, Wanted};
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Path, Problem, Query};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One notice for one subscription, and what became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryView {
    id: i64,
    subscription: String,
    /// Such as `alert.raised` or `state.changed`.
    #[serde(rename = "type")]
    #[schema(example = "alert.raised")]
    kind: String,
    instrument: String,
    /// When it happened, UTC milliseconds.
    at: i64,
    state: DeliveryState,
    /// The message that it is sent with: the `webhook-id`. Null before it is first sent.
    #[schema(required = true)]
    message: Option<String>,
    attempts: i32,
    /// When it is sent or was last to be sent, UTC milliseconds.
    due: i64,
    /// When it was put into the outbox, UTC milliseconds.
    created: i64,
    /// When it was delivered, given up or dropped, UTC milliseconds.
    #[schema(required = true)]
    done: Option<i64>,
    /// Why it was given up or dropped.
    #[schema(required = true)]
    why: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryPage {
    /// Newest first.
    items: Vec<DeliveryView>,
}

/// What was tried, and what came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct AttemptView {
    /// UTC milliseconds.
    at: i64,
    /// `delivered`, `later`, `refused` or `gone`.
    #[schema(example = "later")]
    outcome: String,
    /// The status of HTTP or SMTP; null without an answer.
    #[schema(required = true)]
    status: Option<i32>,
    /// The first 500 bytes of the answer, or why there was none.
    answer: String,
    took_ms: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AttemptPage {
    /// Newest first, at most 200.
    items: Vec<AttemptView>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Of this subscription; without it, of all one's own.
    subscription: Option<String>,
    /// `waiting`, `delivered`, `dead` or `dropped`.
    #[param(value_type = Option<String>)]
    state: Option<DeliveryState>,
    /// Those before this id.
    before: Option<i64>,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
}

impl From<Listed> for DeliveryView {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            subscription: listed.subscription,
            kind: listed.notice.kind(),
            instrument: listed.notice.instrument().to_string(),
            at: listed.notice.at_ms(),
            state: listed.state,
            message: listed.message,
            attempts: listed.attempts,
            due: listed.due_ms,
            created: listed.created_ms,
            done: listed.done_ms,
            why: listed.why,
        }
    }
}

impl From<Attempted> for AttemptView {
    fn from(attempt: Attempted) -> Self {
        let Attempted { at_ms, outcome, status, answer, took_ms, .. } = attempt;
        Self { at: at_ms, outcome, status, answer, took_ms }
    }
}

impl ApiState {
    async fn delivery_of(&self, caller: &Caller, id: i64) -> Result<Listed, Problem> {
        may_subscribe(caller)?;
        let missing = || Problem::not_found("there is no such delivery");
        let listed = self.outbox.one(id).await.map_err(unavailable)?.ok_or_else(missing)?;
        let subscription = self.book.subscription(&listed.subscription);
        match subscription.is_some_and(|subscription| may_change(caller, &subscription)) {
            true => Ok(listed),
            false => Err(missing()),
        }
    }
}

/// What was sent, is to be sent, or was given up, of one's subscriptions.
#[utoipa::path(get, path = "/api/v1/deliveries", operation_id = "list_deliveries", tag = "notifications", params(ListQuery),
    responses((status = 200, body = DeliveryPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<DeliveryPage>, Problem> {
    check_limit(query.limit)?;
    let subscriptions = match query.subscription {
        Some(id) => vec![api.subscription_of(&caller, &id)?.id.clone()],
        None => {
            may_subscribe(&caller)?;
            let own = api.book.subscriptions().into_iter().filter(|one| may_change(&caller, one));
            own.map(|one| one.id.clone()).collect()
        }
    };
    let wanted = Wanted { subscriptions, state: query.state, before: query.before, limit: query.limit as u64 };
    let items = api.outbox.list(&wanted).await.map_err(unavailable)?;
    Ok(axum::Json(DeliveryPage { items: items.into_iter().map(DeliveryView::from).collect() }))
}

/// What was tried to send a delivery's message.
#[utoipa::path(get, path = "/api/v1/deliveries/{id}/attempts", operation_id = "list_delivery_attempts", tag = "notifications",
    params(("id" = i64, Path)),
    responses((status = 200, body = AttemptPage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn attempts(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<axum::Json<AttemptPage>, Problem> {
    let items = match api.delivery_of(&caller, id).await?.message {
        Some(message) => api.outbox.attempts(&message).await.map_err(unavailable)?,
        None => Vec::new(),
    };
    Ok(axum::Json(AttemptPage { items: items.into_iter().map(AttemptView::from).collect() }))
}

/// Sends a delivery that was given up once more, with what was sent in the same message.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/replay", operation_id = "replay_delivery", tag = "notifications",
    params(("id" = i64, Path)),
    responses((status = 200, body = Replayed), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn replay(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<axum::Json<Replayed>, Problem> {
    let delivery = api.delivery_of(&caller, id).await?;
    let subscription = api.subscription_of(&caller, &delivery.subscription)?;
    match (delivery.state, &delivery.message) {
        (DeliveryState::Dead, Some(message)) => api.replay(&subscription, Some(message)).await.map(axum::Json),
        // It never came to a message: its subscription was stopped before.
        (DeliveryState::Dead, None) => api.replay(&subscription, None).await.map(axum::Json),
        _ => Err(Problem::conflict("only what was given up can be sent once more")),
    }
}
