//! What every module stands on: configuration, the database, limits of the process, logs, secrets.

pub mod access;
pub mod arbiters;
pub mod audit;
pub mod author;
pub mod catch_up;
pub mod config;
pub mod db;
pub mod fitting_id;
pub mod limits;
pub mod logging;
pub mod metric_list;
pub mod metrics;
mod migrations;
pub(crate) mod page;
pub mod problem;
pub mod secret;
pub mod spreadsheet;
mod traces;
pub mod version;
