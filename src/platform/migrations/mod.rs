//! The tables, one file a version. A released file is never changed: the next one changes the tables.

use sea_orm_migration::prelude::*;

mod m0001_spine;

pub(super) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_spine::Migration)]
    }
}
