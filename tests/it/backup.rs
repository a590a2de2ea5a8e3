//! `dayi backup` and `dayi restore`: what comes back is what was there.

use crate::harness::{Sensor, Server, now_ms};
use crate::program::{dayi, fails};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use tokio::process::Command;

const IDS: [&str; 3] = ["sem-1", "sem-2", "sem-3"];

/// `dayi backup` or `dayi restore` on this data and its database.
fn tool(what: &str, data: &Path, option: &str, folder: &Path) -> Command {
    let mut command = dayi();
    command.arg(what).arg("--data").arg(data).arg(option).arg(folder);
    if let Some(url) = crate::database::url(data) {
        command.env("DAYI__DATABASE__URL", url);
    }
    command
}

async fn succeeds(command: &mut Command) {
    let (code, said) = fails(command).await;
    assert_eq!(code, Some(0), "{said}");
}

/// Of an instrument: its states by number, and its readings.
async fn known(server: &Server, id: &str) -> (Vec<Value>, Vec<Value>) {
    let (_, states) = server.get(&format!("/api/v1/instruments/{id}/states")).await;
    let (_, readings) = server.get(&format!("/api/v1/instruments/{id}/readings")).await;
    (states["items"].as_array().unwrap().clone(), readings["readings"].as_array().unwrap().clone())
}

/// The same instrument in a server that was restored from a backup: nothing of before is missing, nothing is twice, and what
/// came while the backup was taken is there up to some moment.
fn hold(restored: &(Vec<Value>, Vec<Value>), before: &(Vec<Value>, Vec<Value>), after: &(Vec<Value>, Vec<Value>)) {
    assert!(restored.1.len() >= before.1.len(), "{} {}", restored.1.len(), before.1.len());
    assert_eq!(restored.1, after.1[..restored.1.len()]);
    assert!(restored.0.len() >= before.0.len());
    for (number, (one, other)) in restored.0.iter().zip(&after.0).enumerate() {
        assert_eq!(one["seq"].as_u64(), Some(number as u64 + 1));
        for key in ["state", "start", "decided", "cause"] {
            assert_eq!(one[key], other[key], "{key} of {number}");
        }
    }
}

