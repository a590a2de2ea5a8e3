use super::state::{ApiState, may_subscribe, named, unavailable};
use crate::domain::{AlertStep, Caller, Permission};
use crate::notify::access::{may_change, may_use};
use crate::notify::model::{Filter, Settings, Subscription, WEBSOCKET};
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Subscriptions of one account.
const MOST: usize = 200;

/// Who is told of what, and how.
#[derive(Serialize, ToSchema)]
pub(super) struct SubscriptionView {
    id: String,
    /// The account whose it is: what that may not see is not sent.
    owner: String,
    /// A channel's id, or `websocket` for the list that pages show (`GET /api/v1/notifications`).
    channel: String,
    settings: Settings,
    /// Why it was stopped, such as by a receiver that is gone; null while it was not. Any change lets it run again.
    #[schema(required = true)]
    stopped: Option<String>,
    /// UTC milliseconds.
    created: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SubscriptionPage {
    /// The oldest first.
    items: Vec<SubscriptionView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSubscription {
    /// A channel's id, or `websocket`.
    #[schema(example = "websocket")]
    channel: String,
    settings: Settings,
}

/// How many notices are sent once more.
#[derive(Serialize, ToSchema)]
pub(super) struct Replayed {
    pub(super) replayed: u64,
}

impl From<&Subscription> for SubscriptionView {
    fn from(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.clone(),
            owner: subscription.owner.clone(),
            channel: subscription.channel.clone().unwrap_or_else(|| WEBSOCKET.into()),
            settings: subscription.settings.clone(),
            stopped: subscription.stopped.clone(),
            created: subscription.created_ms,
        }
    }
}

impl ApiState {
    /// The subscription, if it is the caller's to see and change.
    pub(super) fn subscription_of(&self, caller: &Caller, id: &str) -> Result<Arc<Subscription>, Problem> {
        may_subscribe(caller)?;
        let subscription = self.book.subscription(id).filter(|one| may_change(caller, one));
        subscription.ok_or_else(|| Problem::not_found("there is no such subscription"))
    }

    /// What is asked for, if it may be. Its owner, not who changes it, has to be able to use the channel.
    fn checked(&self, caller: &Caller, owner: &Caller, new: NewSubscription) -> Result<Wanted, Problem> {
        let mut settings = new.settings;
        settings.name = named(&settings.name)?;
        self.check(caller, &mut settings.filter)?;
        if settings.quiet.as_ref().is_some_and(|quiet| !(1..=8).contains(&quiet.ranges.len())) {
            return Err(Problem::unprocessable("quiet holds 1 to 8 ranges; leave it out for none"));
        }
        if new.channel == WEBSOCKET {
            return Ok(Wanted { channel: None, settings });
        }
        let channel = self.book.channel(&new.channel).filter(|channel| may_use(owner, channel, &*self.places));
        let channel = channel.ok_or_else(|| Problem::unprocessable("there is no such channel"))?;
        Ok(Wanted { channel: Some(channel.id.clone()), settings })
    }

    fn check(&self, caller: &Caller, filter: &mut Filter) -> Result<(), Problem> {
        may_see(caller, filter)?;
        if let Some(id) = &filter.unit {
            let missing = "there is no such unit";
            let unit = self.places.unit(id).ok_or_else(|| Problem::not_found(missing))?;
            caller.check(Permission::View, &unit, missing)?;
        }
        if filter.instruments.len() > 1_000 || filter.class.as_ref().is_some_and(|class| class.len() > 100) {
            return Err(Problem::unprocessable("a filter holds at most 1000 instruments, and a class of 100 bytes"));
        }
        if filter.alerts.iter().any(|step| matches!(step, AlertStep::Acknowledged | AlertStep::Silenced)) {
            return Err(Problem::unprocessable("alerts is raised, updated, unsilenced, cleared"));
        }
        if filter.alerts.is_empty() && filter.states.is_empty() {
            return Err(Problem::unprocessable("the filter asks for nothing: name alerts, states, or both"));
        }
        Ok(())
    }

