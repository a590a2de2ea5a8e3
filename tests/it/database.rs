//! Which database the servers of the tests get: the embedded one, or one of their own on the PostgreSQL server that
//! DAYI_TEST_DATABASE_URL names (see tests/postgres/run).

use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The databases of this process by the data folder they go with.
static MADE: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);

/// The address of the database that goes with a data folder, made when it is asked for first; `None` is the embedded one.
pub(crate) fn url(data: &Path) -> Option<String> {
    let admin = std::env::var("DAYI_TEST_DATABASE_URL").ok()?;
    let mut made = MADE.lock().unwrap();
    let made = made.get_or_insert_default();
    let number = made.len();
    let new = || {
        let name = format!("dayi_it_{}_{number}", std::process::id());
        let (server, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        // A thread of its own, for whoever asks may be in a runtime.
        std::thread::spawn(move || block_on(make(&admin, &name))).join().unwrap();
        url
    };
    Some(made.entry(data.to_owned()).or_insert_with(new).clone())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Makes a database, and removes those of processes that have ended.
async fn make(admin: &str, name: &str) {
    let mut connection = PgConnection::connect(admin).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
    let all = "SELECT datname FROM pg_database WHERE datname LIKE 'dayi\\_it\\_%'";
    let all: Vec<String> = sqlx::query_scalar(all).fetch_all(&mut connection).await.unwrap();
    for old in all {
        let process = old.split('_').nth(2).unwrap();
        if !Path::new("/proc").join(process).exists() {
            // Another test may have done it.
            let drop = format!("DROP DATABASE IF EXISTS {old} WITH (FORCE)");
            let _ = sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await;
        }
    }
    connection.close().await.unwrap();
}
