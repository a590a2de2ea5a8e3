use super::{
    m0001_spine, m0002_learning, m0003_positions, m0004_bindings, m0005_usage, m0006_change_numbers, m0007_tree,
    m0008_instruments, m0009_accounts, m0010_alerts, m0011_notify, m0012_used_units,
};
use sea_orm_migration::prelude::*;

/// Knows every version of the tables, oldest first.
pub(in crate::platform) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_spine::Migration),
            Box::new(m0002_learning::Migration),
            Box::new(m0003_positions::Migration),
            Box::new(m0004_bindings::Migration),
            Box::new(m0005_usage::Migration),
            Box::new(m0006_change_numbers::Migration),
            Box::new(m0007_tree::Migration),
            Box::new(m0008_instruments::Migration),
            Box::new(m0009_accounts::Migration),
            Box::new(m0010_alerts::Migration),
            Box::new(m0011_notify::Migration),
            Box::new(m0012_used_units::Migration),
        ]
    }
}
