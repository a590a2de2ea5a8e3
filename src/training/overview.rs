//! Which instruments' models wait for a person, and for what.

use super::model::Newest;
use crate::domain::{InstrumentId, UnitPath};
use futures::future::BoxFuture;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// What people know an instrument by.
#[derive(Clone, Debug)]
pub struct Card {
    /// The instrument.
    pub id: InstrumentId,
    /// Its name in Chinese.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// Its class.
    pub class: String,
    /// Where it stands.
    pub unit: UnitPath,
}

/// What the overview needs of the other slices.
pub trait Overlooked: Send + Sync + 'static {
    /// Every instrument in service, in the order of their ids.
    fn cards(&self) -> Vec<Card>;
    /// Those that know the levels of their current for good, none of which a person named.
    fn unnamed(&self) -> BoxFuture<'_, HashSet<InstrumentId>>;
    /// Those with labels, with the time of the newest stroke, UTC milliseconds.
    fn labelled(&self) -> BoxFuture<'_, Result<HashMap<InstrumentId, i64>, DbErr>>;
}

/// What an instrument's model needs of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ModelNeed)]
pub(super) enum Need {
    /// Its calibration is over, and nobody said what its levels are called.
    NameLevels,
    /// Its labels are newer than its newest model.
    Train,
    /// What it measures no longer looks like what the model that serves was trained on.
    Retrain,
    /// Its newest model was kept back: a person decides whether it serves.
    Review,
}

impl Need {
    pub(super) const ALL: [Self; 4] = [Self::NameLevels, Self::Train, Self::Retrain, Self::Review];
}

/// What is known of an instrument's models.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Standing {
    /// Whether its levels wait for a name.
    pub(super) unnamed: bool,
    /// When somebody last labelled it, UTC milliseconds.
    pub(super) labelled_ms: Option<i64>,
    /// Its newest version.
    pub(super) newest: Option<Newest>,
    /// The version that serves.
    pub(super) serving: Option<i64>,
    /// When it was last decided what serves, UTC milliseconds.
    pub(super) decided_ms: Option<i64>,
    /// When the model that serves was seen to drift, UTC milliseconds.
    pub(super) drifted_ms: Option<i64>,
}

impl Standing {
    /// What it needs, what comes first in its life first.
    pub(super) fn needs(&self) -> Vec<Need> {
        let has = |need: &Need| match need {
            Need::NameLevels => self.unnamed && self.serving.is_none() && self.labelled_ms.is_none(),
            Need::Train => self.labelled_ms > self.newest.and_then(|newest| newest.labels_read_ms),
            Need::Retrain => self.drifted_ms > self.newest.and_then(|newest| newest.labels_read_ms),
            // Who decided after it was made has decided on it, too.
            Need::Review => self.newest.is_some_and(|newest| {
                self.serving != Some(newest.version) && self.decided_ms.is_none_or(|at_ms| at_ms < newest.at_ms)
            }),
        };
        Need::ALL.into_iter().filter(has).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Need::{NameLevels, Retrain, Review, Train};
    use super::*;

    fn newest(version: i64, at_ms: i64) -> Option<Newest> {
        Some(Newest { version, at_ms, labels_read_ms: Some(at_ms) })
    }

    #[test]
    fn an_instrument_needs_one_thing_after_the_other_in_its_life() {
        let mut it = Standing::default();
        assert_eq!(it.needs(), []);
        it.unnamed = true;
        assert_eq!(it.needs(), [NameLevels]);
        it.labelled_ms = Some(10);
        assert_eq!(it.needs(), [Train]);
        it.newest = newest(1, 20);
        assert_eq!(it.needs(), [Review]);
        (it.serving, it.decided_ms) = (Some(1), Some(21));
        assert_eq!(it.needs(), []);
        it.drifted_ms = Some(30);
        assert_eq!(it.needs(), [Retrain]);
        it.labelled_ms = Some(31);
        assert_eq!(it.needs(), [Train, Retrain]);
        it.newest = newest(2, 40);
        assert_eq!(it.needs(), [Review]);
    }

    #[test]
    fn who_rolled_back_after_a_version_was_made_has_decided_on_it() {
        let rolled_back =
            Standing { newest: newest(3, 50), serving: Some(2), decided_ms: Some(60), ..Standing::default() };
        assert_eq!(rolled_back.needs(), []);
    }

    #[test]
    fn an_imported_model_waits_for_a_person_and_answers_no_labels() {
        let imported = Some(Newest { version: 1, at_ms: 50, labels_read_ms: None });
        let it = Standing { newest: imported, labelled_ms: Some(10), ..Standing::default() };
        assert_eq!(it.needs(), [Train, Review]);
    }
}
