//! dayi's integration tests: one binary, a module a route or pipeline, against the real embedded parts.

mod architecture;
mod harness;
mod openapi;
mod program;
mod spine;

mod mqtt_front;
