//! `kill -9` in the middle of its work: what was acknowledged is there afterwards, and what was announced stayed true.

use dayi_loadtest::crash::{CrashPlan, crash};
use std::time::Duration;

#[tokio::test]
async fn a_kill_loses_no_acknowledged_reading_and_no_transition() {
    let load = CrashPlan::new(env!("CARGO_BIN_EXE_dayi").into(), 4, 2, Duration::from_millis(5));
    let name = tempfile::tempdir().unwrap();
    let database = crate::database::url(name.path()).map(|url| ("DAYI__DATABASE__URL".to_owned(), url));
    let plan = CrashPlan { rounds: 3, most_acknowledged: 400, settings: database.into_iter().collect(), ..load };
    let crashed = crash(&plan, |_| {}).await.unwrap();
    assert_eq!(crashed.kills, 3);
    assert!(crashed.verdict.readings.acknowledged > 0 && crashed.verdict.states.announced > 0, "{crashed:?}");
    assert!(crashed.verdict.kept(), "{crashed:?}");
}
