use super::model::{PROVINCE, Unit, UnitKind, Units};
use crate::catalog::model::Institution;
use crate::domain::{InstrumentId, UnitPath};
use crate::platform::fitting_id::{city_id, fitting_id};
use std::collections::HashMap;

/// The longest name of a unit, in characters.
const LONGEST: usize = 200;

/// Why a unit cannot be so, for the person who entered it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongUnit {
    /// There is no such unit.
    #[error("there is no unit {0:?}")]
    Unknown(String),
    /// There is one of this id already.
    #[error("there is a unit {0:?} already")]
    Taken(String),
    /// There was a unit of this id.
    #[error("the id {0:?} belonged to a unit that was deleted, and is not given out again: choose another")]
    Used(String),
    /// The id has other characters.
    #[error("{0:?} is no id of a unit: use 1 to 64 of the characters A-Z a-z 0-9 . _ -")]
    Id(String),
    /// No name, or one too long.
    #[error("a unit has a name of 1 to 200 characters")]
    Name,
    /// This kind does not stand under that.
    #[error("this cannot stand under a {parent}: the place of a {child} is under: {right}")]
    Under {
        /// What was to stand there.
        child: &'static str,
        /// Where.
        parent: &'static str,
        /// Where it may.
        right: String,
    },
    /// The province.
    #[error("there is one province: it can be renamed, and nothing else")]
    Province,
    /// Only departments have views.
    #[error("only a department has views")]
    Views,
    /// Something stands under it or belongs to it.
    #[error("the unit {id} cannot be deleted: {what}")]
    InUse {
        /// Which.
        id: String,
        /// What keeps it.
        what: String,
    },
    /// Instruments stand in institutions and laboratories.
    #[error("instruments stand in institutions and laboratories; {0:?} is neither")]
    NoInstruments(String),
}

impl UnitKind {
    /// What it may stand under; nothing for the province.
    #[must_use]
    pub const fn parents(self) -> &'static [Self] {
        match self {
            Self::Province => &[],
            Self::City | Self::Department => &[Self::Province],
            Self::County => &[Self::City],
            Self::Institution => &[Self::City, Self::County],
            Self::Laboratory => &[Self::Institution],
        }
    }

    /// Whether instruments stand in it.
    #[must_use]
    pub const fn has_instruments(self) -> bool {
        matches!(self, Self::Institution | Self::Laboratory)
    }
}

/// Where a unit of this kind and id stands under the parent.
pub(super) fn path(units: &Units, kind: UnitKind, id: &str, parent: &str) -> Result<UnitPath, WrongUnit> {
    if kind == UnitKind::Province {
        return Err(WrongUnit::Province);
    }
    let parent = units.get(parent).ok_or_else(|| WrongUnit::Unknown(parent.chars().take(100).collect()))?;
    if kind.parents().contains(&parent.kind) {
        return Ok(parent.path.child(id));
    }
    let right: Vec<_> = kind.parents().iter().map(|kind| kind.name()).collect();
    Err(WrongUnit::Under { child: kind.name(), parent: parent.kind.name(), right: right.join(", ") })
}

/// Whether a unit may be added, or be what it was changed into.
pub(super) fn check(units: &Units, unit: &Unit) -> Result<(), WrongUnit> {
    if unit.id.parse::<InstrumentId>().is_err() {
        return Err(WrongUnit::Id(unit.id.chars().take(100).collect()));
    }
    if !(1..=LONGEST).contains(&unit.name.trim().chars().count()) || unit.name_en.chars().count() > LONGEST {
        return Err(WrongUnit::Name);
    }
    if unit.kind != UnitKind::Department && !unit.views.is_empty() {
        return Err(WrongUnit::Views);
    }
    match unit.views.iter().find(|view| units.get(view).is_none()) {
        Some(view) => Err(WrongUnit::Unknown(view.chars().take(100).collect())),
        None => Ok(()),
    }
}

/// The units that are others when one moves to a new path: itself and all below it.
pub(super) fn moved(units: &Units, unit: &Unit, to: &UnitPath) -> Vec<Unit> {
    let below = units.iter().filter(|other| unit.path.holds(&other.path));
    let moved = below.map(|other| {
        let rest = other.path.as_str().get(unit.path.as_str().len()..).unwrap_or_default();
        Unit { path: UnitPath::stored(&format!("{to}{rest}")), ..Unit::clone(other) }
    });
    moved.collect()
}

