use super::store::Log;
use crate::domain::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const DAY_MS: i64 = 24 * 3_600_000;
/// How often is looked for what is too old.
const EVERY: Duration = Duration::from_secs(3_600);

/// Forgets what was written down more than `days` days ago, again and again until `stop`; 0 keeps all.
pub async fn forget_old(log: Log, days: u32, clock: Arc<dyn Clock>, stop: CancellationToken) {
    if days == 0 {
        return;
    }
    loop {
        if let Err(error) = log.forget(clock.now_ms() - i64::from(days) * DAY_MS).await {
            tracing::error!(%error, "old entries of the audit log could not be deleted; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Write;
    use crate::audit::store::Wanted;
    use crate::domain::{ManualClock, Reach};
    use crate::platform::config::Config;
    use crate::platform::db::Db;

    #[tokio::test]
    async fn what_is_too_old_goes_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let db = Db::open(&config).await.unwrap();
        let log = Log::new(db.clone());
        let write = |at_ms| Write { at_ms, operation: "add_unit".into(), ..Write::default() };
        for (at_ms, number) in [(0, 1), (DAY_MS, 2)] {
            assert_eq!(log.begin(write(at_ms)).await.unwrap(), number);
        }
        let forget = async |days, now_ms| {
            let stop = CancellationToken::new();
            stop.cancel();
            forget_old(log.clone(), days, Arc::new(ManualClock::at(now_ms)), stop).await;
            log.find(&Wanted::default(), &Reach::Everything, 10, 0).await.unwrap().0
        };
        assert_eq!(forget(0, 9 * DAY_MS).await, 2);
        assert_eq!(forget(1, DAY_MS).await, 2, "one that is a day old is kept");
        assert_eq!(forget(1, DAY_MS + 1).await, 1);
        assert_eq!(forget(1, 9 * DAY_MS).await, 1, "the newest stays");
        assert_eq!(log.begin(write(9 * DAY_MS)).await.unwrap(), 3);
        db.close().await;
    }
}