    /// The ends of both logs: what comes after them is told.
    async fn ends(&self) -> Result<(i64, i64), Problem> {
        let alerts = self.alerts.last().await.map_err(unavailable)?;
        Ok((alerts, self.changes.last().await.map_err(unavailable)?))
    }
}

/// Lets pass who may see what the filter asks for: a token may be limited to less than its account, whose rights count later.
/// Who names states alone is not refused for the alerts that are in a filter unless said otherwise.
fn may_see(caller: &Caller, filter: &mut Filter) -> Result<(), Problem> {
    if !filter.states.is_empty() && !caller.may(Permission::View) {
        return Err(Problem::forbidden("your role or token does not allow to see states: leave out states"));
    }
    if caller.may(Permission::ViewAlerts) {
        return Ok(());
    }
    if !filter.states.is_empty() && filter.alerts == Filter::default().alerts {
        filter.alerts.clear();
    }
    match filter.alerts.is_empty() {
        true => Ok(()),
        false => Err(Problem::forbidden("your role or token does not allow to see alerts: let alerts be []")),
    }
}

/// What was checked.
struct Wanted {
    channel: Option<String>,
    settings: Settings,
}

/// One's subscriptions; those of everybody for who manages all accounts.
#[utoipa::path(get, path = "/api/v1/subscriptions", operation_id = "list_subscriptions", tag = "notifications",
    responses((status = 200, body = SubscriptionPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(State(api): State<ApiState>, caller: Caller) -> Result<axum::Json<SubscriptionPage>, Problem> {
    may_subscribe(&caller)?;
    let mut subscriptions = api.book.subscriptions();
    subscriptions.retain(|subscription| may_change(&caller, subscription));
    Ok(axum::Json(SubscriptionPage { items: subscriptions.iter().map(|one| (&**one).into()).collect() }))
}

/// One subscription.
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}", operation_id = "get_subscription", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 200, body = SubscriptionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<SubscriptionView>, Problem> {
    Ok(axum::Json((&*api.subscription_of(&caller, &id)?).into()))
}

/// Subscribes: what happens from now on is told.
#[utoipa::path(post, path = "/api/v1/subscriptions", operation_id = "add_subscription", tag = "notifications",
    request_body = NewSubscription,
    responses((status = 201, body = SubscriptionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewSubscription>,
) -> Result<(StatusCode, Changed, axum::Json<SubscriptionView>), Problem> {
    may_subscribe(&caller)?;
    if api.book.subscriptions().iter().filter(|one| *one.owner == *caller.account).count() >= MOST {
        return Err(Problem::conflict("you have as many subscriptions as one may have"));
    }
    let Wanted { channel, settings } = api.checked(&caller, &caller, new)?;
    let (alerts_from, states_from) = api.ends().await?;
    let subscription = Subscription {
        id: ulid::Ulid::new().to_string(),
        owner: caller.account.to_string(),
        channel,
        settings,
        stopped: None,
        alerts_from,
        states_from,
        created_ms: api.clock.now_ms(),
    };
    let view = SubscriptionView::from(&subscription);
    api.put(subscription).await?;
    Ok((StatusCode::CREATED, Changed::new(None, Some(&view)), axum::Json(view)))
}

impl ApiState {
    async fn put(&self, subscription: Subscription) -> Result<(), Problem> {
        match self.book.put_subscription(subscription).await.map_err(unavailable)? {
            true => Ok(()),
            false => Err(Problem::unprocessable("there is no such channel")),
        }
    }
}

/// Changes a subscription. One that did not run hears of what happens from now on; what waits goes the new way.
#[utoipa::path(put, path = "/api/v1/subscriptions/{id}", operation_id = "change_subscription", tag = "notifications",
    params(("id" = String, Path)), request_body = NewSubscription,
    responses((status = 200, body = SubscriptionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn change(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewSubscription>,
) -> Result<(Changed, axum::Json<SubscriptionView>), Problem> {
    let before = api.subscription_of(&caller, &id)?;
    let owner = api.post.owners.caller(&before.owner).unwrap_or_else(|| caller.clone());
    let Wanted { channel, settings } = api.checked(&caller, &owner, new)?;
    let mut after = Subscription { channel, settings, stopped: None, ..Subscription::clone(&before) };
    if !before.runs() {
        (after.alerts_from, after.states_from) = api.ends().await?;
    }
    let view = SubscriptionView::from(&after);
    api.put(after).await?;
    api.touched.add([id]);
    Ok((Changed::new(Some(&SubscriptionView::from(&*before)), Some(&view)), axum::Json(view)))
}

/// Removes a subscription, with what waits for it and its log.
#[utoipa::path(delete, path = "/api/v1/subscriptions/{id}", operation_id = "remove_subscription", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Changed), Problem> {
    let before = api.subscription_of(&caller, &id)?;
    api.book.remove_subscription(&id).await.map_err(unavailable)?;
    api.touched.add([id]);
    Ok((StatusCode::NO_CONTENT, Changed::new(Some(&SubscriptionView::from(&*before)), None)))
}

/// Sends everything once more that was given up for a subscription.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/replay", operation_id = "replay_subscription", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 200, body = Replayed), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn replay(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Replayed>, Problem> {
    let subscription = api.subscription_of(&caller, &id)?;
    api.replay(&subscription, None).await.map(axum::Json)
}

impl ApiState {
    pub(super) async fn replay(&self, subscription: &Subscription, message: Option<&str>) -> Result<Replayed, Problem> {
        if !subscription.runs() {
            return Err(Problem::conflict("the subscription does not run: switch it on first"));
        }
        let replayed = self.outbox.replay(&subscription.id, message, self.clock.now_ms()).await;
        self.touched.add([subscription.id.clone()]);
        Ok(Replayed { replayed: replayed.map_err(unavailable)? })
    }
}
