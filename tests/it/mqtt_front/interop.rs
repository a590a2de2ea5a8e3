//! Mosquitto's own clients against the front.

use super::bench::Bench;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Whether Mosquitto's clients are here; says so if not.
fn installed() -> bool {
    let found = std::process::Command::new("mosquitto_pub").arg("--help").stdout(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: mosquitto_pub is not installed (apt-get install mosquitto-clients)");
    }
    found
}

fn client(bench: &Bench, program: &str, version: &str, args: &[&str]) -> Command {
    let port = bench.addr.port().to_string();
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &port, "-V", version]).args(args).kill_on_drop(true);
    command
}

#[tokio::test]
async fn mosquitto_pub_delivers_readings() {
    if !installed() {
        return;
    }
    for version in ["mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let bench = Bench::new();
            let args = ["-i", "s-a", "-q", qos, "-t", "dayi/v1/s-a/telemetry", "-m", r#"{"current":1.5}"#];
            let status = client(&bench, "mosquitto_pub", version, &args).status().await.unwrap();
            assert!(status.success(), "{version} {qos}");
            bench.sink.started(1).await;
            assert_eq!(bench.sink.readings_of("s-a").len(), 1, "{version} {qos}");
        }
    }
}

#[tokio::test]
async fn mosquitto_pub_is_refused_with_the_reason() {
    if !installed() {
        return;
    }
    for (version, said) in [("mqttv311", "not authorised"), ("mqttv5", "Not authorized")] {
        let bench = Bench::new();
        let args = ["-i", "nobody", "-t", "x", "-m", "x"];
        let output = client(&bench, "mosquitto_pub", version, &args).output().await.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(said), "{version}: {stderr}");
    }
}

#[tokio::test]
async fn mosquitto_sub_gets_states_and_messages() {
    if !installed() {
        return;
    }
    for version in ["mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let bench = Bench::new();
            let args = ["-i", "svc-sub", "-q", qos, "-t", "dayi/v1/i7/state", "-t", "chat/#", "-F", "%r %t %p"];
            let mut sub = client(&bench, "mosquitto_sub", version, &args).stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(sub.stdout.take().unwrap()).lines();
            assert_eq!(lines.next_line().await.unwrap().unwrap(), "1 dayi/v1/i7/state state of 7");
            bench.publisher.state(&"i7".parse().unwrap(), "on".into()).await;
            assert_eq!(lines.next_line().await.unwrap().unwrap(), "0 dayi/v1/i7/state on");
            let args = ["-i", "svc-pub", "-q", qos, "-t", "chat/电", "-m", "hello"];
            assert!(client(&bench, "mosquitto_pub", version, &args).status().await.unwrap().success());
            assert_eq!(lines.next_line().await.unwrap().unwrap(), "0 chat/电 hello");
            sub.kill().await.unwrap();
        }
    }
}
