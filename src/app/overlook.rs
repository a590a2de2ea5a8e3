//! What the overview of models is told of the other slices.

use crate::catalog::Catalog;
use crate::domain::InstrumentId;
use crate::instrument::Registry;
use crate::labels::LabelStore;
use crate::platform::db::Db;
use crate::training::{Card, Overlooked};
use futures::future::BoxFuture;
use sea_orm::DbErr;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The catalogue, the running fleet and the labels.
pub(super) struct Overlook {
    catalog: Catalog,
    registry: Registry,
    labels: LabelStore,
}

impl Overlook {
    pub(super) fn over(catalog: &Catalog, registry: &Registry, db: &Db) -> Arc<Self> {
        let (catalog, registry) = (catalog.clone(), registry.clone());
        Arc::new(Self { catalog, registry, labels: LabelStore::new(db.clone()) })
    }
}

impl Overlooked for Overlook {
    fn cards(&self) -> Vec<Card> {
        let card = |instrument: &crate::catalog::Instrument| Card {
            id: instrument.id.clone(),
            name: instrument.details.name.clone(),
            name_en: instrument.details.name_en.clone(),
            class: instrument.details.class.clone(),
            unit: self.catalog.path(instrument),
        };
        self.catalog.in_service().iter().map(|instrument| card(instrument)).collect()
    }

    fn unnamed(&self) -> BoxFuture<'_, HashSet<InstrumentId>> {
        Box::pin(self.registry.unnamed())
    }

    fn labelled(&self) -> BoxFuture<'_, Result<HashMap<InstrumentId, i64>, DbErr>> {
        Box::pin(self.labels.labelled())
    }
}
