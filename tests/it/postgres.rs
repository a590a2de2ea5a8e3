//! A PostgreSQL server that refuses, goes away, comes back, or is another dayi's.

use crate::harness::{self, Server, now_ms};
use dayi::app::App;
use dayi::platform::config::Config;
use dayi::platform::db::{Db, DbError};
use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, query, query_scalar};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A PostgreSQL server of its own, on a socket.
pub(crate) struct Cluster {
    folder: TempDir,
    options: Vec<String>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), &[])
    }

    fn start_in(folder: TempDir, options: &[&str]) -> Self {
        let cluster = Self { folder, options: options.iter().map(ToString::to_string).collect() };
        cluster.tell("start");
        cluster
    }

    fn tell(&self, what: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres/cluster");
        let mut command = Command::new(script);
        command.arg(what).arg(self.folder.path());
        if what == "start" {
            command.args(&self.options);
        }
        assert!(command.status().unwrap().success(), "{what}");
    }

    /// The address of a database for a user, who may be `user:password`.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        let socket = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://{user}@{socket}/{database}")
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url("postgres", "postgres")).await.unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.tell("stop");
    }
}

pub(crate) fn config(data: &Path, url: String) -> Config {
    let mut config = harness::config(data);
    config.database.url = Some(url);
    config
}

async fn start(data: TempDir, url: String) -> Server {
    let app = App::start(config(data.path(), url)).await.unwrap();
    Server::of(app, data)
}

/// What stops a server from starting.
async fn refused(url: String) -> String {
    let data = tempfile::tempdir().unwrap();
    Db::open(&config(data.path(), url)).await.map(drop).unwrap_err().to_string()
}

async fn health(server: &Server) -> Value {
    server.client.get(server.url("/healthz")).send().await.unwrap().json().await.unwrap()
}

/// Returns when the server says this of its health.
async fn comes_to_be(server: &Server, status: &str) -> Value {
    loop {
        let health = health(server).await;
        if health["status"] == status {
            return health;
        }
    }
}

