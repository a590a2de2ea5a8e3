//! From labels to a model that serves: the real trainer beside the running server, the gate, hot swap, roll-back,
//! export and import.

use crate::harness::{ADMIN, Sensor, Server, config, now_ms};
use dayi::app::App;
use dayi::domain::Event;
use serde_json::{Value, json};

const MODELS: &str = "/api/v1/instruments/pump-1/models";
const HOUR_MS: i64 = 3_600_000;

async fn server() -> Server {
    let data = tempfile::tempdir().unwrap();
    start(data).await
}

pub(crate) async fn start(data: tempfile::TempDir) -> Server {
    let mut config = config(data.path());
    config.models.trainer = Some(env!("CARGO_BIN_EXE_dayi").into());
    let app = App::start(config).await.unwrap();
    Server::of(app, data)
}

/// 80 minutes of a pump that rests at no current for 40 and works at 0.8 A and 6 A for 20 each, all `times` as much.
async fn pump(sensor: &mut Sensor, at: i64, times: f64) {
    let draw = |minutes: i64, length: i64, current_a: f64| {
        (0..length * 6).map(move |n| {
            let current_a = times * (current_a + 0.001 * (n % 5) as f64);
            json!({"ts": at + minutes * 60_000 + n * 10_000, "current": current_a})
        })
    };
    let readings: Vec<Value> = draw(0, 40, 0.0).chain(draw(40, 20, 0.8)).chain(draw(60, 20, 6.0)).collect();
    for part in readings.chunks(240) {
        sensor.publish("dayi/v1/pump-1/telemetry", serde_json::to_vec(part).unwrap()).await;
    }
}

/// Two days of the pump, labelled: its rest is standby and all its work is on. Returns their end.
pub(crate) async fn two_days(server: &Server, sensor: &mut Sensor, hours_ago: i64) -> i64 {
    let start = now_ms() - hours_ago * HOUR_MS;
    let mut spans = Vec::new();
    for turn in 0..36 {
        let at = start + turn * 4_800_000;
        pump(sensor, at, 1.0).await;
        spans.push(json!({"start": at, "end": at + 2_400_000, "state": "standby"}));
        spans.push(json!({"start": at + 2_400_000, "end": at + 4_800_000, "state": "on"}));
    }
    let labels = json!({"author": "王老师", "spans": spans});
    let (status, painted) = server.post("/api/v1/instruments/pump-1/labels", Some(ADMIN), &labels).await;
    assert_eq!(status, 201, "{painted}");
    start + 36 * 4_800_000
}

/// Starts a job and returns its log, once it is done.
pub(crate) async fn train(server: &Server, what: Value) -> Vec<String> {
    let (status, job) = server.post("/api/v1/training/jobs", Some(ADMIN), &what).await;
    assert_eq!(status, 202, "{job}");
    let id = job["id"].as_str().unwrap();
    let mut lines: Vec<String> = Vec::new();
    loop {
        let path = format!("/api/v1/training/jobs/{id}/log?after={}&wait_s=60", lines.len());
        let (_, log) = server.get(&path).await;
        lines.extend(log["items"].as_array().unwrap().iter().map(|item| item["line"].as_str().unwrap().to_owned()));
        match log["state"].as_str().unwrap() {
            "queued" | "running" => {}
            state => {
                assert_eq!(state, "done", "{lines:?}");
                return lines;
            }
        }
    }
}

async fn promote(server: &Server, version: Option<i64>, reason: &str) -> (u16, Value) {
    let body = json!({"version": version, "author": "李工", "reason": reason});
    server.post(&format!("{MODELS}/promotions"), Some(ADMIN), &body).await
}

/// What the overview says that the instrument's model needs.
async fn needs(server: &Server) -> Value {
    let (status, overview) = server.get("/api/v1/models?q=PUMP").await;
    assert_eq!((status, &overview["total"]), (200, &json!(1)), "{overview}");
    overview["items"][0]["needs"].clone()
}

