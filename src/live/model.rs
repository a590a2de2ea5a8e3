use crate::domain::{CurrentState, InstrumentId, UnitPath};
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::mpsc;

/// An institution, as the wall groups by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstitutionView {
    /// Names it everywhere.
    pub id: String,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Its city, in Chinese.
    pub city: String,
    /// Its city, in English.
    pub city_en: String,
}

/// What the catalogue says of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Names it everywhere.
    pub id: InstrumentId,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Who owns it.
    pub institution: InstitutionView,
    /// Where it stands in the tree.
    pub unit: UnitPath,
    /// Its class.
    pub class: String,
    /// What a search looks in, in lower case.
    pub words: String,
}

/// An instrument as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the catalogue says of it.
    pub card: Arc<Card>,
    /// Its announced state.
    pub state: CurrentState,
}

/// What the live push needs of the running fleet.
pub trait Fleet: Send + Sync + 'static {
    /// Every instrument.
    fn rows(&self) -> Vec<Row>;
    /// One instrument; `None` when there is none, or none any more.
    fn row(&self, instrument: &InstrumentId) -> Option<Row>;
    /// The unit of this id; `None` if there is none.
    fn unit(&self, id: &str) -> Option<UnitPath>;
    /// An instrument's newest current in ampere.
    fn last_current(&self, instrument: &InstrumentId) -> Option<f32>;
    /// Sends the instrument's readings (UTC milliseconds, ampere) to `watcher` until that is closed; whether there is
    /// such an instrument.
    fn watch<'a>(&'a self, instrument: &'a InstrumentId, watcher: mpsc::Sender<(i64, f32)>) -> BoxFuture<'a, bool>;
}
