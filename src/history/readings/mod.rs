//! Every reading, in compressed chunks in a database file of their own.
//!
//! A chunk holds one instrument's readings of ten minutes ([`chunk`]). The [`Writer`] gathers what the journal holds
//! ([`gatherer`]) and rewrites the chunks it touches once a minute ([`table`]), so that a late reading finds its place like any
//! other and one that comes twice is kept once. [`Upkeep`] puts the readings of days that have ended together by the minute
//! ([`minutes`], [`days`]) and deletes what is old enough. [`Readings`] answers what was measured when, also in as few
//! bins as a chart can show ([`chart`]).

mod chart;
mod chunk;
mod days;
mod gatherer;
mod minutes;
mod query;
mod table;
mod upkeep;
mod varint;
mod writer;

#[cfg(test)]
mod tests;

pub use chart::{Bin, Chart, MOST_BINS};
pub use chunk::Point;
pub use gatherer::Unwritten;
pub use query::{Readings, ReadingsError};
pub use table::FILE;
pub use upkeep::Upkeep;
pub use writer::{Keeping, Writer};
