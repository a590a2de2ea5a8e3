#![no_main]

use dayi::domain::DialectKind;
use dayi::ingest::fuzzing::dialect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| dialect(DialectKind::Onenet, input));
