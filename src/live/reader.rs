//! Reads the compact form back into what the JSON form says.

use crate::domain::{Cause, InstrumentState};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A client's memory of the numbers that instruments have.
#[derive(Default)]
pub(super) struct Reader(HashMap<u64, String>);

impl Reader {
    /// The frame as JSON; `None` if it is none.
    pub(super) fn read(&mut self, frame: &[u8]) -> Option<Value> {
        let mut bytes = Bytes { left: frame, time: 0 };
        let value = match bytes.byte()? {
            1 => self.snapshot(&mut bytes),
            2 => self.delta(&mut bytes),
            3 => reading(&mut bytes),
            _ => None,
        };
        value.filter(|_| bytes.left.is_empty())
    }

    fn snapshot(&mut self, bytes: &mut Bytes) -> Option<Value> {
        let (epoch, offset, page, pages) = (bytes.text()?, bytes.uint()?, bytes.uint()?, bytes.uint()?);
        let institutions = (0..bytes.uint()?).map(|_| institution(bytes)).collect::<Option<Vec<_>>>()?;
        let instruments = (0..bytes.uint()?).map(|_| self.row(bytes)).collect::<Option<Vec<_>>>()?;
        Some(json!({"type": "snapshot", "epoch": epoch, "offset": offset, "page": page, "pages": pages,
            "institutions": institutions, "instruments": instruments}))
    }

    fn delta(&mut self, bytes: &mut Bytes) -> Option<Value> {
        let after = bytes.uint()?;
        let (offset, coalesced) = (after + bytes.uint()?, bytes.uint()?);
        let models = (0..bytes.uint()?).map(|_| bytes.text()).collect::<Option<Vec<_>>>()?;
        let changes = (0..bytes.uint()?).map(|_| self.change(bytes, &models)).collect::<Option<Vec<_>>>()?;
        let mut value = json!({"type": "delta", "after": after, "offset": offset, "changes": changes});
        if coalesced > 0 {
            value["coalesced"] = coalesced.into();
        }
        Some(value)
    }

    fn change(&mut self, bytes: &mut Bytes, models: &[String]) -> Option<Value> {
        Some(match bytes.byte()? {
            0 => {
                let number = bytes.uint()?;
                let states = bytes.byte()?;
                let state = |code| InstrumentState::from_code(code).map(InstrumentState::name);
                json!({"kind": "state", "id": self.0.get(&number)?, "from": state(states & 15)?, "state": state(states >> 4)?,
                    "seq": bytes.uint()?, "at": bytes.time()?, "confidence": bytes.float()?,
                    "cause": Cause::from_code(bytes.byte()?)?.name(), "model": models.get(bytes.uint()? as usize)?})
            }
            1 => json!({"kind": "row", "institution": institution(bytes)?, "instrument": self.row(bytes)?}),
            2 => json!({"kind": "left", "id": self.0.get(&bytes.uint()?)?}),
            3 => {
                let id = bytes.text()?;
                let mut alert: Value = serde_json::from_str(&bytes.text()?).ok()?;
                alert["kind"] = "alert".into();
                alert["id"] = id.into();
                alert
            }
            _ => return None,
        })
    }

    fn row(&mut self, bytes: &mut Bytes) -> Option<Value> {
        let (number, id) = (bytes.uint()?, bytes.text()?);
        self.0.insert(number, id.clone());
        let row = (
            id,
            bytes.text()?,
            bytes.text()?,
            bytes.text()?,
            bytes.byte()?,
            bytes.time()?,
            bytes.uint()?,
            bytes.float()?,
            bytes.float().filter(|current| !current.is_nan()),
        );
        serde_json::to_value(row).ok()
    }
}

fn institution(bytes: &mut Bytes) -> Option<Value> {
    Some(json!({"id": bytes.text()?, "name": bytes.text()?, "name_en": bytes.text()?, "city": bytes.text()?,
        "city_en": bytes.text()?}))
}

fn reading(bytes: &mut Bytes) -> Option<Value> {
    let id = bytes.text()?;
    let readings = (0..bytes.uint()?).map(|_| Some((bytes.time()?, bytes.float()?))).collect::<Option<Vec<_>>>()?;
    Some(json!({"type": "reading", "id": id, "readings": readings}))
}

struct Bytes<'a> {
    left: &'a [u8],
    time: i64,
}

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, left) = self.left.split_first()?;
        self.left = left;
        Some(*first)
    }

    fn uint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn time(&mut self) -> Option<i64> {
        let coded = self.uint()?;
        self.time = self.time.wrapping_add((coded >> 1).cast_signed() ^ -(coded & 1).cast_signed());
        Some(self.time)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.uint()?).ok()?;
        let (text, left) = self.left.split_at_checked(length)?;
        self.left = left;
        String::from_utf8(text.to_vec()).ok()
    }

    fn float(&mut self) -> Option<f32> {
        let (bytes, left) = self.left.split_first_chunk()?;
        self.left = left;
        Some(f32::from_le_bytes(*bytes))
    }
}
