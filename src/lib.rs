//! dayi (大仪): from one current sensor an instrument to its working state, live, for a whole province.
//!
//! # The way of one reading
//!
//! Read the folders in this order; no step calls back into one before it.
//!
//! 1. [`ingest`] takes the sensor's TCP connection (`listener`), asks who it is and whether it may publish here
//!    (`gate`), and turns topic and payload into readings (`dialect`).
//! 2. [`journal`] has them safe; only then is the publish acknowledged.
//! 3. [`instrument`] reads on from there (`feed`) and hands each instrument's readings to its actor. The actor owns its window,
//!    its classifier, its state machine and its deadlines; what it decides leaves as a record.
//! 4. [`history`] makes the record durable, and keeps every reading; only then
//! 5. [`bus`] tells everybody who reacts: [`live`] pushes it to those who look at it and may, and the front to MQTT subscribers.
//!
//! [`alert`] says what somebody should look at, and [`idle`] who is idle and what it costs.
//!
//! [`export`] writes what was into files for other programs.
//!
//! [`influx`] sends what was decided, and measured, on to a time-series database.
//!
//! [`notify`] tells people and programs what happens, as they subscribe to it.
//!
//! [`labels`] is what people say an instrument did, [`training`] the models that learn from it.
//!
//! [`account`] says who may see and do what, [`audit`] who changed what. [`catalog`] says which instruments and sensors there
//! are, and where in the tree of units they stand, [`http`] puts the slices' routes under one roof, [`platform`] holds
//! configuration, database, limits and logs, and [`app`] is the only place that wires them all.

pub mod account;
pub mod alert;
pub mod app;
pub mod audit;
pub mod bus;
pub mod catalog;
pub mod cli;
pub mod domain;
pub mod export;
pub mod history;
pub mod http;
pub mod idle;
pub mod influx;
pub mod ingest;
pub mod instrument;
pub mod journal;
pub mod labels;
pub mod live;
pub mod notify;
pub mod platform;
pub mod training;
