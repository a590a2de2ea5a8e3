//! Training jobs: what their process tells, how they end, and what a restart finds. The process is a script here; the
//! real one is in `training.rs`.

use crate::harness::{ADMIN, Server, config, instrument};
use dayi::app::App;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const JOBS: &str = "/api/v1/training/jobs";

/// A server whose trainer is this shell script.
async fn server(script: &str) -> Server {
    let data = tempfile::tempdir().unwrap();
    start(data, script).await
}

async fn start(data: TempDir, script: &str) -> Server {
    let trainer = data.path().join("trainer.sh");
    std::fs::write(&trainer, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&trainer, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut config = config(data.path());
    config.models.trainer = Some(trainer);
    let app = App::start(config).await.unwrap();
    Server::of(app, data)
}

async fn submit(server: &Server, what: Value) -> String {
    let (status, job) = server.post(JOBS, Some(ADMIN), &what).await;
    assert_eq!(status, 202, "{job}");
    job["id"].as_str().unwrap().to_owned()
}

/// The job's log, once it is over.
async fn over(server: &Server, job: &str) -> (String, Vec<String>) {
    let mut lines: Vec<String> = Vec::new();
    loop {
        let (status, log) = server.get(&format!("{JOBS}/{job}/log?after={}&wait_s=60", lines.len())).await;
        assert_eq!(status, 200, "{log}");
        let text = |item: &Value| item["line"].as_str().unwrap().to_owned();
        lines.extend(log["items"].as_array().unwrap().iter().map(text));
        let state = log["state"].as_str().unwrap();
        if !matches!(state, "queued" | "running") {
            return (state.to_owned(), lines);
        }
    }
}

#[tokio::test]
async fn a_job_tells_its_progress_and_its_log() {
    let server = server(
        r#"echo "arguments: $*"
echo '{"told":"started","total":3}'
echo '{"told":"trained","instrument":"a","version":1,"promoted":true,"why":"better"}'
echo '{"told":"trained","instrument":"b","version":4,"promoted":false,"why":"no better"}'
echo '{"told":"failed","instrument":"c","why":"nobody has labelled it"}'"#,
    )
    .await;
    let job = submit(&server, json!({"author": " 王老师 ", "stale": true})).await;
    let (state, log) = over(&server, &job).await;
    assert_eq!(state, "done");
    let data = server.data.path().display();
    let expected = [
        format!("arguments: train --background --data {data} --stale"),
        "3 instruments to train".into(),
        "a: version 1 serves from now on: better".into(),
        "b: version 4 is kept back: no better".into(),
        "c: no model: nobody has labelled it".into(),
    ];
    assert_eq!(log, expected);
    let (_, one) = server.get(&format!("{JOBS}/{job}")).await;
    assert_eq!(one["progress"], json!({"total": 3, "done": 3, "promoted": 1, "kept_back": 1, "failed": 1}));
    assert_eq!((&one["author"], &one["what"]), (&json!("王老师"), &json!("stale")));
    assert!(one["ended"].as_i64() >= one["started"].as_i64());
    assert_eq!(server.get(JOBS).await.1["items"][0]["id"], job.as_str());
    server.app.stop().await;
}

#[tokio::test]
async fn jobs_wait_for_each_other_and_can_be_cancelled() {
    let server = server("echo started; exec sleep 600").await;
    let running = submit(&server, json!({"author": "a", "all": true})).await;
    let waiting = submit(&server, json!({"author": "a", "all": true})).await;
    // The first line is there, so it runs.
    let (_, log) = server.get(&format!("{JOBS}/{running}/log?wait_s=60")).await;
    assert_eq!((&log["state"], &log["items"][0]["line"]), (&json!("running"), &json!("started")));
    assert_eq!(server.get(&format!("{JOBS}/{waiting}")).await.1["state"], "queued");
    assert_eq!(server.delete(&format!("{JOBS}/{waiting}")).await.0, 202);
    assert_eq!(over(&server, &waiting).await.0, "cancelled");
    assert_eq!(server.delete(&format!("{JOBS}/{running}")).await.0, 202);
    assert_eq!(over(&server, &running).await, ("cancelled".into(), vec!["started".into(), "cancelled".into()]));
    assert_eq!(server.delete(&format!("{JOBS}/{running}")).await.0, 409);
    assert_eq!(server.delete(&format!("{JOBS}/none")).await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn a_job_that_breaks_says_why_and_the_next_one_runs() {
    let server = server(r#"echo "there is no room left"; exit 7"#).await;
    for _ in 0..2 {
        let job = submit(&server, json!({"author": "a", "all": true})).await;
        let (state, log) = over(&server, &job).await;
        assert_eq!(state, "failed");
        assert_eq!(log, ["there is no room left", "the training program ended with exit status: 7"]);
    }
    std::fs::remove_file(server.data.path().join("trainer.sh")).unwrap();
    let job = submit(&server, json!({"author": "a", "all": true})).await;
    let (state, log) = over(&server, &job).await;
    assert!(state == "failed" && log[0].contains("could not be started"), "{state}: {log:?}");
    server.app.stop().await;
}

#[tokio::test]
async fn a_stop_interrupts_what_runs_and_what_waits_runs_after_the_start() {
    let server = server("echo started; exec sleep 600").await;
    let running = submit(&server, json!({"author": "a", "all": true})).await;
    let waiting = submit(&server, json!({"author": "a", "all": true})).await;
    server.get(&format!("{JOBS}/{running}/log?wait_s=60")).await;
    server.app.stop().await;
    let server = start(server.data, "echo after").await;
    assert_eq!(over(&server, &waiting).await, ("done".into(), vec!["after".into()]));
    assert_eq!(over(&server, &running).await.0, "interrupted");
    server.app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_a_job_is_refused() {
    let server = server("exit 0").await;
    for (wrong, said) in [
        (json!({"author": "a"}), "one of"),
        (json!({"author": "a", "all": true, "stale": true}), "one of"),
        (json!({"author": "a", "all": true, "instruments": ["x"]}), "one of"),
        (json!({"author": " ", "all": true}), "author"),
        (json!({"author": "a", "instruments": ["nobody"]}), "no instrument nobody"),
    ] {
        let (status, problem) = server.post(JOBS, Some(ADMIN), &wrong).await;
        assert_eq!(status, 422, "{wrong}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{said}: {problem}");
    }
    assert_eq!(server.post(JOBS, None, &json!({"author": "a", "all": true})).await.0, 401);
    assert_eq!(server.get(&format!("{JOBS}/none/log")).await.0, 404);
    assert_eq!(server.get(JOBS).await.1["items"], json!([]));
    let (status, _) = server.post("/api/v1/instruments", Some(ADMIN), &instrument("sem-1")).await;
    assert_eq!(status, 201);
    let (_, models) = server.get("/api/v1/instruments/sem-1/models").await;
    assert_eq!(models, json!({"serving": null, "versions": [], "promotions": []}));
    let promotions = "/api/v1/instruments/sem-1/models/promotions";
    assert_eq!(server.post(promotions, Some(ADMIN), &json!({"version": 1, "author": "a"})).await.0, 404);
    assert_eq!(server.post(promotions, Some(ADMIN), &json!({"version": null, "author": "a"})).await.0, 409);
    assert_eq!(server.get("/api/v1/models/drifts").await.1["items"], json!([]));
    server.app.stop().await;
}
