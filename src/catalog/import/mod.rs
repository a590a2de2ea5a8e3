//! Instruments from a spreadsheet: read and reported first, written when somebody says so, and taken back if need be.
//!
//! `sheet` reads a file whatever it was written with, `columns` knows what its columns are called, `row` what each cell says,
//! `plan` what would become of each row as the catalogue is now, `store` writes and takes back, `api` has the routes.

mod api;
mod columns;
mod plan;
mod report;
mod row;
mod sheet;
mod store;
mod template;

pub(super) use api::routes;
pub(super) use sheet::Sheet;
