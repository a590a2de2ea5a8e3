//! What the accounts need: the tree, and somebody who looks after what runs out.

use crate::account::{self, Door, Tree};
use crate::catalog::{Catalog, Credentials, Unit, UnitKind};
use crate::domain::{Clock, InstrumentId, UnitPath};
use crate::ingest::Clients;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often is looked for sessions and tokens that have run out.
const SWEEP: Duration = Duration::from_secs(10);

/// The tree as accounts see it.
pub(super) struct Units(pub(super) Catalog);

impl Tree for Units {
    fn reached_from(&self, unit: &str) -> Vec<UnitPath> {
        let units = self.0.units();
        // There is one province: whoever has a role there has it everywhere.
        let path = |unit: &Unit| if unit.kind == UnitKind::Province { UnitPath::root() } else { unit.path.clone() };
        match units.get(unit) {
            Some(unit) if unit.kind == UnitKind::Department => {
                unit.views.iter().filter_map(|id| units.get(id)).map(|unit| path(unit)).collect()
            }
            found => found.map(|unit| path(unit)).into_iter().collect(),
        }
    }
}

/// Lets everybody come back with what they reach when the tree has changed.
pub(super) fn tree_changed(door: &Door) -> Arc<dyn Fn() + Send + Sync> {
    let door = door.clone();
    Arc::new(move || door.tree_changed())
}

/// Ends what has run out, until `stop`.
pub(super) async fn sweep(accounts: account::Store, clock: Arc<dyn Clock>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
        if let Err(error) = accounts.sweep(clock.now_ms()).await {
            tracing::warn!(%error, "what ran out of sessions and tokens was not written down");
        }
    }
}

impl Clients for Credentials {
    fn instruments_of(&self, client: &str) -> Vec<InstrumentId> {
        self.bound_to(client).unwrap_or_default()
    }
}