/// Whether the unit may be deleted; `instruments` belong to it.
pub(super) fn removable(units: &Units, unit: &Unit, instruments: usize) -> Result<(), WrongUnit> {
    if unit.kind == UnitKind::Province {
        return Err(WrongUnit::Province);
    }
    let in_use = |what: String| Err(WrongUnit::InUse { id: unit.id.clone(), what });
    if let Some(child) = units.iter().find(|other| other.parent() == Some(&unit.id)) {
        return in_use(format!("{} stands under it", child.id));
    }
    if let Some(department) = units.iter().find(|other| other.views.contains(&unit.id)) {
        return in_use(format!("the department {} sees it", department.id));
    }
    match instruments {
        0 => Ok(()),
        count => in_use(format!("{count} instruments, also retired ones, stand in it")),
    }
}

/// The unit, if instruments stand in it.
pub(in crate::catalog) fn for_instruments<'a>(units: &'a Units, id: &str) -> Result<&'a Unit, WrongUnit> {
    let unit = units.get(id).ok_or_else(|| WrongUnit::Unknown(id.chars().take(100).collect()))?;
    if unit.kind.has_instruments() { Ok(unit) } else { Err(WrongUnit::NoInstruments(unit.id.clone())) }
}

/// What becomes of institutions that are wanted by name.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Founded {
    /// Units that are not there yet, those above before those below.
    pub(in crate::catalog) new: Vec<Unit>,
    /// The unit of each institution that was wanted, by its id.
    pub(in crate::catalog) ids: HashMap<String, String>,
}

/// Finds institutions, and plans those that are not there, with their cities. One that is there keeps its names and place.
pub(in crate::catalog) fn found<'a>(
    units: &Units,
    wanted: impl IntoIterator<Item = &'a Institution>,
) -> Result<Founded, WrongUnit> {
    let mut founded = Founded::default();
    let mut cities: HashMap<&str, UnitPath> = HashMap::new();
    for institution in wanted {
        if founded.ids.contains_key(&institution.id) {
            continue;
        }
        let id = fitting_id(&institution.id);
        if let Some(unit) = units.get(&id) {
            if unit.kind != UnitKind::Institution {
                return Err(WrongUnit::Taken(id));
            }
        } else {
            let city = match cities.get(institution.city.as_str()) {
                Some(city) => city.clone(),
                None => {
                    let path = city(units, institution, &mut founded.new)?;
                    cities.insert(&institution.city, path.clone());
                    path
                }
            };
            founded.new.push(Unit {
                kind: UnitKind::Institution,
                name: institution.name.clone(),
                name_en: institution.name_en.clone(),
                path: city.child(&id),
                opening: None,
                views: Vec::new(),
                version: 1,
                id: id.clone(),
            });
        }
        founded.ids.insert(institution.id.clone(), id);
    }
    Ok(founded)
}

