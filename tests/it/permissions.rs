//! Every operation of the API and every role: who may what. The table is made from the API's own description, so that a new
//! operation without a rule fails here.

use crate::harness::{Server, instrument, showing};
use dayi::account::{AccountGrant, NewAccount};
use dayi::domain::Role;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The institution of [`instrument`], and its twin in the same city.
const OWN: &str = "lab";
const OTHER: &str = "other";

/// The twin's instrument.
pub(crate) fn others(id: &str) -> Value {
    let mut new = instrument(id);
    new["institution"]["id"] = OTHER.into();
    new["institution"]["name"] = "另一家".into();
    new
}

/// Adds an account with a role at a unit, and returns its id and a client that shows a token of it.
pub(crate) async fn account(server: &Server, login: &str, role: Role, unit: &str) -> (String, String) {
    let grants = vec![AccountGrant { role, unit: unit.into() }];
    let new = NewAccount { login: login.into(), name: login.into(), email: None, language: "zh".into(), grants };
    let account = server.app.accounts.add(new, 0).await.unwrap();
    let wanted = json!({"name": "test", "account": account.id});
    let (status, token) = server.post("/api/v1/tokens", Some(crate::harness::ADMIN), &wanted).await;
    assert_eq!(status, 201, "{token}");
    (account.id, token["token"].as_str().unwrap().to_owned())
}

struct Operation {
    id: String,
    method: Method,
    path: String,
}

/// Every operation, with the parameters of its path filled in: `sem-1` for an instrument.
async fn operations(server: &Server) -> Vec<Operation> {
    let (_, api) = server.get("/api/openapi.json").await;
    let mut all = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let mut filled = String::new();
            for part in path.split('/').skip(1) {
                filled.push('/');
                filled.push_str(match part {
                    "{id}" if path.starts_with("/api/v1/instruments/") => "sem-1",
                    "{instrument}" => "sem-1",
                    "{edit}" | "{version}" => "1",
                    part if part.starts_with('{') => "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                    part => part,
                });
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            all.push(Operation { id: operation["operationId"].as_str().unwrap().into(), method, path: filled });
        }
    }
    all
}

async fn ask(server: &Server, client: &Client, operation: &Operation) -> (u16, String) {
    let request = client.request(operation.method.clone(), server.url(&operation.path));
    // No body fits an operation: whether it is let in is all that counts.
    let request = if operation.method == Method::GET { request } else { request.json(&json!({"nothing": true})) };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap_or_default())
}

/// Whether the guard, or the operation itself, said that it is not for this role.
fn refused(answer: &(u16, String)) -> bool {
    answer.0 == 403 && !answer.1.contains("nobody may do this")
}

#[tokio::test]
async fn every_operation_asks_for_what_the_table_says() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let mut clients = BTreeMap::new();
    for role in Role::ALL {
        // An administrator runs the whole province; everybody else the institution.
        let unit = if role == Role::Administrator { "province" } else { OWN };
        clients.insert(role.name(), showing(&account(&server, role.name(), role, unit).await.1));
    }
    let nobody = Client::new();
    let mut table = vec![format!("{:24} {:10} may", "operation", "nobody")];
    for operation in operations(&server).await {
        // It would end the session that asks.
        if operation.id == "sign_out" {
            continue;
        }
        let anyone = ask(&server, &nobody, &operation).await;
        let anyone = if anyone.0 == 401 && operation.id != "sign_in" && operation.id != "use_sign_in_link" {
            "401"
        } else {
            "open"
        };
        let mut may = Vec::new();
        for (role, client) in &clients {
            let answer = ask(&server, client, &operation).await;
            assert!(
                !answer.1.contains("nobody may do this"),
                "{} has no rule in src/http/permissions.rs",
                operation.id
            );
            assert_ne!(answer.0, 401, "{} {role}: {}", operation.id, answer.1);
            assert!(answer.0 < 500 || answer.0 == 503, "{} {role}: {answer:?}", operation.id);
            if !refused(&answer) {
                may.push(*role);
            }
        }
        let may = if may.len() == Role::ALL.len() { "everybody".to_owned() } else { may.join(" ") };
        table.push(format!("{:24} {anyone:10} {may}", operation.id));
    }
    server.app.stop().await;
    insta::assert_snapshot!(table.join("\n"));
}

/// What each role may do in another institution: nothing, not even learn what there is.
#[tokio::test]
async fn one_institution_sees_nothing_of_another() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let (status, added) = server.post("/api/v1/instruments", Some(crate::harness::ADMIN), &others("nmr-9")).await;
    assert_eq!(status, 201, "{added}");
    let operations = operations(&server).await;
    for role in Role::ALL {
        let client = showing(&account(&server, role.name(), role, OTHER).await.1);
        for operation in &operations {
            let (status, text) = ask(&server, &client, operation).await;
            if operation.path.contains("sem-1") {
                // 403 where the role may do it nowhere, else as if there were none.
                assert!(matches!(status, 403 | 404), "{} {}: {status} {text}", role.name(), operation.id);
                let own = operation.path.replace("sem-1", "nobody");
                let missing = Operation { id: String::new(), method: operation.method.clone(), path: own };
                assert_eq!(ask(&server, &client, &missing).await.0, status, "{} {}", role.name(), operation.id);
            }
            assert!(
                !text.contains("sem-1") || operation.path.contains("sem-1"),
                "{} {}: {text}",
                role.name(),
                operation.id
            );
        }
    }
    server.app.stop().await;
}
