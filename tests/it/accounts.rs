//! Signing in, what ends when it is taken away, and what is written down of it.

use crate::harness::{ADMIN, Server, now_ms, showing};
use crate::permissions::account;
use dayi::domain::{ManualClock, Role};
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

const PASSWORD: &str = "a rather long one";

/// A link's token for an account.
async fn link(server: &Server, account: &str) -> String {
    let (status, link) = server.post(&format!("/api/v1/accounts/{account}/link"), Some(ADMIN), &json!({})).await;
    assert_eq!(status, 201, "{link}");
    link["path"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

/// What a sign-in answers: status, cookie, body.
async fn sign_in(server: &Server, path: &str, body: &Value) -> (u16, Option<String>, Value) {
    let response = reqwest::Client::new().post(server.url(path)).json(body).send().await.unwrap();
    let cookie = response.headers().get(SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
    (response.status().as_u16(), cookie, response.json().await.unwrap())
}

fn pair(cookie: Option<String>) -> String {
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_opens_once_then_a_password_does() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let (id, _) = account(&server, "wang", Role::Operator, "lab").await;
    let token = link(&server, &id).await;
    let (status, cookie, me) = sign_in(&server, "/api/v1/session/link", &json!({"token": token})).await;
    assert_eq!((status, &me["login"]), (200, &json!("wang")));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("manage-sensors")));
    let whole = cookie.clone().unwrap();
    assert!(whole.contains("HttpOnly") && whole.contains("SameSite=Strict") && !whole.contains("Secure"), "{whole}");
    assert_eq!(sign_in(&server, "/api/v1/session/link", &json!({"token": token})).await.0, 401);

    // The page sets a password; another site cannot.
    let (cookie, client) = (pair(cookie), reqwest::Client::new());
    let set = |site: &'static str, body: Value| {
        let request = client.put(server.url("/api/v1/session/password")).header(COOKIE, &cookie);
        request.header("sec-fetch-site", site).json(&body).send()
    };
    assert_eq!(set("cross-site", json!({"new": PASSWORD})).await.unwrap().status(), 403);
    assert_eq!(set("same-origin", json!({"new": "short"})).await.unwrap().status(), 422);
    assert_eq!(set("same-origin", json!({"new": PASSWORD})).await.unwrap().status(), 204);
    assert_eq!(set("same-origin", json!({"new": "another long one"})).await.unwrap().status(), 403);
    // Who forgot it comes with a new link, which needs no old one.
    let again = json!({"token": link(&server, &id).await});
    let forgot = pair(sign_in(&server, "/api/v1/session/link", &again).await.1);
    let request = client.put(server.url("/api/v1/session/password")).header(COOKIE, forgot);
    let request = request.header("sec-fetch-site", "same-origin").json(&json!({"new": PASSWORD}));
    assert_eq!(request.send().await.unwrap().status(), 204);
    let cookie = pair(sign_in(&server, "/api/v1/session", &json!({"login": "wang", "password": PASSWORD})).await.1);

    let login = json!({"login": " WANG ", "password": PASSWORD});
    let (status, second, _) = sign_in(&server, "/api/v1/session", &login).await;
    assert_eq!(status, 200);
    let second = pair(second);
    let get = |cookie: &str, path: &str| client.get(server.url(path)).header(COOKIE, cookie.to_owned()).send();
    let sessions: Value = get(&second, "/api/v1/sessions").await.unwrap().json().await.unwrap();
    assert_eq!(sessions.as_array().unwrap().len(), 3, "setting a password ended those before");
    assert_eq!(sessions[0]["current"], true);
    let out =
        client.delete(server.url("/api/v1/session")).header(COOKIE, &second).header("sec-fetch-site", "same-origin");
    assert_eq!(out.send().await.unwrap().status(), 204);
    assert_eq!(get(&second, "/api/v1/session").await.unwrap().status(), 401);

    // It lasts over a restart.
    let server = server.restart().await;
    let me = client.get(server.url("/api/v1/session")).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(me.status(), 200);
    server.app.stop().await;
}

