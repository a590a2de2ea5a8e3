//! The crate's speed with the server's allocator.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub, reason = "a program to measure with")]

#[path = "speed/mod.rs"]
mod speed;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    speed::main();
}
