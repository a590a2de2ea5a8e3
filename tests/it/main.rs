//! dayi's integration tests: one binary, a module a route or pipeline, against the real embedded parts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod architecture;
mod batch;
mod bindings;
mod crash;
mod grafana;
mod harness;
mod influx;
mod labels;
mod loadtest;
mod mqtt_front;
mod openapi;
mod program;
mod readings;
mod refusals;
mod sensors;
mod spine;
mod training;
mod training_jobs;
