//! What is measured: a dayi server, one of ours or a running one, and Mosquitto to hold it against.

mod api;
mod error;
mod mosquitto;
mod output;
mod process;
mod server;

pub use api::{Api, Credentials, Interval, NewInstrument, ReadingCounts};
pub use error::TargetError;
pub use mosquitto::Mosquitto;
pub use process::{ProcessUse, open_files_for, used_by, used_by_us};
pub use server::{Server, ServerOptions};
