use super::{InstrumentId, Reach};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Where a unit stands in the tree: the ids from the root down to it, each followed by `/`, such as `zj/hangzhou/zju/`.
/// The empty path is above all roots. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitPath(Arc<str>);

impl UnitPath {
    /// Above everything.
    #[must_use]
    pub fn root() -> Self {
        Self("".into())
    }

    /// The path of a unit below this one.
    #[must_use]
    pub fn child(&self, id: &str) -> Self {
        Self(format!("{}{id}/", self.0).into())
    }

    /// A path as it is stored.
    #[must_use]
    pub fn stored(path: &str) -> Self {
        Self(path.into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this unit or below it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&*self.0)
    }

    /// The unit's own id; empty above the roots.
    #[must_use]
    pub fn id(&self) -> &str {
        self.ids().next_back().unwrap_or_default()
    }

    /// The ids from the root down.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split_terminator('/')
    }

    /// This unit and those above it, itself first, the empty path last: the order in which a setting is inherited.
    #[must_use]
    pub fn upwards(&self) -> Vec<Self> {
        let mut paths = vec![Self::root()];
        for id in self.ids() {
            paths.push(paths[paths.len() - 1].child(id));
        }
        paths.reverse();
        paths
    }
}

impl fmt::Display for UnitPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the tree and the filters know an instrument by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The laboratory or institution it belongs to.
    pub unit: UnitPath,
    /// Its class, GB/T 32847 six digits where known.
    pub class: Arc<str>,
}

/// Where instruments stand, looked up in memory. Whoever needs it is handed it by `app`.
pub trait Places: Send + Sync + 'static {
    /// Where the instrument stands; `None` if there is no such instrument.
    fn place(&self, instrument: &InstrumentId) -> Option<Place>;
    /// Every instrument, ordered by id.
    fn instruments(&self) -> Vec<InstrumentId>;
    /// Whether the instrument is there and stands within reach.
    fn holds(&self, reach: &Reach, instrument: &InstrumentId) -> bool {
        self.place(instrument).is_some_and(|place| reach.holds(&place.unit))
    }
    /// The unit of this id; `None` if there is none.
    fn unit(&self, id: &str) -> Option<UnitPath>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(ids: &[&str]) -> UnitPath {
        ids.iter().fold(UnitPath::root(), |path, id| path.child(id))
    }

    #[test]
    fn a_unit_holds_itself_and_what_is_below_it_and_no_namesake() {
        let (city, institution, namesake) = (path(&["zj", "hz"]), path(&["zj", "hz", "zju"]), path(&["zj", "hz2"]));
        assert!(city.holds(&city) && city.holds(&institution) && UnitPath::root().holds(&city));
        assert!(!institution.holds(&city) && !city.holds(&namesake));
        assert_eq!(institution.id(), "zju");
        assert_eq!(institution.upwards(), [institution.clone(), city, path(&["zj"]), UnitPath::root()]);
    }
}