#[tokio::test]
async fn who_guesses_passwords_waits_and_learns_nothing() {
    let clock = ManualClock::at(now_ms());
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock, 480).await;
    let guess = async || {
        let wrong = json!({"login": "nobody", "password": "guess"});
        let response = reqwest::Client::new().post(server.url("/api/v1/session")).json(&wrong).send().await.unwrap();
        let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), wait)
    };
    // All at once, as one after the other: each counts before it is known how it goes.
    let told = futures::future::join_all((0..8).map(|_| guess())).await;
    assert_eq!(told.iter().filter(|told| **told == (401, None)).count(), 6, "{told:?}");
    assert_eq!(told.iter().filter(|told| **told == (429, Some("1".to_owned()))).count(), 2, "{told:?}");
    clock.advance(1_000);
    assert_eq!(guess().await.0, 401);
    assert_eq!(guess().await, (429, Some("2".to_owned())));
    server.app.stop().await;
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_have() {
    let server = Server::start().await;
    server.add("sem-1").await;
    server.post("/api/v1/instruments", Some(ADMIN), &crate::permissions::others("nmr-9")).await;
    let (own, token) = account(&server, "boss", Role::InstitutionManager, "lab").await;
    let (stranger, _) = account(&server, "stranger", Role::Operator, "other").await;
    let new = |login: &str, role: &str, unit: &str| json!({"login": login, "name": login, "grants": [{"role": role, "unit": unit}]});
    let add = async |body: Value| server.post("/api/v1/accounts", Some(&token), &body).await.0;
    assert_eq!(add(new("a", "operator", "lab")).await, 422, "the login is too short");
    assert_eq!(add(new("anna", "operator", "lab")).await, 201);
    assert_eq!(add(new("anna", "operator", "lab")).await, 409);
    assert_eq!(add(new("otto", "administrator", "lab")).await, 403);
    assert_eq!(add(new("otto", "operator", "other")).await, 403);
    assert_eq!(add(new("otto", "operator", "province")).await, 403);
    assert_eq!(add(new("otto", "operator", "nowhere")).await, 403);
    assert_eq!(add(json!({"login": "otto", "name": "otto"})).await, 422);

    let client = showing(&token);
    let edit = async |id: &str, body: Value| {
        client.patch(server.url(&format!("/api/v1/accounts/{id}"))).json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(edit(&stranger, json!({"disabled": true})).await, 404);
    assert_eq!(edit(&own, json!({"disabled": true})).await, 403);
    let listed: Value = client.get(server.url("/api/v1/accounts")).send().await.unwrap().json().await.unwrap();
    let logins: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|one| one["login"].as_str().unwrap()).collect();
    assert_eq!(logins, ["boss", "anna"]);
    server.app.stop().await;
}

#[tokio::test]
async fn a_token_may_less_and_opens_nothing_once_it_is_revoked_or_its_account_disabled() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let (id, token) = account(&server, "wang", Role::Operator, "lab").await;
    let wanted = json!({"name": "wall", "account": id, "permissions": ["view"], "days": 1});
    assert_eq!(server.post("/api/v1/tokens", Some(&token), &wanted).await.0, 403, "a token makes no tokens");
    let (status, narrow) = server.post("/api/v1/tokens", Some(ADMIN), &wanted).await;
    assert_eq!(status, 201);
    let narrow_token = narrow["token"].as_str().unwrap();
    let get =
        async |token: &str, path: &str| showing(token).get(server.url(path)).send().await.unwrap().status().as_u16();
    assert_eq!(get(narrow_token, "/api/v1/instruments/sem-1").await, 200);
    assert_eq!(get(narrow_token, "/api/v1/bindings").await, 403);
    let never = json!({"name": "x", "account": id, "days": 0});
    assert_eq!(server.post("/api/v1/tokens", Some(ADMIN), &never).await.0, 422);

    let path = format!("/api/v1/tokens/{}", narrow["id"].as_str().unwrap());
    assert_eq!(showing(&token).delete(server.url(&path)).send().await.unwrap().status(), 403, "nor revokes any");
    assert_eq!(server.delete(&path).await.0, 204);
    assert_eq!(get(narrow_token, "/api/v1/instruments/sem-1").await, 401);

    let edited = server.client.patch(server.url(&format!("/api/v1/accounts/{id}"))).json(&json!({"disabled": true}));
    assert_eq!(edited.send().await.unwrap().status(), 200);
    assert_eq!(get(&token, "/api/v1/instruments/sem-1").await, 401);
    server.app.stop().await;
}

#[tokio::test]
async fn a_limited_token_cannot_let_itself_in_as_somebody_who_is_not() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let (boss, _) = account(&server, "boss", Role::Administrator, "province").await;
    let wanted = json!({"name": "hr", "account": boss, "permissions": ["manage-accounts"]});
    let (_, made) = server.post("/api/v1/tokens", Some(ADMIN), &wanted).await;
    let limited = made["token"].as_str().unwrap();
    assert_eq!(server.post(&format!("/api/v1/accounts/{boss}/link"), Some(limited), &json!({})).await.0, 404);
    let new = json!({"login": "otto", "name": "otto", "grants": [{"role": "administrator", "unit": "province"}]});
    assert_eq!(server.post("/api/v1/accounts", Some(limited), &new).await.0, 403);
    server.app.stop().await;
}

#[tokio::test]
async fn a_deleted_units_id_is_not_given_out_again_with_its_roles() {
    let server = Server::start().await;
    server.add("sem-1").await;
    server.post("/api/v1/instruments", Some(ADMIN), &crate::permissions::others("nmr-9")).await;
    let ghost =
        |parent: &str| json!({"id": "ghost", "kind": "laboratory", "parent": parent, "name": "鬼", "name_en": "Ghost"});
    assert_eq!(server.post("/api/v1/units", Some(ADMIN), &ghost("lab")).await.0, 201);
    account(&server, "casper", Role::LaboratoryManager, "ghost").await;
    assert_eq!(server.delete("/api/v1/units/ghost").await.0, 204);
    let (status, problem) = server.post("/api/v1/units", Some(ADMIN), &ghost("other")).await;
    assert_eq!(status, 409, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("choose another"), "{problem}");
    server.app.stop().await;
}