#[tokio::test]
async fn a_backup_beside_a_running_server_brings_everything_back() {
    let server = Server::start().await;
    let begin = now_ms() - 6 * 3_600_000;
    let mut sensors = Vec::new();
    for id in IDS {
        sensors.push(server.add_with_token(id).await);
    }
    for (sensor, _) in &mut sensors {
        for minute in 0..10 {
            sensor.draw(if minute % 2 == 0 { 6.0 } else { 0.0 }, begin + minute * 120_000, 120).await;
        }
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for id in IDS {
        before.push(known(&server, id).await);
    }
    // They go on meanwhile.
    let enough = Arc::new(AtomicBool::new(false));
    let publishing: Vec<_> = sensors
        .into_iter()
        .map(|(mut sensor, token)| {
            let enough = enough.clone();
            tokio::spawn(async move {
                let mut at = begin + 20 * 60_000;
                while !enough.load(Ordering::Relaxed) && at < begin + 5 * 3_600_000 {
                    sensor.draw(if at / 60_000 % 4 < 2 { 6.0 } else { 0.0 }, at, 20).await;
                    at += 20_000;
                }
                (token, at)
            })
        })
        .collect();
    let backups = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for backup in &backups {
        succeeds(&mut tool("backup", server.data.path(), "--to", backup.path())).await;
    }
    enough.store(true, Ordering::Relaxed);
    let mut tokens = Vec::new();
    for published in publishing {
        tokens.push(published.await.unwrap());
    }
    for id in IDS {
        after.push(known(&server, id).await);
    }
    server.app.stop().await;
    for backup in &backups {
        let data = tempfile::tempdir().unwrap();
        succeeds(&mut tool("restore", data.path(), "--from", backup.path())).await;
        let server = Server::start_in(data).await;
        for (n, id) in IDS.into_iter().enumerate() {
            hold(&known(&server, id).await, &before[n], &after[n]);
        }
        // A second start finds the same, and the sensor goes on.
        let server = server.restart().await;
        let (token, at) = &tokens[0];
        let mut sensor = Sensor::connect(server.app.mqtt, IDS[0], token).await;
        sensor.draw(3.25, *at, 1).await;
        let (_, readings) = known(&server, IDS[0]).await;
        assert_eq!(readings.last().unwrap()[1].as_f64(), Some(3.25));
        server.app.stop().await;
    }
}

/// Every file below a folder, by its path.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// A stopped server's data, and a backup of it.
async fn stopped() -> (TempDir, TempDir) {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    sensor.draw(6.0, now_ms() - 300_000, 150).await;
    server.app.settled().await;
    server.app.stop().await;
    let backup = tempfile::tempdir().unwrap();
    succeeds(&mut tool("backup", server.data.path(), "--to", backup.path())).await;
    (server.data, backup)
}

#[tokio::test]
async fn whatever_a_server_keeps_is_in_a_backup() {
    let (data, backup) = stopped().await;
    let mut kept = files(data.path());
    assert!(kept.remove("dayi.lock"));
    let mut saved = files(backup.path());
    assert!(saved.remove("manifest.json"));
    if saved.remove("database.dump") {
        assert!(!kept.contains("dayi.db"));
    }
    assert_eq!(kept, saved, "a new file in the data folder has to find its place in the order of a backup");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_not_restored() {
    let (data, backup) = stopped().await;
    let fresh = tempfile::tempdir().unwrap();
    let restore = || tool("restore", fresh.path(), "--from", backup.path());
    let refused = async |what: &str| {
        let (code, said) = fails(&mut restore()).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(what), "{said}");
        assert_eq!(files(fresh.path()).into_iter().filter(|file| file != "dayi.lock").count(), 0);
    };
    let readings = backup.path().join("readings.db");
    let whole = fs::read(&readings).unwrap();
    let mut damaged = whole.clone();
    damaged[5_000] ^= 1;
    fs::write(&readings, damaged).unwrap();
    refused("readings.db is damaged").await;
    fs::write(&readings, &whole[..whole.len() - 1]).unwrap();
    refused("readings.db is damaged").await;
    fs::remove_file(&readings).unwrap();
    refused("readings.db cannot be read").await;
    fs::write(&readings, whole).unwrap();

    let manifest = backup.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    for (instead, what) in [
        ("{".to_owned(), "manifest.json cannot be read"),
        (text.replace("\"format\": 1", "\"format\": 2"), "newer version"),
        (text.replace("\"readings.db\"", "\"../readings.db\""), "no file of a backup"),
    ] {
        fs::write(&manifest, instead).unwrap();
        refused(what).await;
    }
    fs::remove_file(&manifest).unwrap();
    refused("no finished backup").await;
    fs::write(&manifest, text).unwrap();

    // Neither is a good one over data that is there, nor taken into a folder that is not empty.
    let (code, said) = fails(&mut tool("restore", data.path(), "--from", backup.path())).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("not empty"), "{said}");
    let (code, said) = fails(&mut tool("backup", data.path(), "--to", backup.path())).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("not empty"), "{said}");
    let server = Server::start_in(data).await;
    let (code, said) = fails(&mut tool("restore", server.data.path(), "--from", backup.path())).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in use by another dayi"), "{said}");
    server.app.stop().await;

    // A restore that was broken off is no data to start on.
    fs::write(fresh.path().join("restore.unfinished"), "").unwrap();
    let (code, said) = fails(dayi().args(["serve", "--http", "127.0.0.1:0", "--data"]).arg(fresh.path())).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("restore") && said.contains("not finished"), "{said}");
}

#[tokio::test]
async fn a_backup_that_was_killed_is_none() {
    let (data, _backup) = stopped().await;
    // Large enough for a kill to come in between.
    let connection = rusqlite::Connection::open(data.path().join("readings.db")).unwrap();
    connection
        .execute_batch("CREATE TABLE filler (data BLOB); INSERT INTO filler VALUES (randomblob(40000000))")
        .unwrap();
    drop(connection);
    let to = tempfile::tempdir().unwrap();
    let mut child = tool("backup", data.path(), "--to", to.path()).spawn().unwrap();
    while !to.path().join("readings.db").exists() {
        tokio::task::yield_now().await;
    }
    child.kill().await.unwrap();
    let fresh = tempfile::tempdir().unwrap();
    let (code, said) = fails(&mut tool("restore", fresh.path(), "--from", to.path())).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no finished backup"), "{said}");
}
