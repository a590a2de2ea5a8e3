//! What happens while a database server is away: readings go on into the journal, the actors work them through afterwards.

use crate::journal::Excuse;
use crate::platform::db::{Db, Standing};

/// Excuses the actors from keeping up while the database is away, which is what they wait for. Never returns.
pub(super) async fn excuse_actors(db: Db, excuse: impl Fn(&'static str, Excuse) + Send + Sync + 'static) {
    loop {
        db.stands(|standing| matches!(standing, Standing::Away(_))).await;
        excuse("actors", Excuse::Away);
        db.stands(|standing| *standing == Standing::Ours).await;
        excuse("actors", Excuse::CatchingUp);
    }
}

/// What is to be said of it.
pub(super) fn trouble(db: &Db) -> Option<String> {
    match db.standing() {
        Standing::Ours => None,
        Standing::Away(why) => {
            Some(format!("{why} Until it does, readings wait in the journal and states stay as they are"))
        }
        Standing::Lost => Some("another dayi has the database".into()),
    }
}
