//! Everything together, on a real database, with receivers that answer over real connections.

mod api;
mod bench;
mod fairness;
mod hushed;
mod mail;
mod order;
mod people;
mod receiver;
mod rights;
mod robots;
mod timing;
mod webhooks;