fn states(answer: &Value) -> Vec<(u64, &str)> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| (item["seq"].as_u64().unwrap(), item["state"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn what_stops_it_from_starting_is_said_with_what_to_do() {
    let cluster = Cluster::start();
    let mut admin = cluster.connect().await;
    for sql in [
        "CREATE ROLE guarded LOGIN PASSWORD 'right'",
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    ] {
        query(sql).execute(&mut admin).await.unwrap();
    }
    let said = refused(cluster.url("guarded:wrong", "postgres")).await;
    assert!(said.contains("user guarded") && said.contains("password") && !said.contains("wrong"), "{said}");
    let said = refused(cluster.url("nobody", "postgres")).await;
    assert!(said.contains("user nobody"), "{said}");
    let said = refused(cluster.url("postgres", "states")).await;
    assert!(said.contains("CREATE DATABASE \"states\""), "{said}");
    let said = refused(cluster.url("postgres", "latin")).await;
    assert!(said.contains("LATIN1") && said.contains("UTF8"), "{said}");
    let said = refused(cluster.url("postgres", "postgres?sslmode=require")).await;
    assert!(said.contains("TLS") && said.contains("sslmode"), "{said}");
    let said = refused("postgres://postgres@%2Fno%2Fsuch/states".into()).await;
    assert!(said.contains("does not answer") && said.contains("[database] url"), "{said}");

    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let url = cluster.url("postgres", "postgres");
    let first = Db::open(&config(one.path(), url.clone())).await.unwrap();
    let said = refused(url.clone()).await;
    assert!(said.contains("another dayi") && said.contains("[database] url"), "{said}");
    Db::join(&config(two.path(), url.clone())).await.unwrap();
    first.close().await;
    Db::open(&config(two.path(), url)).await.unwrap().close().await;
}

#[tokio::test]
async fn while_it_is_away_readings_are_kept_and_afterwards_everything_is_there() {
    let cluster = Cluster::start();
    let url = cluster.url("postgres", "postgres");
    let server = start(tempfile::tempdir().unwrap(), url.clone()).await;
    assert!(!server.data.path().join("dayi.db").exists());
    let (mut sensor, token) = server.add_with_token("sem-1").await;
    let begin = now_ms() - 1_200_000;
    sensor.draw(6.0, begin, 150).await;
    server.app.settled().await;

    cluster.tell("stop");
    let away = comes_to_be(&server, "degraded").await;
    assert!(away["problems"][0].as_str().unwrap().contains("journal"), "{away}");
    let ready = server.client.get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.json::<Value>().await.unwrap()["problems"], away["problems"]);
    sensor.draw(0.0, begin + 150_000, 150).await;
    let path = "/api/v1/instruments/sem-1/states";
    let answer = server.client.get(server.url(path)).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let readings = server.client.get(server.url("/api/v1/instruments/sem-1/readings")).send().await.unwrap();
    let readings: Value = readings.json().await.unwrap();
    assert_eq!(readings["readings"].as_array().unwrap().len(), 300);

    cluster.tell("start");
    comes_to_be(&server, "ok").await;
    let (_, before) = server.get(path).await;
    assert_eq!(states(&before), [(1, "on"), (2, "off")]);

    // Away again, and the server is stopped meanwhile.
    cluster.tell("stop");
    comes_to_be(&server, "degraded").await;
    sensor.draw(6.0, begin + 300_000, 150).await;
    server.app.stop().await;
    let Err(error) = App::start(config(server.data.path(), url.clone())).await else { panic!("no database") };
    assert!(error.to_string().contains("does not answer"), "{error}");
    cluster.tell("start");
    let server = start(server.data, url).await;
    let mut sensor = harness::Sensor::connect(server.app.mqtt, "sem-1", &token).await;
    sensor.draw(0.0, begin + 450_000, 150).await;
    let (_, after) = server.get(path).await;
    assert_eq!(states(&after), [(1, "on"), (2, "off"), (3, "on"), (4, "off")]);
    assert_eq!(after["items"][0], before["items"][0]);
    server.app.stop().await;
}

/// Where the server's claim is among the locks.
const CLAIM: &str = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 1684109673 AND objid = 1";

#[tokio::test]
async fn a_claim_that_is_lost_is_taken_again_or_ends_the_server() {
    let cluster = Cluster::start();
    let server = start(tempfile::tempdir().unwrap(), cluster.url("postgres", "postgres")).await;
    let mut admin = cluster.connect().await;
    let held: i32 = query_scalar(CLAIM).fetch_one(&mut admin).await.unwrap();
    let end = format!("SELECT pg_terminate_backend({held})");
    query(AssertSqlSafe(end)).execute(&mut admin).await.unwrap();
    loop {
        let again: Option<i32> = query_scalar(CLAIM).fetch_optional(&mut admin).await.unwrap();
        if again.is_some_and(|again| again != held) {
            break;
        }
    }
    assert_eq!(health(&server).await["status"], "ok");

    let take = format!("SELECT pg_terminate_backend(pid), pg_advisory_lock(1684109673, 1) FROM ({CLAIM}) AS claim");
    query(AssertSqlSafe(take)).execute(&mut admin).await.unwrap();
    server.app.lost().await;
    assert_eq!(health(&server).await["status"], "degraded");
}

#[tokio::test]
async fn it_speaks_tls_to_a_server_whose_certificate_holds() {
    let folder = tempfile::tempdir().unwrap();
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), signed.cert.pem()).unwrap();
    std::fs::write(folder.path().join("server.crt"), signed.cert.pem()).unwrap();
    let key = folder.path().join("server.key");
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let files =
        format!("-c ssl_cert_file={} -c ssl_key_file={}", folder.path().join("server.crt").display(), key.display());
    let cluster =
        Cluster::start_in(folder, &["-c listen_addresses=localhost -c ssl=on", &files, &format!("-c port={port}")]);
    let url = format!("postgres://postgres@localhost:{port}/postgres?sslmode=verify-full");
    let said = refused(url.clone()).await;
    assert!(said.contains("TLS") && said.contains("sslrootcert"), "{said}");

    let data = tempfile::tempdir().unwrap();
    let db = Db::open(&config(data.path(), format!("{url}&sslrootcert={}", ca.path().display()))).await.unwrap();
    let mut admin =
        PgConnection::connect(&format!("{}?port={port}", cluster.url("postgres", "postgres"))).await.unwrap();
    let ask = "SELECT bool_and(ssl) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'dayi'";
    let all: Option<bool> = query_scalar(ask).fetch_one(&mut admin).await.unwrap();
    assert_eq!(all, Some(true));
    db.close().await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let config = harness::config(data.path());
    let db = Db::open(&config).await.unwrap();
    let add = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    sea_orm::ConnectionTrait::execute_unprepared(db.writer(), add).await.unwrap();
    db.close().await;
    let error = Db::open(&config).await.map(drop).unwrap_err();
    assert!(matches!(error, DbError::Newer { .. }), "{error}");
    assert!(error.to_string().contains("m9999_future") && error.to_string().contains("update dayi"), "{error}");
}
