use super::api::not_changed;
use crate::catalog::api::ApiState;
use crate::catalog::credentials::NewToken;
use crate::catalog::store::StoreError;
use crate::domain::Caller;
use crate::platform::problem::{Json, Path, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(super) struct Clients {
    /// Ordered by client id.
    items: Vec<ClientView>,
}

/// A program or device that reports for instruments.
#[derive(Serialize, ToSchema)]
struct ClientView {
    #[schema(example = "gateway-7")]
    client_id: String,
    /// For how many instruments it reports.
    bindings: usize,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClient {
    /// What it will say in CONNECT: 1 to 200 bytes.
    #[schema(example = "gateway-7")]
    client_id: String,
}

/// What a client says in CONNECT. The token is shown this once and kept only as a hash.
#[derive(Serialize, ToSchema)]
pub(super) struct ClientCredentials {
    client_id: String,
    /// The MQTT password.
    token: String,
}

/// Every client that may report for instruments: those that report for instruments of the caller's alone; one that reports
/// for nothing only to who sees everything.
#[utoipa::path(get, path = "/api/v1/clients", operation_id = "list_clients", tag = "bindings",
    responses((status = 200, body = Clients)))]
pub(super) async fn list(State(api): State<ApiState>, caller: Caller) -> axum::Json<Clients> {
    let sight = api.sight(&caller);
    let view = |(client_id, bindings)| ClientView { client_id, bindings };
    let seen = api.store.credentials().clients().into_iter().filter(|(client_id, _)| sight.client(client_id));
    axum::Json(Clients { items: seen.map(view).collect() })
}

/// Adds a client that reports for nothing yet, such as a gateway; instruments are bound to it next.
#[utoipa::path(post, path = "/api/v1/clients", operation_id = "add_client", tag = "bindings", request_body = NewClient,
    responses((status = 201, body = ClientCredentials), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewClient>,
) -> Result<(StatusCode, axum::Json<ClientCredentials>), Problem> {
    if !api.sight(&caller).is_whole() {
        return Err(Problem::forbidden(
            "only who manages the sensors of the whole province adds clients that report for nothing yet; a gateway can be \
             added with its instruments: POST /api/v1/instruments/batch",
        ));
    }
    let client_id = new.client_id;
    if client_id.is_empty() || client_id.len() > 200 || client_id.contains('\0') {
        return Err(Problem::unprocessable("client_id is 1 to 200 bytes without NUL"));
    }
    let NewToken { token, sha256 } = NewToken::generate();
    api.store.add_client(&client_id, &sha256).await.map_err(|error| match error {
        StoreError::Taken => Problem::conflict(format!("there is a client {client_id:?} already")),
        error => not_changed(error),
    })?;
    Ok((StatusCode::CREATED, axum::Json(ClientCredentials { client_id, token })))
}

/// Gives a client a new token. The old one opens nothing any more, and the client's session ends at once.
#[utoipa::path(post, path = "/api/v1/clients/{client_id}/token", operation_id = "renew_token", tag = "bindings",
    params(("client_id" = String, Path)),
    responses((status = 200, body = ClientCredentials), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn renew(
    State(api): State<ApiState>,
    caller: Caller,
    Path(client_id): Path<String>,
) -> Result<axum::Json<ClientCredentials>, Problem> {
    known(&api, &caller, &client_id)?;
    let NewToken { token, sha256 } = NewToken::generate();
    api.store.set_tokens(&[(client_id.clone(), sha256)]).await.map_err(not_changed)?;
    api.sessions.close(&client_id);
    Ok(axum::Json(ClientCredentials { client_id, token }))
}

/// Removes a client that reports for nothing; its session ends at once.
#[utoipa::path(delete, path = "/api/v1/clients/{client_id}", operation_id = "remove_client", tag = "bindings",
    params(("client_id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn remove(
    State(api): State<ApiState>,
    caller: Caller,
    Path(client_id): Path<String>,
) -> Result<StatusCode, Problem> {
    known(&api, &caller, &client_id)?;
    if api.store.remove_client(&client_id).await.map_err(not_changed)? {
        return Err(Problem::conflict(format!("{client_id:?} reports for instruments: change their bindings first")));
    }
    api.sessions.close(&client_id);
    Ok(StatusCode::NO_CONTENT)
}

fn known(api: &ApiState, caller: &Caller, client_id: &str) -> Result<(), Problem> {
    if api.sight(caller).client(client_id) {
        return Ok(());
    }
    Err(Problem::not_found(format!("there is no client {client_id:?}")))
}
