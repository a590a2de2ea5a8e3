use crate::catalog::credentials::Credentials;
use crate::catalog::memory::Catalog;
use crate::catalog::model::Bound;
use crate::catalog::units::PROVINCE;
use crate::domain::{InstrumentId, Places, Reach, UnitPath};

/// What of instruments and clients somebody sees.
pub(super) struct Sight<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) credentials: &'a Credentials,
    pub(super) reach: Reach,
}

impl Sight<'_> {
    /// Whether the instrument is in it.
    pub(super) fn instrument(&self, id: &InstrumentId) -> bool {
        self.catalog.holds(&self.reach, id)
    }

    /// Whether it is everything there is.
    pub(super) fn is_whole(&self) -> bool {
        self.reach.holds(&UnitPath::root().child(PROVINCE))
    }

    /// Whether the client is in it: all that it reports for is. One that reports for nothing belongs to nobody yet, so only
    /// who sees everything sees it.
    pub(super) fn client(&self, client_id: &str) -> bool {
        let bound = self.credentials.bound_to(client_id);
        match bound {
            Some(bound) if bound.is_empty() => self.is_whole(),
            Some(bound) => bound.iter().all(|instrument| self.instrument(instrument)),
            None => false,
        }
    }

    /// The bindings in it, ordered by instrument.
    pub(super) fn bindings(&self) -> Vec<Bound> {
        let mut all = self.credentials.all_bound();
        all.retain(|bound| self.instrument(&bound.instrument));
        all
    }
}
