//! What was measured, said three ways: text for a terminal, JSON for programs, and one page with plots for people.

mod bars;
mod document;
mod files;
mod lines;
mod machine;
mod page;
mod quantiles;
mod style;
mod times;
mod units;

pub(crate) use bars::median;
pub use bars::{Bar, Bars};
pub use document::{Block, Document, Section};
pub use files::{ReportError, write};
pub use lines::{Lines, Series};
pub use machine::Machine;
pub use quantiles::Quantiles;
pub use times::Times;
pub use units::{count, figure};
