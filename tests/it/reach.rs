//! What somebody sees and changes of the catalogue is within his reach: two managers of two institutions, and one who sees the
//! whole province.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use dayi::bus::Bus;
use dayi::catalog::{ApiState, FleetPort, Instrument, LiveStatus, SessionPort, Store, router};
use dayi::domain::{Caller, CurrentState, Grant, InstrumentId, Role, SystemClock, UnitPath};
use dayi::platform::db::Db;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// A fleet in which nothing runs, and sessions that are not there.
struct Still;

impl FleetPort for Still {
    fn status(&self, _: &InstrumentId) -> LiveStatus {
        LiveStatus { state: Arc::new(CurrentState::unknown()), last_reading: None }
    }

    fn added(&self, _: &Instrument) {}

    fn removed(&self, _: &InstrumentId) {}
}

impl SessionPort for Still {
    fn close(&self, _: &str) {}
}

/// The catalogue's routes alone, asked by whom the header `x-as` names: a role, a colon and a path.
struct Desk {
    address: std::net::SocketAddr,
    client: reqwest::Client,
    _data: tempfile::TempDir,
}

async fn as_told(mut request: Request, next: Next) -> axum::response::Response {
    let told = request.headers()["x-as"].to_str().unwrap().to_owned();
    let (role, path) = told.split_once(':').unwrap();
    let role = serde_json::from_value::<Role>(json!(role)).unwrap();
    let grants = [Grant { role, unit: UnitPath::stored(path) }].into();
    let caller = Caller { account: told.as_str().into(), name: told.as_str().into(), grants, only: None };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

const ROOT: &str = "administrator:";
const ONE: &str = "institution-manager:province/hz/one/";
const TWO: &str = "institution-manager:province/hz/two/";
const READER: &str = "researcher:province/hz/one/";
const CITY: &str = "administrator:province/hz/";

impl Desk {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let db = Db::open(&crate::harness::config(data.path())).await.unwrap();
        let state = ApiState {
            store: Store::load(db).await.unwrap(),
            fleet: Arc::new(Still),
            bus: Bus::default(),
            sessions: Arc::new(Still),
            clock: Arc::new(SystemClock),
            tree_changed: Arc::new(|| {}),
        };
        let (routes, _) = router(state).split_for_parts();
        let routes: Router = routes.layer(from_fn(as_told));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let desk = Self { address, client: reqwest::Client::new(), _data: data };
        for (id, kind, parent) in [
            ("hz", "city", "province"),
            ("one", "institution", "hz"),
            ("two", "institution", "hz"),
            ("lab", "laboratory", "one"),
        ] {
            let unit = json!({"id": id, "kind": kind, "parent": parent, "name": id});
            assert_eq!(desk.ask(ROOT, Method::POST, "units", &unit).await.0, 201);
        }
        for (id, unit) in [("a", "lab"), ("b", "two")] {
            assert_eq!(desk.add(ROOT, id, unit).await, 201);
        }
        desk
    }

    async fn ask(&self, who: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://{}/api/v1/{path}", self.address);
        let request = self.client.request(method, url).header("x-as", who).header("if-match", "*");
        let response = request.json(body).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, who: &str, path: &str) -> (u16, Value) {
        self.ask(who, Method::GET, path, &Value::Null).await
    }

    async fn add(&self, who: &str, id: &str, unit: &str) -> u16 {
        let body = json!({"id": id, "name": id, "unit": unit});
        self.ask(who, Method::POST, "instruments", &body).await.0
    }

    /// What of a list's items this field holds.
    async fn listed(&self, who: &str, path: &str, field: &str) -> Vec<String> {
        let (status, list) = self.get(who, path).await;
        assert_eq!(status, 200, "{list}");
        list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn lists_hold_what_is_within_reach() {
    let desk = Desk::open().await;
    for (who, instruments, clients) in [
        (ROOT, &["a", "b"][..], &["a", "b"][..]),
        (CITY, &["a", "b"], &["a", "b"]),
        (ONE, &["a"], &["a"]),
        (TWO, &["b"], &["b"]),
        (READER, &["a"], &[]),
    ] {
        assert_eq!(desk.listed(who, "instruments", "id").await, instruments, "{who}");
        assert_eq!(desk.listed(who, "bindings", "instrument").await, clients, "{who}");
        assert_eq!(desk.listed(who, "clients", "client_id").await, clients, "{who}");
        let (_, file) = desk.get(who, "bindings.csv").await;
        assert_eq!(file.as_str().unwrap().lines().count(), 1 + clients.len(), "{who}");
    }
    // The units above are named, and tell nothing of what else is there.
    let (_, units) = desk.get(TWO, "units").await;
    let units: Vec<_> = units["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| (unit["id"].as_str().unwrap(), unit["instruments"].as_u64().unwrap()))
        .collect();
    assert_eq!(units, [("province", 0), ("hz", 0), ("two", 1)]);
}

#[tokio::test]
async fn writes_are_within_reach_and_what_is_out_of_it_is_not_there() {
    let desk = Desk::open().await;
    assert_eq!(desk.get(ONE, "instruments/b").await.0, 404);
    assert_eq!(desk.get(ONE, "bindings/b").await.0, 404);
    let patch = |room: &str| json!({"room": room});
    for (who, id, status) in
        [(ONE, "a", 200), (ONE, "b", 404), (READER, "a", 403), (READER, "b", 404), (CITY, "b", 200)]
    {
        assert_eq!(
            desk.ask(who, Method::PATCH, &format!("instruments/{id}"), &patch("1")).await.0,
            status,
            "{who} {id}"
        );
        let retire = desk.ask(who, Method::POST, &format!("instruments/{id}/restore"), &Value::Null).await.0;
        assert_eq!(retire, status, "{who} {id}");
    }
    // Nobody gives an instrument away, or to himself.
    assert_eq!(desk.ask(ONE, Method::PATCH, "instruments/a", &json!({"unit": "two"})).await.0, 404);
    assert_eq!(desk.ask(CITY, Method::PATCH, "instruments/a", &json!({"unit": "two"})).await.0, 200);
    assert_eq!(desk.ask(CITY, Method::PATCH, "instruments/a", &json!({"unit": "lab"})).await.0, 200);
    for (who, unit, status) in [(ONE, "lab", 201), (ONE, "two", 404), (READER, "lab", 403)] {
        assert_eq!(desk.add(who, "c", unit).await, status, "{who} {unit}");
    }
    let by_name = |id: &str, institution: &str| json!({"id": id, "name": id, "institution": {"id": institution, "name": "x", "name_en": "", "city": "hz", "city_en": ""}});
    for (who, institution, status) in
        [(ONE, "one", 201), (ONE, "two", 404), (ONE, "new", 404), (CITY, "new", 404), (ROOT, "new", 201)]
    {
        let id = format!("{}-{institution}", who.len());
        assert_eq!(
            desk.ask(who, Method::POST, "instruments", &by_name(&id, institution)).await.0,
            status,
            "{who} {institution}"
        );
    }
    let batch = json!({"client_id": "gw", "instruments": [{"id": "d", "name": "d", "unit": "one"}, {"id": "e", "name": "e", "unit": "two"}]});
    assert_eq!(desk.ask(ONE, Method::POST, "instruments/batch", &batch).await.0, 404);
    assert_eq!(desk.ask(CITY, Method::POST, "instruments/batch", &batch).await.0, 201);

    // A gateway of two institutions is neither's alone.
    let binding = |client: &str| json!({"client_id": client, "dialect": "tasmota", "prefix": "p"});
    for (who, instrument, client, status) in [
        (ONE, "a", "gw", 422),
        (ONE, "a", "b", 422),
        (ONE, "b", "a", 404),
        (ONE, "a", "c", 200),
        (CITY, "a", "gw", 200),
    ] {
        let (found, answer) = desk.ask(who, Method::PUT, &format!("bindings/{instrument}"), &binding(client)).await;
        assert_eq!(found, status, "{who} {instrument} {client}: {answer}");
    }
    for (who, client, status) in
        [(ONE, "gw", 404), (ONE, "c", 200), (TWO, "c", 404), (READER, "c", 404), (CITY, "gw", 200)]
    {
        assert_eq!(
            desk.ask(who, Method::POST, &format!("clients/{client}/token"), &Value::Null).await.0,
            status,
            "{who} {client}"
        );
    }
    assert_eq!(desk.ask(ONE, Method::POST, "clients", &json!({"client_id": "mine"})).await.0, 403);
    assert_eq!(desk.ask(ROOT, Method::POST, "clients", &json!({"client_id": "mine"})).await.0, 201);
    assert_eq!(desk.ask(ONE, Method::DELETE, "bindings/b", &Value::Null).await.0, 404);
}

#[tokio::test]
async fn the_tree_is_edited_from_within() {
    let desk = Desk::open().await;
    let laboratory = |id: &str, parent: &str| json!({"id": id, "kind": "laboratory", "parent": parent, "name": id});
    for (who, parent, status) in [(ONE, "one", 201), (ONE, "two", 404), (READER, "one", 403)] {
        let id = format!("l{}-{parent}", who.len());
        assert_eq!(desk.ask(who, Method::POST, "units", &laboratory(&id, parent)).await.0, status, "{who} {parent}");
    }
    for (who, unit, patch, status) in [
        (ONE, "one", json!({"name": "甲"}), 200),
        (ONE, "two", json!({"name": "甲"}), 404),
        (ONE, "hz", json!({"name": "甲"}), 404),
        (ONE, "lab", json!({"parent": "two"}), 404),
        (CITY, "lab", json!({"parent": "two"}), 200),
        (ROOT, "province", json!({"name": "浙江省"}), 200),
    ] {
        assert_eq!(desk.ask(who, Method::PATCH, &format!("units/{unit}"), &patch).await.0, status, "{who} {unit}");
    }
    assert_eq!(desk.ask(ONE, Method::DELETE, "units/one", &Value::Null).await.0, 404, "nobody deletes his own");
    assert_eq!(desk.ask(CITY, Method::PUT, "classes", &Value::Null).await.0, 404, "the list is the province's");
}

#[tokio::test]
async fn an_import_is_its_senders_and_changes_what_he_may() {
    let desk = Desk::open().await;
    let send = async |who: &str, file: &'static str| {
        let url = format!("http://{}/api/v1/imports", desk.address);
        desk.client.post(url).header("x-as", who).body(file).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let report = send(ONE, "id,name,unit,room\na,,,9\nb,,,9\nn,新,one,9\nm,新,two,9\n").await;
    let outcomes: Vec<_> =
        report["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["changed", "wrong", "added", "wrong"], "{report}");
    let id = report["import"]["id"].as_str().unwrap();
    assert_eq!(desk.get(TWO, &format!("imports/{id}")).await.0, 404);
    assert_eq!(desk.listed(TWO, "imports", "id").await, Vec::<String>::new());
    assert_eq!(desk.listed(ROOT, "imports", "id").await, [id]);
    let apply = format!("imports/{id}/apply?skip_bad=true");
    assert_eq!(desk.ask(TWO, Method::POST, &apply, &Value::Null).await.0, 404);
    let (status, applied) = desk.ask(ONE, Method::POST, &apply, &Value::Null).await;
    assert_eq!((status, &applied["added"], &applied["changed"]), (200, &json!(1), &json!(1)));
    assert_eq!(desk.get(ROOT, "instruments/b").await.1["room"], "");
    // What has left his reach since, he cannot take back.
    assert_eq!(desk.ask(ROOT, Method::PATCH, "instruments/n", &json!({"unit": "two"})).await.0, 200);
    assert_eq!(desk.ask(ONE, Method::POST, &format!("imports/{id}/undo"), &Value::Null).await.0, 409);
}
