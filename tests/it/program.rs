//! The program as a person starts and stops it.

use crate::harness::{Sensor, showing};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) fn dayi() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dayi"));
    command
        .kill_on_drop(true)
        .env_remove("DAYI_CONFIG")
        .env_remove("DAYI__DATABASE__URL")
        .env("DAYI__HTTP__ADMIN_TOKEN", "t");
    command
}

/// Runs it to its end: exit code and what it said on standard error.
pub(crate) async fn fails(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) http: String,
    pub(crate) mqtt: SocketAddr,
    /// The token that a demo prints.
    pub(crate) admin: Option<String>,
}

/// Starts the server on free ports and reads where it listens.
async fn serve(data: &Path) -> Running {
    listening(dayi().arg("serve"), data).await
}

/// The same for any command that runs a server.
pub(crate) async fn listening(command: &mut Command, data: &Path) -> Running {
    if let Some(url) = crate::database::url(data) {
        command.env("DAYI__DATABASE__URL", url);
    }
    let mut child = command
        .args(["--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut http, mut mqtt, mut admin) = (None, None, None);
    while http.is_none() || mqtt.is_none() {
        let line = lines.next_line().await.unwrap().expect("the server ended before it said where it listens");
        admin = admin.or_else(|| Some(line.split_once("admin token")?.1.split_whitespace().next()?.to_owned()));
        http = http.or_else(|| line.split_once("http://").map(|(_, at)| format!("http://{at}")));
        mqtt = mqtt.or_else(|| line.split_once("mqtt://").map(|(_, at)| at.parse().unwrap()));
    }
    // Read on, so that the server never waits for, or fails on, what it prints.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Running { child, http: http.unwrap(), mqtt: mqtt.unwrap(), admin }
}

/// Asks for a stop as a service manager would, and sees it end in order.
pub(crate) async fn terminate(child: &mut Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().unwrap().to_string()]).status().await.unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

async fn json(request: reqwest::RequestBuilder) -> Value {
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn what_stops_it_from_starting_is_said_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let on = |http: &str, mqtt: &str| {
        let mut command = dayi();
        command.args(["serve", "--http", http, "--mqtt", mqtt, "--data"]).arg(data.path());
        command
    };
    let (code, said) = fails(&mut on(&taken, "127.0.0.1:0")).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&taken) && said.contains("--http"), "{said}");
    let (code, said) = fails(&mut on("127.0.0.1:0", &taken)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&taken) && said.contains("--mqtt"), "{said}");

    let file = data.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let (code, said) = fails(dayi().args(["serve", "--http", "127.0.0.1:0", "--data"]).arg(&file)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("data folder") && said.contains("--data"), "{said}");

    let mut server = serve(&data.path().join("kept")).await;
    let (code, said) = fails(
        dayi()
            .args(["serve", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data"])
            .arg(data.path().join("kept")),
    )
    .await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("another dayi") && said.contains("--data"), "{said}");
    terminate(&mut server.child).await;

    let config = data.path().join("dayi.toml");
    std::fs::write(&config, "[mqtt]\nport = 1883\n").unwrap();
    let (code, said) = fails(dayi().args(["serve", "--config"]).arg(&config)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("port") && said.contains("dayi.toml"), "{said}");

    let (code, said) = fails(dayi().args(["serve", "--http", "nowhere"])).await;
    assert_eq!(code, Some(2), "{said}");
    let (code, said) = fails(dayi().args(["demo", "--http", "0.0.0.0:0"])).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("dayi serve"), "{said}");
}

#[tokio::test]
async fn it_stops_in_order_when_asked() {
    let data = tempfile::tempdir().unwrap();
    let mut server = serve(data.path()).await;
    terminate(&mut server.child).await;
}

