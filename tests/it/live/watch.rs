//! `dayi watch` as a person starts it.

use super::stage::{Stage, path};
use crate::program::{dayi, fails};
use dayi::domain::{InstrumentState, Role};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Notify;

/// A network between the program and the server that can be cut; returns where it listens.
async fn network(server: SocketAddr, cut: Arc<Notify>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let cut = cut.clone();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    () = cut.notified() => {}
                }
            });
        }
    });
    here
}

fn watch(http: SocketAddr, token: &str) -> Command {
    let mut command = dayi();
    command.args(["watch", "--url", &format!("http://{http}"), "--token", token]).stderr(Stdio::piped());
    command
}

fn lines(child: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(child.stdout.take().unwrap()).lines()
}

async fn json_line(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn changes_are_printed_over_a_break() {
    let stage = Stage::start().await;
    for id in ["a", "b"] {
        stage.fleet.put(id, "zj/hz");
    }
    stage.fleet.put("c", "zj/nb");
    let stage = stage.restart().await;
    let cut = Arc::new(Notify::new());
    let network = network(stage.http, cut.clone()).await;
    let mut program = watch(network, "admin")
        .args(["--where", "unit=hz,state=standby,state=unknown", "--json", "--now"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = lines(&mut program);
    for id in ["a", "b"] {
        let row = json_line(&mut out).await;
        assert_eq!((&row["kind"], &row["instrument"][0]), (&json!("row"), &json!(id)));
    }
    stage.change("c", InstrumentState::Standby).await;
    stage.change("a", InstrumentState::Standby).await;
    let change = json_line(&mut out).await;
    assert_eq!((&change["id"], &change["state"]), (&json!("a"), &json!("standby")));

    cut.notify_waiters();
    stage.change("a", InstrumentState::On).await;
    stage.change("b", InstrumentState::Standby).await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let line = json_line(&mut out).await;
        seen.push((line["kind"].clone(), line["id"].clone(), line["recovered"].clone()));
    }
    // The two may have come before the break was noticed.
    seen.sort_by_key(|(kind, ..)| kind.to_string());
    let (null, text) = (Value::Null, |text: &str| json!(text));
    assert_eq!(
        seen,
        [
            (text("away"), null.clone(), json!(true)),
            (text("left"), text("a"), null.clone()),
            (text("state"), text("b"), null)
        ]
    );
    program.kill().await.unwrap();
}

#[tokio::test]
async fn lines_are_for_people_too_and_what_cannot_be_is_said() {
    let stage = Stage::start().await;
    stage.fleet.put("a", "zj/hz");
    let stage = stage.restart().await;
    stage.keys.give("lab", Role::Operator, path("zj/hz"));
    let mut program = watch(stage.http, "lab").arg("--now").stdout(Stdio::piped()).spawn().unwrap();
    let mut out = lines(&mut program);
    let line = out.next_line().await.unwrap().unwrap();
    assert!(line.contains("a  unknown  电镜"), "{line}");
    stage.change("a", InstrumentState::On).await;
    let line = out.next_line().await.unwrap().unwrap();
    assert!(line.contains("a  unknown -> on  model  电镜"), "{line}");
    stage.keys.revoke("lab");
    let ended = program.wait_with_output().await.unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("sign in again"));

    let (code, said) = fails(&mut watch(stage.http, "guess")).await;
    assert!(code == Some(1) && said.contains("does not let this token in"), "{said}");
    let (code, said) = fails(watch(stage.http, "admin").args(["--where", "unit=mars"])).await;
    assert!(code == Some(1) && said.contains("there is no unit \"mars\""), "{said}");
    let (code, said) = fails(watch(stage.http, "admin").args(["--where", "city=x"])).await;
    assert!(code == Some(2) && said.contains("there is no condition"), "{said}");
}
