//! Files of the history, asked for, followed and fetched.

use crate::harness::{ADMIN, Server, now_ms};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

/// Asks for a file and waits until it is written, or not.
async fn written(server: &Server, wanted: Value) -> Value {
    let (status, mut export) = server.post("/api/v1/exports", Some(ADMIN), &wanted).await;
    assert_eq!(status, 202, "{export}");
    let url = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
    while matches!(export["state"].as_str(), Some("waiting" | "running")) {
        export = server.get(&url).await.1;
    }
    export
}

async fn fetch(server: &Server, export: &Value) -> (String, Vec<u8>) {
    let file = server.client.get(server.url(export["file"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(file.status(), 200);
    let name = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    (name, file.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn readings_minutes_and_states_come_as_csv_and_parquet() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    server.add("sem-2").await;
    let start = (now_ms() - 7_200_000) / 60_000 * 60_000;
    sensor.draw(6.0, start, 600).await;
    sensor.draw(0.0, start + 600_000, 600).await;
    server.app.settled().await;
    let wanted =
        |kind: &str, format: &str| json!({"kind": kind, "format": format, "from": start, "to": start + 1_200_000});

    let export = written(&server, wanted("readings", "csv")).await;
    assert_eq!((&export["state"], &export["rows"], &export["instruments"]), (&json!("done"), &json!(1_200), &json!(2)));
    assert_eq!((&export["done"], &export["total"]), (&json!(2), &json!(2)));
    let (name, csv) = fetch(&server, &export).await;
    assert!(name.contains("dayi-readings-") && name.ends_with(".csv\""), "{name}");
    let text = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!((lines[0], lines.len()), ("instrument,ts,ts_time,current_a,delay_s", 1_201));
    assert!(lines[1].starts_with(&format!("sem-1,{start},")) && lines[1].contains(",6,72"), "{}", lines[1]);

    let export = written(&server, wanted("minutes", "csv")).await;
    let (_, csv) = fetch(&server, &export).await;
    let text = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 21, "{text}");
    assert!(lines[20].ends_with(",0,0,0,60"), "{}", lines[20]);

    let export = written(&server, wanted("states", "parquet")).await;
    let (name, parquet) = fetch(&server, &export).await;
    assert!(name.ends_with(".parquet\""), "{name}");
    let reader = SerializedFileReader::new(bytes::Bytes::from(parquet)).unwrap();
    let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    let (_, states) = server.get("/api/v1/instruments/sem-1/states").await;
    assert_eq!(rows.len(), states["items"].as_array().unwrap().len());
    assert!(rows[0].contains("state: \"on\"") && rows[0].contains("cause: \"model\""), "{rows:?}");

    let (_, all) = server.get("/api/v1/exports").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let url = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
    assert_eq!(server.delete(&url).await.0, 204);
    assert_eq!(server.delete(&url).await.0, 404);
    assert_eq!(server.get(&format!("{url}/file")).await.0, 404);
    assert_eq!(std::fs::read_dir(server.data.path().join("exports")).unwrap().count(), 2);
    // A restart knows none of them, and leaves none.
    let server = server.restart().await;
    assert_eq!(std::fs::read_dir(server.data.path().join("exports")).unwrap().count(), 0);
    assert_eq!(server.get("/api/v1/exports").await.1["items"], json!([]));
    server.app.stop().await;
}

#[tokio::test]
async fn of_whom_is_chosen_and_what_cannot_be_is_said() {
    let server = Server::start().await;
    for id in ["a", "b", "c"] {
        server.add(id).await;
    }
    let ask = async |more: Value| {
        let mut wanted = json!({"kind": "states", "format": "csv", "from": 0, "to": 1_000});
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.post("/api/v1/exports", Some(ADMIN), &wanted).await
    };
    assert_eq!(ask(json!({})).await.1["instruments"], 3);
    assert_eq!(ask(json!({"instruments": ["b"]})).await.1["instruments"], 1);
    assert_eq!(ask(json!({"city": "Hangzhou"})).await.1["instruments"], 3);
    assert_eq!(ask(json!({"institution": "lab", "city": "杭州市"})).await.1["instruments"], 3);
    for (more, expected, word) in [
        (json!({"city": "Ningbo"}), 422, "no instrument"),
        (json!({"instruments": ["d"]}), 404, "instrument d"),
        (json!({"to": 0}), 400, "before"),
        (json!({"to": 3_661_i64 * 24 * 3_600_000}), 400, "3660 days"),
        (json!({"from": i64::MIN}), 400, "3660 days"),
        (json!({"format": "xls"}), 422, "xls"),
        (json!({"kinds": 1}), 422, "kinds"),
    ] {
        let (status, problem) = ask(more.clone()).await;
        assert_eq!(status, expected, "{more}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{more}: {problem}");
    }
    let wanted = json!({"kind": "states", "format": "csv", "from": 0, "to": 1_000});
    assert_eq!(server.post("/api/v1/exports", None, &wanted).await.0, 401);
    server.app.stop().await;
}

#[tokio::test]
async fn a_disk_without_room_ends_an_export_with_the_reason() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_in(data).await;
    let mut sensor = server.add("sem-1").await;
    let start = now_ms() - 600_000;
    sensor.draw(6.0, start, 60).await;
    let source = dayi::export::Source {
        readings: dayi::history::Readings::new(server.data.path()),
        intervals: dayi::history::Intervals::new(
            dayi::platform::db::Db::join(&crate::harness::config(server.data.path())).await.unwrap(),
        ),
    };
    server.app.stop().await;
    let selection = dayi::export::Selection {
        kind: dayi::export::Kind::Readings,
        format: dayi::export::Format::Csv,
        instruments: vec!["sem-1".parse().unwrap()],
        from_ms: start,
        to_ms: start + 60_000,
    };
    let path = server.data.path().join("out.csv");
    let (progress, cancelled) = Default::default();
    let error = dayi::export::write(&source, &selection, &path, 1 << 40, &progress, &cancelled).await.unwrap_err();
    assert!(error.to_string().contains("make room"), "{error}");
    assert!(!path.exists(), "what was begun is removed");
    dayi::export::write(&source, &selection, &path, 0, &progress, &cancelled).await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn the_program_writes_a_file_beside_a_server_or_without_one() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let start = (now_ms() - 7_200_000) / 60_000 * 60_000;
    sensor.draw(6.0, start, 600).await;
    server.app.settled().await;
    let out = tempfile::tempdir().unwrap();
    let export = async |kind: &str, to: &str, name: &str| {
        let mut command = crate::program::dayi();
        if let Some(url) = crate::database::url(server.data.path()) {
            command.env("DAYI__DATABASE__URL", url);
        }
        command.args(["export", kind, "--from", &start.to_string(), "--to", to, "--data"]).arg(server.data.path());
        let output = command.arg("--out").arg(out.path().join(name)).output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = export("states", "2099-12-31", "states.csv").await;
    assert_eq!(code, Some(0), "{said}");
    let text = std::fs::read_to_string(out.path().join("states.csv")).unwrap();
    assert!(text.lines().nth(1).unwrap().starts_with("sem-1,1,"), "{text}");
    let (code, said) = export("states", "2099-12-31", "states.csv").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("--force"), "{said}");
    for (kind, to, name, code, word) in [
        ("readings", "2099-12-31", "a.xls", 1, ".parquet"),
        ("readings", "0", "a.csv", 1, "before"),
        ("readings", "tomorrow", "a.csv", 2, "2026-11-01"),
        ("hours", "2099-12-31", "a.csv", 2, "readings"),
    ] {
        let (ended, said) = export(kind, to, name).await;
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains(word), "{said}");
    }
    // The readings are in the file once the server has stopped.
    let Server { app, data, .. } = server;
    app.stop().await;
    let mut command = crate::program::dayi();
    if let Some(url) = crate::database::url(data.path()) {
        command.env("DAYI__DATABASE__URL", url);
    }
    command.args(["export", "minutes", "--from", "1970-01-01T08:00:00+08:00", "--to", "2020-01-01", "--data"]);
    command.arg(data.path()).arg("--out").arg(out.path().join("none.parquet"));
    let output = command.output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("none.parquet: 0 rows"), "{said}");
}
