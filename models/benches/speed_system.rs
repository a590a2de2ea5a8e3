//! The same with the system's allocator.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub, reason = "a program to measure with")]

#[path = "speed/mod.rs"]
mod speed;

fn main() {
    speed::main();
}
