use super::model::{Institution, Instrument};
use super::units::Units;
use crate::domain::{InstrumentId, OpeningHours, Openings, Place, Places, UnitPath};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// All instruments and units, in memory. Cheap to clone.
#[derive(Clone, Default)]
pub struct Catalog(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    instruments: BTreeMap<InstrumentId, Arc<Instrument>>,
    units: Arc<Units>,
    usual: Arc<OpeningHours>,
}

impl Catalog {
    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instrument, if there is one of this id, retired or not.
    #[must_use]
    pub fn get(&self, id: &InstrumentId) -> Option<Arc<Instrument>> {
        self.read().instruments.get(id).cloned()
    }

    /// Every instrument, ordered by id; retired ones too.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Instrument>> {
        self.read().instruments.values().cloned().collect()
    }

    /// Every instrument in service, ordered by id.
    #[must_use]
    pub fn in_service(&self) -> Vec<Arc<Instrument>> {
        self.read().instruments.values().filter(|instrument| instrument.retired_ms.is_none()).cloned().collect()
    }

    /// The tree as it is now.
    #[must_use]
    pub fn units(&self) -> Arc<Units> {
        self.read().units.clone()
    }

    /// The institution an instrument belongs to.
    #[must_use]
    pub fn institution(&self, instrument: &Instrument) -> Institution {
        self.read().units.institution(&instrument.details.unit)
    }

    /// Where an instrument stands; above everything if its unit is not there.
    #[must_use]
    pub fn path(&self, instrument: &Instrument) -> UnitPath {
        self.read().path(instrument)
    }

    /// The instruments in a part of the tree, ordered by id; retired ones too.
    pub(super) fn within(&self, path: &UnitPath) -> Vec<InstrumentId> {
        let known = self.read();
        let inside = known.instruments.values().filter(|instrument| path.holds(&known.path(instrument)));
        inside.map(|instrument| instrument.id.clone()).collect()
    }

    pub(super) fn insert(&self, instrument: Arc<Instrument>) {
        self.write().instruments.insert(instrument.id.clone(), instrument);
    }

    pub(super) fn remove(&self, id: &InstrumentId) {
        self.write().instruments.remove(id);
    }

    pub(super) fn change_units(&self, change: impl FnOnce(&mut Units)) {
        change(Arc::make_mut(&mut self.write().units));
    }
}

impl Known {
    fn path(&self, instrument: &Instrument) -> UnitPath {
        self.units.get(&instrument.details.unit).map_or_else(UnitPath::root, |unit| unit.path.clone())
    }
}

impl Places for Catalog {
    fn place(&self, instrument: &InstrumentId) -> Option<Place> {
        let known = self.read();
        let instrument = known.instruments.get(instrument)?;
        Some(Place { unit: known.path(instrument), class: instrument.details.class.as_str().into() })
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        self.in_service().iter().map(|instrument| instrument.id.clone()).collect()
    }

    fn unit(&self, id: &str) -> Option<UnitPath> {
        self.read().units.get(id).map(|unit| unit.path.clone())
    }
}

impl Openings for Catalog {
    fn opening(&self, instrument: &InstrumentId) -> Arc<OpeningHours> {
        let known = self.read();
        let Some(instrument) = known.instruments.get(instrument) else { return known.usual.clone() };
        if let Some(own) = &instrument.details.opening {
            return Arc::new(own.clone());
        }
        known.units.opening(&instrument.details.unit).map_or_else(|| known.usual.clone(), |(opening, _)| opening)
    }
}