/// The institution's city, by either name or by what its id would be.
fn city(units: &Units, institution: &Institution, new: &mut Vec<Unit>) -> Result<UnitPath, WrongUnit> {
    let Institution { city, city_en, .. } = institution;
    let id = city_id(city, city_en);
    let named = |unit: &Unit| unit.name == *city || (!city_en.is_empty() && unit.name_en == *city_en);
    let known = units.iter().find(|unit| unit.kind == UnitKind::City && (unit.id == id || named(unit)));
    if let Some(known) = known {
        return Ok(known.path.clone());
    }
    if units.get(&id).is_some() {
        return Err(WrongUnit::Taken(id));
    }
    let path = path(units, UnitKind::City, &id, PROVINCE)?;
    if new.iter().all(|unit| unit.id != id) {
        let (name, name_en) = (city.clone(), city_en.clone());
        let (opening, views) = (None, Vec::new());
        new.push(Unit { id, kind: UnitKind::City, name, name_en, path: path.clone(), opening, views, version: 1 });
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn add(units: &mut Units, kind: UnitKind, id: &str, parent: &str) -> Result<(), WrongUnit> {
        let path = match kind {
            UnitKind::Province => UnitPath::root().child(id),
            kind => path(units, kind, id, parent)?,
        };
        units.insert(Unit {
            id: id.into(),
            kind,
            name: format!("{id} 名"),
            name_en: id.into(),
            path,
            opening: None,
            views: Vec::new(),
            version: 1,
        });
        Ok(())
    }

    fn tree() -> Units {
        let mut units = Units::default();
        for (kind, id, parent) in [
            (UnitKind::Province, PROVINCE, ""),
            (UnitKind::City, "hz", PROVINCE),
            (UnitKind::City, "nb", PROVINCE),
            (UnitKind::County, "xihu", "hz"),
            (UnitKind::Institution, "zju", "xihu"),
            (UnitKind::Laboratory, "sem", "zju"),
            (UnitKind::Department, "finance", PROVINCE),
        ] {
            add(&mut units, kind, id, parent).unwrap();
        }
        units
    }

    #[test]
    fn each_kind_stands_where_it_may() {
        let mut units = tree();
        assert_eq!(add(&mut units, UnitKind::Institution, "direct", "hz"), Ok(()), "a county may be left out");
        let wrong = add(&mut units, UnitKind::Laboratory, "x", "hz").unwrap_err().to_string();
        assert_eq!(wrong, "this cannot stand under a city: the place of a laboratory is under: institution");
        assert!(add(&mut units, UnitKind::Department, "x", "zju").is_err());
        assert_eq!(path(&units, UnitKind::Province, "x", ""), Err(WrongUnit::Province));
        assert_eq!(path(&units, UnitKind::City, "x", "no"), Err(WrongUnit::Unknown("no".into())));
        assert_eq!(units.institution("sem").name, "zju 名");
        assert_eq!(units.institution("sem").city_en, "hz");
    }

    #[test]
    fn what_is_below_moves_along() {
        let units = tree();
        let to = path(&units, UnitKind::Institution, "zju", "nb").unwrap();
        let moved = moved(&units, units.get("zju").unwrap(), &to);
        let paths: Vec<_> = moved.iter().map(|unit| unit.path.as_str()).collect();
        assert_eq!(paths, ["province/nb/zju/sem/", "province/nb/zju/"]);
    }

    #[test]
    fn only_what_is_empty_is_deleted() {
        let mut units = tree();
        let refused = |units: &Units, id: &str, count| removable(units, units.get(id).unwrap(), count).is_err();
        assert!(refused(&units, PROVINCE, 0) && refused(&units, "zju", 0) && refused(&units, "sem", 1));
        assert!(!refused(&units, "sem", 0));
        let department = Unit { views: vec!["nb".into()], ..Unit::clone(units.get("finance").unwrap()) };
        assert_eq!(check(&units, &department), Ok(()));
        units.insert(department);
        assert!(refused(&units, "nb", 0));
    }

    #[test]
    fn institutions_are_found_or_founded_with_their_city() {
        let units = tree();
        let institution = |id: &str, city: &str, city_en: &str| Institution {
            id: id.into(),
            name: "新".into(),
            name_en: String::new(),
            city: city.into(),
            city_en: city_en.into(),
        };
        let wanted = [
            institution("zju", "x", "x"),
            institution("a", "hz 名", ""),
            institution("b", "温州市", "Wenzhou"),
            institution("c d", "温州市", "Wenzhou"),
        ];
        let Founded { new, ids } = found(&units, &wanted).unwrap();
        let paths: Vec<_> = new.iter().map(|unit| unit.path.as_str()).collect();
        let last = format!("province/city-wenzhou/{}/", ids["c d"]);
        assert_eq!(paths, ["province/hz/a/", "province/city-wenzhou/", "province/city-wenzhou/b/", &last]);
        assert_eq!(ids["zju"], "zju");
        assert!(found(&units, &[institution("hz", "x", "x")]).is_err(), "a city has this id");
    }

    proptest! {
        #[test]
        fn a_move_keeps_every_unit_under_a_right_parent(to_county in any::<bool>(), which in 0..2_usize) {
            let mut units = tree();
            let (id, parent) = [("zju", if to_county { "xihu" } else { "nb" }), ("xihu", "nb")][which];
            let unit = Unit::clone(units.get(id).unwrap());
            let to = path(&units, unit.kind, id, parent).unwrap();
            for unit in moved(&units, &unit, &to) {
                units.insert(unit);
            }
            for unit in units.iter().filter(|unit| unit.kind != UnitKind::Province) {
                let parent = units.get(unit.parent().unwrap()).unwrap();
                prop_assert!(unit.kind.parents().contains(&parent.kind));
                prop_assert_eq!(&parent.path.child(&unit.id), &unit.path);
            }
        }
    }
}
