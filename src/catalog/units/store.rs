use super::model::{Unit, UnitKind, Units};
use super::policy::{self, WrongUnit};
use crate::catalog::entity::{department_view, unit, used_unit};
use crate::catalog::store::{ROWS, Store, StoreError};
use crate::domain::{InstrumentId, OpeningHours, UnitPath};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use std::sync::Arc;

/// What a change of the tree came to.
#[derive(Clone, Debug)]
pub struct UnitChange {
    /// As it was.
    pub before: Arc<Unit>,
    /// As it is now.
    pub after: Arc<Unit>,
    /// Instruments that are told to stand elsewhere, or somewhere of another name, now.
    pub instruments: Vec<InstrumentId>,
}

impl Store {
    /// Adds units, each under the parent named with it, which may be one before it; all or none.
    ///
    /// # Errors
    /// When one cannot be there or the database does not do it.
    pub async fn add_units(&self, added: Vec<(String, Unit)>) -> Result<Vec<Arc<Unit>>, StoreError> {
        let _turn = self.turn.lock().await;
        let mut units = Units::clone(&self.catalog().units());
        let mut new = Vec::with_capacity(added.len());
        for (parent, mut unit) in added {
            unit.path = policy::path(&units, unit.kind, &unit.id, &parent)?;
            policy::check(&units, &unit)?;
            if units.get(&unit.id).is_some() {
                return Err(WrongUnit::Taken(unit.id).into());
            }
            units.insert(unit.clone());
            new.push(Arc::new(unit));
        }
        let transaction = self.db.begin().await?;
        refuse_used(&transaction, new.iter().map(|unit| unit.id.as_str())).await?;
        for part in new.chunks(ROWS) {
            unit::Entity::insert_many(part.iter().map(|unit| row(unit))).exec_without_returning(&transaction).await?;
        }
        for unit in &new {
            write_views(&transaction, unit).await?;
        }
        transaction.commit().await?;
        self.catalog().change_units(|known| *known = units);
        Ok(new)
    }

    /// Changes a unit into what `change` makes of it, and moves it under `parent` if one is named; what is below moves along.
    ///
    /// # Errors
    /// When it cannot be so, when its version is no longer `version`, or the database does not do it.
    pub(super) async fn change_unit(
        &self,
        id: &str,
        version: i64,
        parent: Option<&str>,
        changed: Unit,
    ) -> Result<UnitChange, StoreError> {
        let _turn = self.turn.lock().await;
        let units = self.catalog().units();
        let before = units.get(id).cloned().ok_or_else(|| WrongUnit::Unknown(id.to_owned()))?;
        if before.version != version {
            return Err(StoreError::Stale);
        }
        policy::check(&units, &changed)?;
        let path = match parent {
            Some(parent) if before.parent() != Some(parent) => policy::path(&units, before.kind, id, parent)?,
            _ => before.path.clone(),
        };
        let after = Unit { version: version + 1, path: path.clone(), ..changed };
        let mut others = if path == before.path { Vec::new() } else { policy::moved(&units, &before, &path) };
        others.retain(|unit| unit.id != id);
        let transaction = self.db.begin().await?;
        for unit in others.iter().chain([&after]) {
            unit::Entity::update(row(unit)).exec(&transaction).await?;
        }
        if path != before.path {
            // What was written down of them is found where they stand now.
            let was = before.path.as_str();
            let sql = "UPDATE audit SET unit_path = $1 || substr(unit_path, length($2) + 1) \
                WHERE substr(unit_path, 1, length($2)) = $2";
            let moved = Statement::from_sql_and_values(
                transaction.get_database_backend(),
                sql,
                [path.as_str().into(), was.into()],
            );
            transaction.execute_raw(moved).await?;
        }
        write_views(&transaction, &after).await?;
        transaction.commit().await?;
        let concerned = before.path != after.path || before.name != after.name || before.name_en != after.name_en;
        self.catalog().change_units(|units| {
            for unit in others {
                units.insert(unit);
            }
            units.insert(after.clone());
        });
        let instruments = if concerned { self.catalog().within(&after.path) } else { Vec::new() };
        Ok(UnitChange { before, after: Arc::new(after), instruments })
    }

