//! The ways out: [`webhook`] for programs, [`email`] and [`robots`] for people; [`guard`] says where webhooks may go,
//! [`outcome`] what came of an attempt.

mod email;
mod guard;
mod outcome;
mod robots;
mod sender;
mod webhook;

pub(super) use email::is_address;
pub(super) use outcome::Outcome;
pub use sender::SendError;
pub(super) use sender::{Parcel, Sender};
pub(super) use webhook::{key, new_secret};
