//! Many instruments in one request, and those of a gateway.

use super::addition::NewInstrument;
use super::api::{ApiState, SensorCredentials};
use super::credentials::NewToken;
use super::model::{Addition, NewSensor};
use crate::domain::Caller;
use crate::platform::problem::{Json, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most instruments in one request: each starts an actor before the answer goes out.
const MOST: usize = 1_000;

/// Instruments to be added together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInstruments {
    /// The one client that reports for all of them, a gateway; without it each sensor is a client of its own, named like
    /// its instrument.
    #[schema(example = "gateway-7")]
    client_id: Option<String>,
    /// 1 to 1,000.
    instruments: Vec<NewInstrument>,
}

/// What the sensors, or their gateway, need to connect.
#[derive(Serialize, ToSchema)]
pub(super) struct AddedInstruments {
    /// In the order of the instruments; a gateway has one.
    credentials: Vec<SensorCredentials>,
}

impl NewInstruments {
    fn check(&self) -> Result<(), Problem> {
        if !(1..=MOST).contains(&self.instruments.len()) {
            return Err(Problem::unprocessable(format!("instruments: 1 to {MOST} in one request")));
        }
        if self.client_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 200 || id.contains('\0')) {
            return Err(Problem::unprocessable("client_id is 1 to 200 bytes without NUL"));
        }
        self.instruments.iter().try_for_each(NewInstrument::check)
    }
}

/// Adds instruments, all or none; their actors run and their sensors may connect at once.
#[utoipa::path(post, path = "/api/v1/instruments/batch", operation_id = "add_instruments", tag = "instruments",
    request_body = NewInstruments,
    responses((status = 201, body = AddedInstruments), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn add_batch(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewInstruments>,
) -> Result<(StatusCode, axum::Json<AddedInstruments>), Problem> {
    new.check()?;
    new.instruments.iter().try_for_each(|instrument| instrument.allowed(&caller, &api))?;
    let gateway = new.client_id.map(|client_id| (client_id, NewToken::generate()));
    let mut credentials = Vec::new();
    let mut added: Vec<Addition> = Vec::with_capacity(new.instruments.len());
    for instrument in new.instruments {
        let binding = instrument.binding();
        let (client_id, token_sha256) = match &gateway {
            Some((client_id, token)) => (client_id.clone(), token.sha256.clone()),
            None => {
                let (client_id, token) = (instrument.id.to_string(), NewToken::generate());
                credentials.push(SensorCredentials { client_id: client_id.clone(), token: token.token });
                (client_id, token.sha256)
            }
        };
        added.push(instrument.with(NewSensor { client_id, token_sha256, binding }));
    }
    for instrument in api.store.add(added).await? {
        api.run(&instrument).await;
    }
    credentials.extend(gateway.map(|(client_id, token)| SensorCredentials { client_id, token: token.token }));
    Ok((StatusCode::CREATED, axum::Json(AddedInstruments { credentials })))
}
