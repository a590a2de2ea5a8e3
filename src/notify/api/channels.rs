use super::state::{ApiState, may_subscribe, named, unavailable};
use super::target::Wanted;
use crate::domain::{Caller, Permission};
use crate::notify::access::{may_change_channel, may_use};
use crate::notify::book::RemoveError;
use crate::notify::model::{Channel, Language, Target};
use crate::notify::send::new_secret;
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError};
use utoipa::ToSchema;

/// Channels of one account.
const MOST: usize = 100;
/// How long a secret before stays good.
const OLD_SECRET_MS: i64 = 24 * 3_600_000;
/// Tests of one channel a minute.
const TESTS: usize = 6;

/// A way to somebody, without its secrets.
#[derive(Serialize, ToSchema)]
pub(super) struct ChannelView {
    id: String,
    name: String,
    /// `webhook`, `email`, `dingtalk`, `wecom` or `feishu`.
    #[schema(example = "webhook")]
    kind: &'static str,
    /// Where it leads: a webhook's address without its parameters, mail addresses, or the end of a robot's token.
    address: String,
    /// Whether what is sent is signed.
    signed: bool,
    /// The account that made it.
    owner: String,
    /// The unit in which others may use it, too.
    #[schema(required = true)]
    unit: Option<String>,
    /// Whether the one who asks may change it.
    mine: bool,
    /// UTC milliseconds.
    created: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ChannelPage {
    /// The oldest first.
    items: Vec<ChannelView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChannel {
    #[schema(example = "值班群")]
    name: String,
    /// A unit whose accounts may use it, too; that takes the right to manage its accounts.
    #[serde(default)]
    unit: Option<String>,
    target: Wanted,
}

/// A channel, with the secret that was made for it. That is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct ChannelWithSecret {
    channel: ChannelView,
    /// What the receiver checks signatures with; null where it was given or there is none.
    #[schema(required = true, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
}

/// What the receiver made of a test.
#[derive(Serialize, ToSchema)]
pub(super) struct Tested {
    /// `delivered`, `later` (it would be tried again), `refused` or `gone`.
    #[schema(example = "delivered")]
    outcome: &'static str,
    /// The status of HTTP or SMTP; null without an answer.
    #[schema(required = true)]
    status: Option<u16>,
    /// The beginning of what it said, or why nothing was.
    answer: String,
    took_ms: i64,
}

impl ApiState {
    fn view(&self, channel: &Channel, caller: &Caller) -> ChannelView {
        ChannelView {
            id: channel.id.clone(),
            name: channel.name.clone(),
            kind: channel.target.kind(),
            address: channel.target.shown(),
            signed: channel.target.is_signed(),
            owner: channel.owner.clone(),
            unit: channel.unit.clone(),
            mine: may_change_channel(caller, channel, &*self.places),
            created: channel.created_ms,
        }
    }

    fn channel_of(&self, caller: &Caller, id: &str) -> Result<Arc<Channel>, Problem> {
        may_subscribe(caller)?;
        let missing = || Problem::not_found("there is no such channel");
        let channel = self.book.channel(id).ok_or_else(missing)?;
        if may_change_channel(caller, &channel, &*self.places) {
            Ok(channel)
        } else if may_use(caller, &channel, &*self.places) {
            Err(Problem::forbidden("this channel belongs to a unit whose accounts you do not manage"))
        } else {
            Err(missing())
        }
    }

