//! The MQTT front over real sockets: packets are written by hand, so that a test can send what no client library would.

mod bench;
mod connecting;
mod faults;
mod interop;
mod promises;
mod publishing;
mod stopping;
mod subscribing;
mod wills;
mod wire;
