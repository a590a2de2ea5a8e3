#![no_main]

use dayi::ingest::fuzzing::topics;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| topics(input));
