//! The tables, one file a version. A released file is never changed: the next one changes the tables.

mod m0001_spine;
mod m0002_learning;
mod m0003_positions;
mod m0004_bindings;
mod m0005_usage;
mod m0006_change_numbers;
mod m0007_tree;
mod m0008_instruments;
mod m0009_accounts;
mod m0010_alerts;
mod m0011_notify;
mod m0012_used_units;
mod migrator;

pub(super) use migrator::Migrator;