    /// Whether the channel may belong to the unit.
    fn check_unit(&self, caller: &Caller, unit: Option<&str>) -> Result<(), Problem> {
        let Some(id) = unit else { return Ok(()) };
        let missing = "there is no such unit";
        let unit = self.places.unit(id).ok_or_else(|| Problem::not_found(missing))?;
        caller.check(Permission::ManageAccounts, &unit, missing)
    }
}

/// The channels that one may use or change.
#[utoipa::path(get, path = "/api/v1/channels", operation_id = "list_channels", tag = "notifications",
    responses((status = 200, body = ChannelPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(State(api): State<ApiState>, caller: Caller) -> Result<axum::Json<ChannelPage>, Problem> {
    may_subscribe(&caller)?;
    let mut channels = api.book.channels();
    channels.retain(|channel| {
        may_use(&caller, channel, &*api.places) || may_change_channel(&caller, channel, &*api.places)
    });
    Ok(axum::Json(ChannelPage { items: channels.iter().map(|channel| api.view(channel, &caller)).collect() }))
}

/// Adds a channel. A webhook's secret is answered this once.
#[utoipa::path(post, path = "/api/v1/channels", operation_id = "add_channel", tag = "notifications",
    request_body = NewChannel,
    responses((status = 201, body = ChannelWithSecret), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewChannel>,
) -> Result<(StatusCode, Changed, axum::Json<ChannelWithSecret>), Problem> {
    may_subscribe(&caller)?;
    api.check_unit(&caller, new.unit.as_deref())?;
    if api.book.channels().iter().filter(|channel| *channel.owner == *caller.account).count() >= MOST {
        return Err(Problem::conflict("you have as many channels as one may have"));
    }
    let (target, secret) = new.target.made(None, &api.post.sender)?;
    let channel = Channel {
        id: ulid::Ulid::new().to_string(),
        owner: caller.account.to_string(),
        unit: new.unit,
        name: named(&new.name)?,
        target,
        created_ms: api.clock.now_ms(),
    };
    let channel = api.view(&*api.book.put_channel(channel).await.map_err(unavailable)?, &caller);
    let changed = Changed::new(None, Some(&channel));
    Ok((StatusCode::CREATED, changed, axum::Json(ChannelWithSecret { channel, secret })))
}

/// Changes a channel. Secrets that are left out stay.
#[utoipa::path(put, path = "/api/v1/channels/{id}", operation_id = "change_channel", tag = "notifications",
    params(("id" = String, Path)), request_body = NewChannel,
    responses((status = 200, body = ChannelWithSecret), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn change(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewChannel>,
) -> Result<(Changed, axum::Json<ChannelWithSecret>), Problem> {
    let before = api.channel_of(&caller, &id)?;
    if new.unit != before.unit {
        api.check_unit(&caller, new.unit.as_deref())?;
    }
    let (target, secret) = new.target.made(Some(&before.target), &api.post.sender)?;
    let after = Channel { unit: new.unit, name: named(&new.name)?, target, ..Channel::clone(&before) };
    let channel = api.view(&*api.book.put_channel(after).await.map_err(unavailable)?, &caller);
    let changed = Changed::new(Some(&api.view(&before, &caller)), Some(&channel));
    Ok((changed, axum::Json(ChannelWithSecret { channel, secret })))
}

/// Removes a channel that no subscription uses.
#[utoipa::path(delete, path = "/api/v1/channels/{id}", operation_id = "remove_channel", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Changed), Problem> {
    let channel = api.channel_of(&caller, &id)?;
    api.book.remove_channel(&id).await.map_err(|error| match error {
        RemoveError::Used => Problem::conflict(error.to_string()),
        RemoveError::Db(error) => unavailable(error),
    })?;
    Ok((StatusCode::NO_CONTENT, Changed::new(Some(&api.view(&channel, &caller)), None)))
}

/// Gives a webhook a new secret, which is answered this once. For 24 hours messages are signed with the one before, too.
#[utoipa::path(post, path = "/api/v1/channels/{id}/secret", operation_id = "rotate_channel_secret", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 200, body = ChannelWithSecret), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn rotate(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<ChannelWithSecret>, Problem> {
    let before = api.channel_of(&caller, &id)?;
    let Target::Webhook { url, secret: old, .. } = &before.target else {
        return Err(Problem::conflict("only a webhook's secret is made by dayi"));
    };
    let secret = new_secret();
    let old = Some((old.clone(), api.clock.now_ms() + OLD_SECRET_MS));
    let target = Target::Webhook { url: url.clone(), secret: secret.clone(), old };
    let after = Channel { target, ..Channel::clone(&before) };
    let channel = api.view(&*api.book.put_channel(after).await.map_err(unavailable)?, &caller);
    Ok(axum::Json(ChannelWithSecret { channel, secret: Some(secret) }))
}

/// Sends a test message right away, and answers what the receiver said.
#[utoipa::path(post, path = "/api/v1/channels/{id}/test", operation_id = "test_channel", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 200, body = Tested), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn test(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Tested>, Problem> {
    let channel = api.channel_of(&caller, &id)?;
    let began_ms = api.clock.now_ms();
    let room = api.tests.lock().unwrap_or_else(PoisonError::into_inner).use_once(&id, TESTS, began_ms);
    room.map_err(|_| Problem::not_yet("this channel was tested often: wait a minute"))?;
    let outcome = api.post.test(&channel.target, Language::Zh).await;
    Ok(axum::Json(Tested {
        outcome: outcome.verdict.name(),
        status: outcome.status,
        answer: outcome.answer,
        took_ms: api.clock.now_ms() - began_ms,
    }))
}
