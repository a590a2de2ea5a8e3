use super::heard::Unreadable;
use crate::ingest::refusal::Reason;
use serde::de::DeserializeOwned;

/// Deeper than any sensor's payload, and far from the end of a stack.
const DEPTH: usize = 16;

/// Reads one CBOR item (RFC 8949) that is the whole payload.
pub(super) fn read<T: DeserializeOwned>(mut payload: &[u8]) -> Result<T, Unreadable> {
    let item = ciborium::de::from_reader_with_recursion_limit(&mut payload, DEPTH)
        .map_err(|error| Unreadable::new(Reason::Unreadable, error.to_string()))?;
    match payload {
        [] => Ok(item),
        _ => Err(Unreadable::new(Reason::Unreadable, "bytes behind the CBOR item")),
    }
}

/// Whether the item is an array: major type 4.
pub(super) fn is_array(payload: &[u8]) -> bool {
    payload.first().is_some_and(|first| first >> 5 == 4)
}
