#![no_main]

use dayi::ingest::fuzzing::packets;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| packets(input));
