//! The spine: every reading is here before it is acknowledged, and everybody who needs readings reads on from here.
//!
//! [`Appender`] hands a client's readings to one thread ([`writer`]), which writes what has gathered in one go and only
//! then answers. The log is a row of segment files ([`segment`]) of checksummed frames ([`frame`]); a [`Position`] is a
//! byte of that row, and a reading is named by the position at which it ends. A [`Reader`] follows at its own pace and says what
//! it has worked through and what it will never ask for again ([`ledger`]): the first slows the appenders down when somebody
//! falls behind, the second lets old segments go. A backup holds all segments for a while ([`holding`]).

mod appender;
mod error;
mod frame;
mod holding;
mod ledger;
mod open;
mod reader;
mod segment;
mod writer;

#[cfg(test)]
mod tests;

pub use appender::Appender;
pub use error::JournalError;
pub use frame::{Entry, Position};
pub use holding::Holding;
pub use ledger::{Excuse, Hold};
pub use open::Journal;
pub use reader::{Account, Batch, Reader};
pub use segment::FOLDER;
