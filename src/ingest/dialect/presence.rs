//! Whether a sensor is there: the words of last wills and availability topics.

use super::heard::{Ear, Unreadable};
use crate::ingest::refusal::Reason;
use serde::Deserialize;

/// Zigbee2MQTT's newer way of saying it.
#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    state: &'a str,
}

/// Reads `online`, `offline`, `true`, `false` in any case, or `{"state":"offline"}`.
pub(super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let payload = payload.trim_ascii();
    let word = match payload.first() {
        Some(b'{') => match serde_json::from_slice::<State<'_>>(payload) {
            Ok(State { state }) => state.as_bytes(),
            Err(error) => return Err(Unreadable::because(&error)),
        },
        _ => payload,
    };
    let is = |words: [&[u8]; 2]| words.iter().any(|one| word.eq_ignore_ascii_case(one));
    if is([b"online", b"true"]) {
        Ok(())
    } else if is([b"offline", b"false"]) {
        ear.all_gone();
        Ok(())
    } else {
        Err(Unreadable::new(Reason::Unreadable, "neither online nor offline"))
    }
}