    /// Deletes a unit that nothing stands in; what it was.
    ///
    /// # Errors
    /// When something does or the database does not do it.
    pub(super) async fn remove_unit(&self, id: &str) -> Result<Arc<Unit>, StoreError> {
        let _turn = self.turn.lock().await;
        let units = self.catalog().units();
        let unit = units.get(id).cloned().ok_or_else(|| WrongUnit::Unknown(id.to_owned()))?;
        policy::removable(&units, &unit, self.catalog().within(&unit.path).len())?;
        let transaction = self.db.begin().await?;
        unit::Entity::delete_by_id(id).exec(&transaction).await?;
        let used = used_unit::ActiveModel { id: Set(id.into()) };
        used_unit::Entity::insert(used).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        self.catalog().change_units(|units| units.remove(id));
        Ok(unit)
    }

    /// Reads the tree.
    pub(in crate::catalog) async fn load_units(db: &DatabaseConnection) -> Result<Units, StoreError> {
        let mut units = Units::default();
        for row in unit::Entity::find().all(db).await? {
            units.insert(unit_of(row)?);
        }
        for view in department_view::Entity::find().all(db).await? {
            let Some(department) = units.get(&view.department_id) else { continue };
            let mut department = Unit::clone(department);
            department.views.push(view.unit_id);
            department.views.sort_unstable();
            units.insert(department);
        }
        Ok(units)
    }
}

/// Refuses ids of units that were deleted: whoever had a role at one must not find themselves in somebody else's.
pub(in crate::catalog) async fn refuse_used(
    transaction: &DatabaseTransaction,
    ids: impl Iterator<Item = &str>,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = ids.collect();
    for part in ids.chunks(ROWS) {
        let used = used_unit::Entity::find().filter(used_unit::Column::Id.is_in(part.iter().copied()));
        if let Some(used) = used.one(transaction).await? {
            return Err(WrongUnit::Used(used.id).into());
        }
    }
    Ok(())
}

async fn write_views(transaction: &DatabaseTransaction, unit: &Unit) -> Result<(), DbErr> {
    if unit.kind != UnitKind::Department {
        return Ok(());
    }
    department_view::Entity::delete_many()
        .filter(department_view::Column::DepartmentId.eq(unit.id.as_str()))
        .exec(transaction)
        .await?;
    if unit.views.is_empty() {
        return Ok(());
    }
    let rows = unit
        .views
        .iter()
        .map(|view| department_view::ActiveModel { department_id: Set(unit.id.clone()), unit_id: Set(view.clone()) });
    department_view::Entity::insert_many(rows).exec_without_returning(transaction).await?;
    Ok(())
}

pub(in crate::catalog) fn row(unit: &Unit) -> unit::ActiveModel {
    let opening = unit.opening.as_ref().and_then(|opening| serde_json::to_string(&**opening).ok());
    unit::ActiveModel {
        id: Set(unit.id.clone()),
        parent_id: Set(unit.parent().map(str::to_owned)),
        kind: Set(unit.kind.name().into()),
        name: Set(unit.name.clone()),
        name_en: Set(unit.name_en.clone()),
        path: Set(unit.path.to_string()),
        opening: Set(opening),
        version: Set(unit.version),
    }
}

fn unit_of(row: unit::Model) -> Result<Unit, DbErr> {
    let unit::Model { id, kind, name, name_en, path, opening, version, parent_id: _ } = row;
    let kind = UnitKind::named(&kind).ok_or_else(|| DbErr::Type(format!("the unit {id} is of no known kind")))?;
    let opening = stored_opening(opening)?.map(Arc::new);
    Ok(Unit { id, kind, name, name_en, path: UnitPath::stored(&path), opening, views: Vec::new(), version })
}

/// Opening hours as they are kept.
pub(in crate::catalog) fn stored_opening(json: Option<String>) -> Result<Option<OpeningHours>, DbErr> {
    json.map(|json| serde_json::from_str(&json)).transpose().map_err(|error| DbErr::Type(error.to_string()))
}
