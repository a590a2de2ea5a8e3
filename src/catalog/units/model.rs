use crate::catalog::model::Institution;
use crate::domain::{OpeningHours, UnitPath};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The id of the province, which is always there.
pub const PROVINCE: &str = "province";

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnitKind {
    /// 省.
    Province,
    /// 市.
    City,
    /// 区县; may be left out.
    County,
    /// 单位.
    Institution,
    /// 实验室.
    Laboratory,
    /// 厅局: of science, finance, education, customs.
    Department,
}

impl UnitKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Province, Self::City, Self::County, Self::Institution, Self::Laboratory, Self::Department];

    /// As in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
            Self::Institution => "institution",
            Self::Laboratory => "laboratory",
            Self::Department => "department",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A part of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Names it everywhere; of the same characters as an instrument's.
    pub id: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Where it stands.
    pub path: UnitPath,
    /// When there is work; those of the unit above if left out.
    pub opening: Option<Arc<OpeningHours>>,
    /// The units that a department sees, by id, in order.
    pub views: Vec<String>,
    /// Counts its changes, from 1.
    pub version: i64,
}

impl Unit {
    /// The unit that it stands under.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        let mut ids = self.path.ids();
        ids.next_back();
        ids.next_back()
    }
}

/// All units.
#[derive(Clone, Debug, Default)]
pub struct Units(BTreeMap<String, Arc<Unit>>);

impl Units {
    /// The unit of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Unit>> {
        self.0.get(id)
    }

    /// All of them, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Unit>> {
        self.0.values()
    }

    /// The unit and those above it, itself first.
    pub fn upwards(&self, id: &str) -> impl Iterator<Item = &Arc<Unit>> {
        let path = self.get(id).map_or_else(UnitPath::root, |unit| unit.path.clone());
        let above: Vec<_> = path.ids().filter_map(|id| self.get(id)).collect();
        above.into_iter().rev()
    }

    /// The unit above, or itself, that is of this kind.
    #[must_use]
    pub fn above(&self, id: &str, kind: UnitKind) -> Option<&Arc<Unit>> {
        self.upwards(id).find(|unit| unit.kind == kind)
    }

    /// The institution that the unit belongs to, with its city; empty where there is none.
    #[must_use]
    pub fn institution(&self, id: &str) -> Institution {
        let names = |kind| self.above(id, kind).map(|unit| (unit.name.clone(), unit.name_en.clone()));
        let (name, name_en) = names(UnitKind::Institution).unwrap_or_default();
        let (city, city_en) = names(UnitKind::City).unwrap_or_default();
        let id = self.above(id, UnitKind::Institution).map(|unit| unit.id.clone()).unwrap_or_default();
        Institution { id, name, name_en, city, city_en }
    }

    /// The hours of the unit, or of the nearest above it that has some, and whose they are.
    #[must_use]
    pub fn opening(&self, id: &str) -> Option<(Arc<OpeningHours>, &str)> {
        self.upwards(id).find_map(|unit| unit.opening.clone().map(|opening| (opening, unit.id.as_str())))
    }

    pub(in crate::catalog) fn insert(&mut self, unit: Unit) {
        self.0.insert(unit.id.clone(), Arc::new(unit));
    }

    pub(in crate::catalog) fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }
}