#[tokio::test]
async fn labels_become_a_model_that_serves_and_can_be_rolled_back() {
    let server = server().await;
    let mut sensor = server.add("pump-1").await;
    assert_eq!(needs(&server).await, json!([]), "it has not calibrated itself");
    let end = two_days(&server, &mut sensor, 49).await;
    assert_eq!(needs(&server).await, json!(["train"]));

    let log = train(&server, json!({"author": "王老师", "instruments": ["pump-1"]})).await;
    assert_eq!(log[0], "1 instruments to train");
    assert_eq!(needs(&server).await, json!([]));
    assert!(log[1].starts_with("pump-1: version 1 serves from now on: macro-F1 "), "{log:?}");
    let (_, models) = server.get(MODELS).await;
    assert_eq!(models["serving"], 1, "{models}");
    let first = &models["versions"][0];
    assert_eq!((&first["manifest"]["instrument"], &first["manifest"]["model"]), (&json!("pump-1"), &json!("mlp-v1")));
    assert!(first["verdict"]["candidate"]["macro_f1"].as_f64() > Some(0.97), "{first}");
    assert_eq!((&models["promotions"][0]["author"], &first["verdict"]["problems"]), (&json!("gate"), &json!([])));

    for confusion in ["candidate_confusion", "incumbent_confusion"] {
        let seconds = &first["verdict"][confusion]["seconds"];
        let right = (0..3).filter_map(|level| seconds[level][level].as_f64()).sum::<f64>();
        assert!(right > 0.0, "{confusion}: {seconds}");
    }

    let mut live = server.live().await;
    live.next("snapshot").await;
    // It serves, the transition says which model decided, and what was before stays as it was.
    sensor.draw(0.0, end, 600).await;
    let standby = live.change_to("pump-1", "standby").await;
    assert_eq!(standby["model"], "mlp-v1@1");
    assert!(standby["at"].as_i64().unwrap() >= end, "{standby}");

    // The same again is no better, so it is kept back, unless somebody says why it is to serve.
    let log = train(&server, json!({"author": "王老师", "instruments": ["pump-1"]})).await;
    assert!(log[1].starts_with("pump-1: version 2 is kept back: "), "{log:?}");
    let (_, overview) = server.get("/api/v1/models?needs=review").await;
    let item = &overview["items"][0];
    assert_eq!((&overview["counts"]["review"], &item["serving"], &item["newest"]), (&json!(1), &json!(1), &json!(2)));
    assert!(item["macro_f1"].as_f64() > Some(0.97), "{overview}");
    let (_, models) = server.get(MODELS).await;
    let candidate = |version: usize| &models["versions"][version]["verdict"]["candidate"];
    assert_eq!(candidate(0), candidate(1), "the same labels, readings and seed make the same model");
    let (status, problem) = promote(&server, Some(2), "").await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("say in reason why"), "{problem}");
    assert_eq!(promote(&server, Some(2), "a trial").await.0, 201);
    assert_eq!(promote(&server, Some(2), "again").await.0, 409);
    assert_eq!(promote(&server, Some(9), "none").await.0, 404);
    sensor.draw(6.0, end + 600_000, 600).await;
    assert_eq!(live.change_to("pump-1", "on").await["model"], "mlp-v1@2");

    // Back to the calibration, over a restart too.
    assert_eq!(promote(&server, None, "back to the rules").await.0, 201);
    assert_eq!(needs(&server).await, json!([]), "who rolled back has decided");
    sensor.draw(0.0, end + 1_200_000, 600).await;
    assert_eq!(live.change_to("pump-1", "standby").await["model"], "threshold-v1");
    // Four models served, and no reading was lost on the way.
    let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let readings = 36 * 480 + 3 * 600;
    assert!(metrics.contains(&format!("dayi_readings_processed_total {readings}\n")), "{metrics}");
    drop((live, sensor));
    server.app.stop().await;
    let server = start(server.data).await;
    let (_, models) = server.get(MODELS).await;
    assert_eq!((&models["serving"], models["promotions"].as_array().unwrap().len()), (&Value::Null, 3));
    server.app.stop().await;
}

