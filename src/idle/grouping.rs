//! Idleness of many instruments together: by city, institution, laboratory or class.

use super::policy::Energy;
use super::row::{Row, Sums};
use crate::domain::{InstrumentState, UnitPath};
use crate::platform::db::Db;
use sea_orm::{DbErr, FromQueryResult, Statement};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// What is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = IdleBy)]
pub(super) enum By {
    City,
    County,
    Institution,
    Laboratory,
    Class,
    All,
}

/// A unit as groups are named by it.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Unit {
    id: String,
    kind: String,
    name: String,
    name_en: String,
}

/// The units by their ids.
pub(super) type Units = HashMap<String, Unit>;

pub(super) async fn units(db: &Db) -> Result<Units, DbErr> {
    let db = db.reader();
    let all = Statement::from_string(db.get_database_backend(), "SELECT id, kind, name, name_en FROM unit");
    let units = Unit::find_by_statement(all).all(db).await?;
    Ok(units.into_iter().map(|unit| (unit.id.clone(), unit)).collect())
}

/// The instruments of a group together.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) name_en: String,
    pub(super) instruments: usize,
    /// On standby now.
    pub(super) standby_now: usize,
    /// On standby or off now.
    pub(super) not_on_now: usize,
    pub(super) sums: Sums,
    /// Of those whose current on standby is known; what is estimated is the share of their time.
    pub(super) energy: Energy,
    /// Instruments whose standby cost something that is not known.
    pub(super) energy_unknown: usize,
}

/// The groups, in the order of their ids. What belongs to no such unit is the group without an id.
pub(super) fn groups(rows: &[Row], by: By, units: &Units) -> Vec<Group> {
    let mut groups: BTreeMap<String, (Group, f64)> = BTreeMap::new();
    for row in rows {
        let (id, name, name_en) = by.of(row, units);
        let (group, estimated_ms) = groups.entry(id.to_owned()).or_insert_with(|| {
            let (id, name, name_en) = (id.to_owned(), name.to_owned(), name_en.to_owned());
            (Group { id, name, name_en, ..Group::default() }, 0.0)
        });
        group.instruments += 1;
        group.standby_now += usize::from(row.state == InstrumentState::Standby);
        group.not_on_now += usize::from(matches!(row.state, InstrumentState::Standby | InstrumentState::Off));
        group.sums.add(&row.sums);
        match row.energy {
            Some(Energy { kwh, estimated }) => {
                group.energy.kwh += kwh;
                *estimated_ms += estimated * row.sums.idle.standby_ms as f64;
            }
            None => group.energy_unknown += 1,
        }
    }
    let share = |(mut group, estimated_ms): (Group, f64)| {
        let standby_ms = group.sums.idle.standby_ms;
        group.energy.estimated = if standby_ms > 0 { estimated_ms / standby_ms as f64 } else { 0.0 };
        group
    };
    groups.into_values().map(share).collect()
}

impl By {
    fn of<'a>(self, row: &'a Row, units: &'a Units) -> (&'a str, &'a str, &'a str) {
        let unit = |kind: &str| unit_of(&row.unit, kind, units);
        match self {
            Self::City => unit("city"),
            Self::County => unit("county"),
            Self::Institution => unit("institution"),
            Self::Laboratory => unit("laboratory"),
            Self::Class => (&row.class, &row.class, ""),
            Self::All => ("all", "全部", "All"),
        }
    }
}

fn unit_of<'a>(path: &UnitPath, kind: &str, units: &'a Units) -> (&'a str, &'a str, &'a str) {
    let unit = path.ids().filter_map(|id| units.get(id)).find(|unit| unit.kind == kind);
    unit.map_or(("", "", ""), |unit| (&unit.id, &unit.name, &unit.name_en))
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

    #[test]
    fn a_group_is_the_sum_of_its_instruments() {
        let unit = |id: &str, kind: &str| {
            let unit = Unit { id: id.into(), kind: kind.into(), name: "杭州".into(), name_en: "Hangzhou".into() };
            (id.to_owned(), unit)
        };
        let units = Units::from([unit("zj", "province"), unit("hz", "city")]);
        let rows = [row("a", 100, Some(2.0)), row("b", 300, None)];
        let cities = groups(&rows, By::City, &units);
        let city = &cities[0];
        assert_eq!((cities.len(), &*city.id, &*city.name_en, city.instruments), (1, "hz", "Hangzhou", 2));
        assert_eq!((city.standby_now, city.energy_unknown, city.sums.idle.standby_ms), (2, 1, 400));
        assert_eq!(city.energy, Energy { kwh: 2.0, estimated: 0.125 });
        assert_eq!(groups(&rows, By::Laboratory, &units)[0].id, "");
        assert_eq!(groups(&rows, By::Class, &units)[0].id, "c");
    }
}
