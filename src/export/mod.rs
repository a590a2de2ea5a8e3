//! Files for other programs: readings, minutes and states as CSV or Parquet, written in the background.
//!
//! [`Exporter`] takes requests ([`model`]) and [`Worker`] works them off one after the other: what the history answers
//! ([`source`]) becomes tables of columns ([`table`]), which go into a file as [`csv`] or [`parquet`]. Who asked sees how far it
//! is, and fetches the file ([`api`]). Files stay for a day.

mod api;
mod csv;
mod model;
mod parquet;
mod source;
mod table;
mod worker;

#[cfg(test)]
mod tests;

pub use api::{ApiState, Fleet, Which, router};
pub use model::{Format, Kind, Selection, Status};
pub use source::Source;
pub use worker::{ExportError, Exporter, Progress, Worker, write};