#[tokio::test]
async fn what_a_unit_did_moves_along_in_the_audit_log() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let city =
        json!({"id": "city-ningbo", "kind": "city", "parent": "province", "name": "宁波市", "name_en": "Ningbo"});
    assert_eq!(server.post("/api/v1/units", Some(ADMIN), &city).await.0, 201);
    let (_, boss) = account(&server, "boss", Role::InstitutionManager, "lab").await;
    let painted = json!({"spans": [{"start": 1, "end": 2, "state": "on"}]});
    assert_eq!(server.post("/api/v1/instruments/sem-1/labels", Some(&boss), &painted).await.0, 201);
    let seen = async || -> Value {
        showing(&boss).get(server.url("/api/v1/audit")).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(seen().await["total"], 1);
    let moved = server.client.patch(server.url("/api/v1/units/lab")).header("if-match", "\"1\"");
    assert_eq!(moved.json(&json!({"parent": "city-ningbo"})).send().await.unwrap().status(), 200);
    let log = seen().await;
    let operations: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|item| item["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["change_unit", "paint_labels"]);
    server.app.stop().await;
}

#[tokio::test]
async fn who_has_not_signed_in_fills_neither_memory_nor_log() {
    let server = Server::start().await;
    let nobody = reqwest::Client::new();
    let long = "x".repeat(20_000);
    let response = nobody.post(server.url("/api/v1/session")).json(&json!({"login": long, "password": "x"}));
    assert_eq!(response.send().await.unwrap().status(), 413);
    for _ in 0..3 {
        assert_eq!(nobody.delete(server.url("/api/v1/session")).send().await.unwrap().status(), 204);
    }
    let (_, log) = server.get("/api/v1/audit").await;
    assert_eq!(log["total"], 0, "{log}");
    let nul = json!({"login": "otto", "name": "a\0b"});
    assert_eq!(server.post("/api/v1/accounts", Some(ADMIN), &nul).await.0, 422);
    server.app.stop().await;
}

#[tokio::test]
async fn every_write_is_written_down_without_secrets() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let (id, token) = account(&server, "wang", Role::LaboratoryManager, "lab").await;
    let path = format!("/api/v1/accounts/{id}");
    let edit = server.client.patch(server.url(&path)).json(&json!({"name": "王丽"}));
    // As a proxy on this machine hands it on: what stands before its own word may be anybody's invention.
    let edited = edit.header("x-forwarded-for", "198.51.100.1, 203.0.113.7").send().await.unwrap();
    assert_eq!(edited.status(), 200);
    sign_in(&server, "/api/v1/session", &json!({"login": "wang", "password": "hush-hush"})).await;
    sign_in(&server, "/api/v1/session/link", &json!({"token": link(&server, &id).await})).await;

    let (status, log) = server.get("/api/v1/audit").await;
    assert_eq!(status, 200);
    let items = log["items"].as_array().unwrap();
    let operations: Vec<&str> = items.iter().map(|item| item["operation"].as_str().unwrap()).collect();
    let expected = ["use_sign_in_link", "add_sign_in_link", "sign_in", "edit_account", "add_token", "add_instrument"];
    assert_eq!(operations, expected);
    let edit = &items[3];
    assert_eq!((&edit["before"]["name"], &edit["after"]["name"]), (&json!("wang"), &json!("王丽")));
    assert_eq!((&edit["account"], &edit["status"], &edit["path"]), (&json!("configured"), &json!(200), &json!(path)));
    assert_eq!((&edit["address"], &items[0]["address"]), (&json!("203.0.113.7"), &json!("127.0.0.1")));
    assert_eq!((&items[2]["status"], &items[2]["account"]), (&json!(401), &json!("")));
    assert_eq!((&items[0]["name"], &items[0]["account"]), (&json!("王丽"), &json!(id)));
    assert!(!log.to_string().contains("hush-hush") && !log.to_string().contains("dayi_link"));

    let (_, some) = server.get("/api/v1/audit?operation=edit_account&limit=5").await;
    assert_eq!(some["total"], 1);
    let file = server.client.get(server.url("/api/v1/audit.csv")).send().await.unwrap().text().await.unwrap();
    assert_eq!(file.lines().count(), 1 + expected.len());
    // A laboratory's manager reads no log; the institution's reads what is about the institution.
    assert_eq!(showing(&token).get(server.url("/api/v1/audit")).send().await.unwrap().status(), 403);
    let (_, boss) = account(&server, "boss", Role::InstitutionManager, "lab").await;
    let painted = json!({"spans": [{"start": 1, "end": 2, "state": "on"}]});
    assert_eq!(server.post("/api/v1/instruments/sem-1/labels", Some(&boss), &painted).await.0, 201);
    let seen: Value = showing(&boss).get(server.url("/api/v1/audit")).send().await.unwrap().json().await.unwrap();
    let seen = seen["items"].as_array().unwrap().iter().map(|item| item["operation"].as_str().unwrap());
    // What an administrator did to its people, and what was done to its instruments.
    assert_eq!(seen.collect::<Vec<_>>(), ["paint_labels", "edit_account"]);
    server.app.stop().await;
}
