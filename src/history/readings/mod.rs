//! Every reading, in compressed chunks in a database file of their own.
//!
//! A chunk holds one instrument's readings of ten minutes ([`chunk`]). The [`Writer`] gathers what the journal holds
//! and rewrites the chunks it touches once a minute ([`table`]), so that a late reading finds its place like any other
//! and one that comes twice is kept once. [`Readings`] answers what was measured when.

mod chunk;
mod query;
mod table;
mod writer;

pub use chunk::Point;
pub use query::{Readings, ReadingsError};
pub use writer::{Keeping, Writer};
