//! The MQTT front over real sockets: packets are written by hand, so that a test can send what no client library would.

mod alerts;
mod bench;
mod connecting;
mod crowd;
mod faults;
mod guests;
mod interop;
mod promises;
mod publishing;
mod rates;
mod retaining;
mod sessions;
mod stopping;
mod subscribing;
mod subscription_options;
mod tls;
mod wills;
mod wire;
