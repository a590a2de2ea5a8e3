use super::actor::{Named, Said};
use super::api::{AlertView, ApiState};
use super::engine::{NotDone, Word};
use super::list::{self, Listed};
use crate::domain::{Acknowledged, Alert, Caller, Permission, Silenced};
use crate::platform::audit::Changed;
use crate::platform::problem::{Json, Path, Problem};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest note or reason, in characters.
pub(super) const LONGEST: usize = 1_000;
/// The longest silence, in minutes: 366 days.
const LONGEST_SILENCE_MIN: i64 = 366 * 24 * 60;
/// The most alerts that are acknowledged at once.
const MOST: usize = 1_000;

/// What whoever has seen an alert says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acknowledge {
    /// May be empty.
    #[serde(default)]
    note: String,
}

/// The same, of many alerts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcknowledgeMany {
    /// Up to 1000.
    ids: Vec<String>,
    /// May be empty.
    #[serde(default)]
    note: String,
}

/// What became of each.
#[derive(Serialize, ToSchema)]
struct AcknowledgedMany {
    /// The ids of those that are acknowledged now.
    acknowledged: Vec<String>,
    /// The others, each with the reason.
    not: Vec<NotAcknowledged>,
}

/// An alert that was not acknowledged.
#[derive(Serialize, ToSchema)]
struct NotAcknowledged {
    id: String,
    reason: String,
}

/// For how long nobody is to be told, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Silence {
    /// Until then, UTC milliseconds.
    until: Option<i64>,
    /// Or for so many minutes.
    #[schema(example = 120)]
    minutes: Option<i64>,
    /// May be empty.
    #[serde(default)]
    reason: String,
}

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(acknowledge))
        .routes(routes!(acknowledge_many))
        .routes(routes!(silence))
        .routes(routes!(unsilence))
}

type Done = Result<(Changed, axum::Json<AlertView>), Problem>;

/// Says that somebody has seen an open alert.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", operation_id = "acknowledge_alert", tag = "alerts",
    params(("id" = String, Path)), request_body = Acknowledge,
    responses((status = 200, body = AlertView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn acknowledge(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(Acknowledge { note }): Json<Acknowledge>,
) -> Done {
    api.say(&caller, &id, Word::Acknowledge(acknowledged(&api, &caller, &note)?)).await
}

/// Says that somebody has seen many open alerts. Those for which that cannot be are named, the others are acknowledged.
#[utoipa::path(post, path = "/api/v1/alerts/acknowledge", operation_id = "acknowledge_alerts", tag = "alerts",
    request_body = AcknowledgeMany,
    responses((status = 200, body = AcknowledgedMany), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn acknowledge_many(
    State(api): State<ApiState>,
    caller: Caller,
    Json(AcknowledgeMany { ids, note }): Json<AcknowledgeMany>,
) -> Result<axum::Json<AcknowledgedMany>, Problem> {
    if ids.len() > MOST {
        return Err(Problem::unprocessable(format!("at most {MOST} alerts at once, not {}", ids.len())));
    }
    let word = Word::Acknowledge(acknowledged(&api, &caller, &note)?);
    let found = list::named(&api.db, &ids).await.map_err(|error| Problem::unavailable(&error))?;
    let reach = caller.reach(Permission::HandleAlerts);
    let within: HashMap<String, Named> = found
        .into_iter()
        .filter(|listed| reach.holds(&listed.unit))
        .map(|Listed { alert, .. }| (alert.id.to_string(), (alert.instrument, alert.kind, alert.id)))
        .collect();
    let (there, missing): (Vec<String>, Vec<String>) = ids.into_iter().partition(|id| within.contains_key(id));
    let named = there.iter().filter_map(|id| within.get(id).cloned()).collect();
    let said = api.handle.say(named, word).await.ok_or_else(not_now)?;
    let not = |id: String, reason: &str| NotAcknowledged { id, reason: reason.to_owned() };
    let mut answer = AcknowledgedMany {
        acknowledged: Vec::new(),
        not: missing.into_iter().map(|id| not(id, "there is no such alert that you may acknowledge")).collect(),
    };
    for (id, said) in there.into_iter().zip(said) {
        match said {
            Ok(_) => answer.acknowledged.push(id),
            Err(_) => answer.not.push(not(id, "it has ended")),
        }
    }
    Ok(axum::Json(answer))
}

/// Silences an open alert for a while: it stays, and nobody is told of it. A silence ends by itself.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/silence", operation_id = "silence_alert", tag = "alerts",
    params(("id" = String, Path)), request_body = Silence,
    responses((status = 200, body = AlertView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn silence(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(Silence { until, minutes, reason }): Json<Silence>,
) -> Done {
    let now_ms = api.clock.now_ms();
    let until_ms = match (until, minutes) {
        (Some(until), None) => until,
        (None, Some(minutes)) => now_ms.saturating_add(minutes.saturating_mul(60_000)),
        _ => return Err(Problem::unprocessable("say until when, or for how many minutes: one of both")),
    };
    if until_ms <= now_ms || until_ms > now_ms.saturating_add(LONGEST_SILENCE_MIN * 60_000) {
        return Err(Problem::unprocessable("a silence ends after now, and within 366 days"));
    }
    let (by, reason) = (caller.name.to_string(), checked("reason", &reason)?);
    api.say(&caller, &id, Word::Silence(Silenced { by, at_ms: now_ms, until_ms, reason })).await
}

/// Ends an alert's silence.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/unsilence", operation_id = "unsilence_alert", tag = "alerts",
    params(("id" = String, Path)),
    responses((status = 200, body = AlertView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
async fn unsilence(State(api): State<ApiState>, caller: Caller, Path(id): Path<String>) -> Done {
    api.say(&caller, &id, Word::Unsilence).await
}

impl ApiState {
    async fn say(&self, caller: &Caller, id: &str, word: Word) -> Done {
        let listed = self.one(caller, Permission::HandleAlerts, id).await?;
        let Alert { instrument, kind, id, .. } = listed.alert.clone();
        let said = self.handle.say(vec![(instrument, kind, id)], word).await.ok_or_else(not_now)?;
        let (before, after) = said.into_iter().next().ok_or_else(not_now).and_then(done)?;
        Ok((Changed::new(Some(&before), Some(&after)), axum::Json(Listed { alert: after, ..listed }.into())))
    }
}

fn done(said: Said) -> Result<(Alert, Alert), Problem> {
    said.map_err(|not| match not {
        NotDone::Ended => Problem::conflict("the alert has ended"),
        NotDone::UnderMaintenance(until_ms) => {
            let until = jiff::Timestamp::from_millisecond(until_ms).unwrap_or_default();
            Problem::conflict(format!("work is planned there until {until}: end that instead"))
        }
    })
}

fn acknowledged(api: &ApiState, caller: &Caller, note: &str) -> Result<Acknowledged, Problem> {
    Ok(Acknowledged { by: caller.name.to_string(), at_ms: api.clock.now_ms(), note: checked("note", note)? })
}

/// What somebody wrote, without the blanks around it.
pub(super) fn checked(name: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(Problem::unprocessable(format!("{name} has at most {LONGEST} characters")));
    }
    Ok(text.to_owned())
}

pub(super) fn not_now() -> Problem {
    Problem::not_yet("alerts cannot be changed at the moment: the database does not answer, or the server stops")
}
