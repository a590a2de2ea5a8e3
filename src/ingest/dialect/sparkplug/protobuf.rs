//! The wire format of Protocol Buffers, as far as Sparkplug needs it. Nothing is copied and nothing is built.

/// Why bytes are no protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a protobuf message that ends too early")]
    Short,
    #[error("a protobuf number of more than ten bytes")]
    Varint,
    #[error("a protobuf field of wire type {0}")]
    WireType(u8),
    #[error("a protobuf text that is no UTF-8")]
    Text,
}

/// One field's value as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> Wire<'a> {
    pub(super) fn text(self) -> Result<Option<&'a str>, Malformed> {
        match self {
            Self::Bytes(bytes) => str::from_utf8(bytes).map(Some).map_err(|_| Malformed::Text),
            _ => Ok(None),
        }
    }

    pub(super) fn varint(self) -> Option<u64> {
        match self {
            Self::Varint(value) => Some(value),
            _ => None,
        }
    }
}

/// The fields of a message, one after the other; ends with the first that is malformed.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Malformed::Short)?;
            self.0 = rest;
            // Bits beyond the 64th are dropped, as everywhere.
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Varint)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn field(&mut self) -> Result<(u64, Wire<'a>), Malformed> {
        let key = self.varint()?;
        let wire = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(self.take()?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Malformed::Short)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed::Short)?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            5 => Wire::Fixed32(self.take()?),
            // Groups; deprecated, and Sparkplug has none.
            other => return Err(Malformed::WireType(u8::try_from(other).unwrap_or(u8::MAX))),
        };
        Ok((key >> 3, wire))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Wire<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Appends a field.
pub(super) fn put(out: &mut Vec<u8>, number: u64, wire: Wire<'_>) {
    let kind = match wire {
        Wire::Varint(_) => 0,
        Wire::Fixed64(_) => 1,
        Wire::Bytes(_) => 2,
        Wire::Fixed32(_) => 5,
    };
    put_varint(out, number << 3 | kind);
    match wire {
        Wire::Varint(value) => put_varint(out, value),
        Wire::Fixed64(bytes) => out.extend(bytes),
        Wire::Bytes(bytes) => {
            put_varint(out, bytes.len() as u64);
            out.extend(bytes);
        }
        Wire::Fixed32(bytes) => out.extend(bytes),
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_documented_examples_are_read() {
        // Protocol Buffers documentation, "Encoding": 150 in field 1, and "testing" in field 2.
        assert_eq!(Fields::of(&[0x08, 0x96, 0x01]).next(), Some(Ok((1, Wire::Varint(150)))));
        let text = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67];
        assert_eq!(Fields::of(&text).next(), Some(Ok((2, Wire::Bytes(b"testing")))));
        for (bytes, malformed) in [
            (&[0x08][..], Malformed::Short),
            (&[0x12, 0x07, 0x74], Malformed::Short),
            (&[0x09, 1, 2], Malformed::Short),
            (&[0x0b], Malformed::WireType(3)),
            (&[0xff; 11], Malformed::Varint),
            (&[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Malformed::Short),
        ] {
            let mut fields = Fields::of(bytes);
            assert_eq!((fields.next(), fields.next()), (Some(Err(malformed)), None), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_put_is_read(number in 1..(1_u64 << 29), value: u64, bytes: Vec<u8>, four: [u8; 4], eight: [u8; 8]) {
            let wires = [Wire::Varint(value), Wire::Bytes(&bytes), Wire::Fixed32(four), Wire::Fixed64(eight)];
            let mut out = Vec::new();
            wires.iter().for_each(|wire| put(&mut out, number, *wire));
            let read: Result<Vec<_>, _> = Fields::of(&out).collect();
            prop_assert_eq!(read, Ok(wires.map(|wire| (number, wire)).to_vec()));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Fields::of(&bytes).count();
        }
    }
}
