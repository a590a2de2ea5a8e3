use super::Gate;
use super::lease::Leases;

/// Ends sessions whose clients' rights have changed. Cheap to clone.
#[derive(Clone)]
pub struct Closer(Leases);

impl Closer {
    pub(in crate::ingest) fn of(gate: &Gate) -> Self {
        Self(gate.leases.clone())
    }

    /// Ends the client's session, if it has one: its will is spoken, and a v5 client is told that it was an
    /// administrative action. What it published is acknowledged as far as it was taken.
    pub fn close(&self, client_id: &str) {
        self.0.close(client_id);
    }
}
