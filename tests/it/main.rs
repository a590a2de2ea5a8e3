//! dayi's integration tests: one binary, a module a route or pipeline, against the real embedded parts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod accounts;
mod alerts;
mod architecture;
mod backup;
mod batch;
mod bindings;
mod catalog;
mod crash;
mod database;
mod exports;
mod grafana;
mod harness;
mod hours;
mod idle;
mod imports;
mod influx;
mod isolation;
mod labels;
mod live;
mod loadtest;
mod metrics;
mod mqtt_front;
mod notify;
mod oidc;
mod openapi;
mod operations;
mod permissions;
mod postgres;
mod program;
mod reach;
mod readings;
mod refusals;
mod released_data;
mod sensors;
mod spine;
mod told;
mod traces;
mod training;
mod training_jobs;