#[tokio::test]
async fn a_model_travels_as_a_file_and_a_damaged_or_foreign_one_is_refused() {
    let server = server().await;
    let (mut sensor, token) = server.add_with_token("pump-1").await;
    server.add("pump-2").await;
    let end = two_days(&server, &mut sensor, 49).await;
    train(&server, json!({"author": "王老师", "stale": true})).await;
    let log = train(&server, json!({"author": "王老师", "stale": true})).await;
    assert_eq!(log, ["0 instruments to train"], "its model is newer than its labels");

    let get = |path: String| server.client.get(server.url(&path)).send();
    let answer = get(format!("{MODELS}/1/artifact")).await.unwrap();
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"pump-1-1.safetensors\"");
    let artifact = answer.bytes().await.unwrap().to_vec();
    assert_eq!(get(format!("{MODELS}/2/artifact")).await.unwrap().status(), 404);

    let import = async |path: &str, bytes: Vec<u8>| {
        let answer = server.client.post(server.url(path)).bearer_auth(ADMIN).body(bytes).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, models) = import(MODELS, artifact.clone()).await;
    assert_eq!((status, &models["versions"][0]["version"], &models["serving"]), (201, &json!(2), &json!(1)));
    let (status, problem) = import("/api/v1/instruments/pump-2/models", artifact.clone()).await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("pump-1"), "{problem}");
    let mut damaged = artifact.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for wrong in [damaged, artifact[..100].to_vec(), b"no model".to_vec(), Vec::new()] {
        let (status, problem) = import(MODELS, wrong).await;
        assert_eq!(status, 422, "{problem}");
    }
    assert_eq!(server.get(MODELS).await.1["versions"].as_array().unwrap().len(), 2);

    // A restart finds the model that serves.
    drop(sensor);
    server.app.stop().await;
    let server = start(server.data).await;
    assert_eq!(server.get(MODELS).await.1["serving"], 1);
    let mut sensor = Sensor::connect(server.app.mqtt, "pump-1", &token).await;
    let mut live = server.live().await;
    live.next("snapshot").await;
    sensor.draw(0.0, end, 900).await;
    assert_eq!(live.change_to("pump-1", "standby").await["model"], "mlp-v1@1");
    server.app.stop().await;
}

#[tokio::test]
async fn drift_is_raised_once_and_training_again_is_proposed() {
    let server = server().await;
    let mut sensor = server.add("pump-1").await;
    let end = two_days(&server, &mut sensor, 120).await;
    train(&server, json!({"author": "王老师", "all": true})).await;
    // A day more as before is no drift.
    for turn in 0..18 {
        pump(&mut sensor, end + turn * 4_800_000, 1.0).await;
    }
    // Then it draws half as much again.
    let changed_ms = now_ms();
    let end = end + 18 * 4_800_000;
    let mut events = server.app.events();
    for turn in 0..36 {
        pump(&mut sensor, end + turn * 4_800_000, 1.5).await;
    }
    loop {
        if let Some(Event::ModelDrifted { instrument, model }) = events.recv().await {
            assert_eq!((instrument.as_str(), &*model), ("pump-1", "mlp-v1@1"));
            break;
        }
    }
    let raised = server.get("/api/v1/models/drifts").await.1["items"].clone();
    assert_eq!(raised.as_array().unwrap().len(), 1, "{raised}");
    assert!(raised[0]["at"].as_i64().unwrap() >= changed_ms, "not before: {raised}");
    assert_eq!(needs(&server).await, json!(["retrain"]));
    assert_eq!((&raised[0]["model"], &raised[0]["proposal"]), (&json!("mlp-v1@1"), &json!("retrain")));
    assert!(!raised[0]["details"]["features"].as_array().unwrap().is_empty(), "{raised}");
    // Its model drifted, so it is stale though its labels are old.
    let log = train(&server, json!({"author": "王老师", "stale": true})).await;
    assert_eq!(log[0], "1 instruments to train");
    server.app.stop().await;
}

#[tokio::test]
async fn an_instrument_that_cannot_be_trained_is_named_with_the_reason() {
    let server = server().await;
    server.add("pump-1").await;
    let log = train(&server, json!({"author": "a", "instruments": ["pump-1"]})).await;
    assert!(log[1].contains("nobody has labelled it: POST /api/v1/instruments/pump-1/labels"), "{log:?}");
    let spans = json!([{"start": now_ms() - HOUR_MS, "end": now_ms(), "state": "on"}]);
    let labels = json!({"author": "a", "spans": spans});
    assert_eq!(server.post("/api/v1/instruments/pump-1/labels", Some(ADMIN), &labels).await.0, 201);
    let log = train(&server, json!({"author": "a", "all": true})).await;
    assert!(log[1].contains("there are no readings under its labels"), "{log:?}");
    server.app.stop().await;
}
