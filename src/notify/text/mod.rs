//! What people read and programs get: a notice in Chinese or English ([`words`]), written out for mail and robots
//! ([`render`]), and as JSON for webhooks and pages ([`event`]).

mod event;
mod render;
mod words;
mod writer;

pub(super) use event::event;
pub(super) use render::{html, markdown, plain};
pub(super) use writer::{Message, Writer};