#[tokio::test]
async fn a_kill_loses_no_announced_state_and_repeats_no_sequence_number() {
    let data = tempfile::tempdir().unwrap();
    let client = showing("t");
    let mut server = serve(data.path()).await;
    let instruments = format!("{}/api/v1/instruments", server.http);
    let added = json(client.post(&instruments).bearer_auth("t").json(&crate::harness::instrument("sem-1"))).await;
    let token = added["credentials"]["token"].as_str().unwrap();
    let start = crate::harness::now_ms() - 900_000;
    let mut states = Value::Null;
    for round in 0..3 {
        let mut sensor = Sensor::connect(server.mqtt, "sem-1", token).await;
        let begin = start + round * 300_000;
        sensor.draw(6.0, begin, 150).await;
        sensor.draw(0.0, begin + 150_000, 150).await;
        let url = format!("{}/api/v1/instruments/sem-1", server.http);
        let mut announced = json(client.get(&url)).await;
        // Two changes a round: on, then off.
        while announced["state"]["seq"].as_i64() < Some(2 * (round + 1)) {
            announced = json(client.get(&url)).await;
        }
        server.child.kill().await.unwrap();
        server = serve(data.path()).await;
        let again = json(client.get(format!("{}/api/v1/instruments/sem-1", server.http))).await;
        assert_eq!(again["state"], announced["state"]);
        states = json(client.get(format!("{}/api/v1/instruments/sem-1/states", server.http))).await;
    }
    let seqs: Vec<u64> = states["items"].as_array().unwrap().iter().map(|item| item["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert!(seqs.len() >= 6, "{states}");
}

#[tokio::test]
async fn a_demo_shows_a_living_province_and_stops_when_asked() {
    let data = tempfile::tempdir().unwrap();
    let mut demo = listening(dayi().args(["demo", "--instruments", "50"]), data.path()).await;
    let url = format!("{}/api/v1/instruments?limit=50", demo.http);
    let client = showing(&demo.admin.clone().unwrap());
    let known = |list: &Value| {
        let items = list["items"].as_array().unwrap();
        items.iter().filter(|item| matches!(item["state"]["state"].as_str(), Some("on" | "standby" | "off"))).count()
    };
    let mut list = json(client.get(&url)).await;
    while known(&list) < 40 {
        list = json(client.get(&url)).await;
    }
    assert_eq!(list["items"].as_array().unwrap().len(), 50);
    terminate(&mut demo.child).await;

    // The same province again, with the sensors' new tokens.
    let mut demo = listening(dayi().args(["demo", "--instruments", "50"]), data.path()).await;
    let client = showing(&demo.admin.clone().unwrap());
    let list = json(client.get(format!("{}/api/v1/instruments?limit=50", demo.http))).await;
    assert_eq!(list["total"], 50);
    terminate(&mut demo.child).await;
}

#[tokio::test]
async fn a_fleet_that_the_limit_of_open_files_does_not_allow_is_refused_with_what_to_do() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 700 && exec \"$0\" demo --instruments 1000", env!("CARGO_BIN_EXE_dayi")]);
    let (code, said) = fails(&mut command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ulimit -Hn") && said.contains("--instruments 188"), "{said}");
}

/// An hour off, an hour on, and both again, at one reading in ten seconds.
fn recording(folder: &Path) -> std::path::PathBuf {
    let mut csv = String::from("ts,current_a,state\n");
    for step in 0..4 * 360 {
        let (current_a, state) = if (step / 360) % 2 == 0 { (0.0, "off") } else { (6.0, "on") };
        csv += &format!("{},{current_a},{state}\n", 1_600_000_000_000_i64 + step * 10_000);
    }
    let file = folder.join("pump 1.csv");
    std::fs::write(&file, csv).unwrap();
    file
}

#[tokio::test]
async fn a_recording_is_played_through_mqtt_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let file = recording(folder.path());
    let output = dayi().args(["replay", "--json", "--whole", "--trace"]).arg(&file).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let method = &report["methods"][0];
    assert_eq!(report["traces"].as_array().unwrap().len(), 1);
    assert!(method["accuracy"].as_f64() > Some(0.95), "{report}");
    assert_eq!(method["false_transitions_per_day"].as_f64(), Some(0.0), "{report}");

    let (code, said) = fails(dayi().args(["replay", "--trace"]).arg(folder.path().join("none.csv"))).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("none.csv"), "{said}");
    let (code, said) = fails(dayi().args(["replay", "--speed", "0", "--trace"]).arg(&file)).await;
    assert_eq!(code, Some(2), "{said}");
}

#[tokio::test]
async fn recordings_are_evaluated_without_the_network() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path());
    let output = dayi().args(["evaluate", "--json", "--traces"]).arg(folder.path()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for method in report["methods"].as_array().unwrap() {
        for key in ["accuracy", "macro_f1", "false_transitions_per_day", "delay_p50_s", "delay_p95_s"] {
            assert!(method.get(key).is_some(), "{key} of {method}");
        }
    }
    let empty = tempfile::tempdir().unwrap();
    let (code, said) = fails(dayi().args(["evaluate", "--traces"]).arg(empty.path())).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("csv"), "{said}");
}
