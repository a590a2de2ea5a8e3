//! `dayi migrate` and `dayi check-config`.

use crate::program::dayi;
use sea_orm::ConnectionTrait;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use tokio::process::Command;

/// Runs it to its end: exit code, and everything it said.
async fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn migrate(data: &Path) -> Command {
    let mut command = dayi();
    command.arg("migrate").arg("--data").arg(data);
    if let Some(url) = crate::database::url(data) {
        command.env("DAYI__DATABASE__URL", url);
    }
    command
}

#[tokio::test]
async fn tables_are_brought_up_to_date_without_a_server_and_looked_at_without_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (code, said) = run(migrate(data).arg("--check")).await;
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = run(&mut migrate(data)).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("done: m0001_spine"), "{said}");
    for check in [&["--check"][..], &[]] {
        let (code, said) = run(migrate(data).args(check)).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("up to date"), "{said}");
    }

    let config = crate::harness::config(data);
    let db = dayi::platform::db::Db::open(&config).await.unwrap();
    let forget = "DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)";
    db.writer().execute_unprepared(forget).await.unwrap();
    let (code, said) = run(migrate(data).arg("--check")).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("pending: m00"), "{said}");
    let (code, said) = run(&mut migrate(data)).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in use by another dayi"), "{said}");
    let add = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    db.writer().execute_unprepared(add).await.unwrap();
    db.close().await;
    for check in [&["--check"][..], &[]] {
        let (code, said) = run(migrate(data).args(check)).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("newer version of dayi (m9999_future)"), "{said}");
    }
}

/// `dayi check-config` with this configuration, on free ports where it names none.
async fn check(folder: &Path, text: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let file = folder.join("dayi.toml");
    fs::write(&file, text).unwrap();
    let mut command = dayi();
    command.env_remove("DAYI__HTTP__ADMIN_TOKEN").env("DAYI__MQTT__LISTEN", "127.0.0.1:0");
    command.arg("check-config").arg("--config").arg(file).args(arguments);
    run(&mut command).await
}

/// What the check of this name found.
fn found<'a>(said: &'a str, what: &str) -> &'a str {
    let mut checks = said.lines().skip_while(|line| *line != "Checks");
    checks.find(|line| line.trim_start().starts_with(what)).unwrap_or_else(|| panic!("{what}: {said}"))
}

#[tokio::test]
async fn a_configuration_is_tried_and_said_what_to_do_about() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let fine = format!(
        "data_dir = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\nadmin_token = \"a-long-and-random-token\"\n[journal]\nmax_mb = 1\n",
        data.display()
    );
    let (code, said) = check(folder.path(), &fine, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("admin_token = (set)") && said.contains("journal.max_mb = 1"), "{said}");
    assert!(!said.contains("a-long-and-random-token"), "{said}");
    for what in ["data folder", "database", "disk", "page and API", "sensors", "admin token", "trainer"] {
        assert!(found(&said, what).contains("ok"), "{what}: {said}");
    }
    assert!(!data.exists(), "nothing is made");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let wrong = format!(
        "data_dir = {:?}\n[http]\nlisten = \"{}\"\nadmin_token = \"short\"\n\
         [mqtt.tls]\nlisten = \"127.0.0.1:0\"\ncert = \"no/such.pem\"\nkey = \"no/such.key\"\n\
         [models]\ntrainer = \"no/such\"\n[journal]\nmin_free_mb = 4000000000\n\
         [database]\nurl = \"postgres://dayi:hush@%2Fno%2Fsuch/dayi\"\n",
        data.display(),
        taken.local_addr().unwrap()
    );
    let (code, said) = check(folder.path(), &wrong, &[]).await;
    assert_eq!(code, Some(1), "{said}");
    for (what, says) in [
        ("database", "does not answer"),
        ("disk", "min_free_mb"),
        ("page and API", "Name another"),
        ("sensors, TLS", "no/such.pem"),
        ("trainer", "[models] trainer"),
    ] {
        let found = found(&said, what);
        assert!(found.contains("FAIL") && found.contains(says), "{what}: {said}");
    }
    assert!(found(&said, "admin token").contains("warn"), "{said}");
    assert!(said.contains("5 of") && !said.contains("hush"), "{said}");
    let (_, said) = check(folder.path(), &wrong, &["--offline"]).await;
    assert!(found(&said, "database").contains("left out"), "{said}");
}
