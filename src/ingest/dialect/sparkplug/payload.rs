//! Sparkplug's messages: `Payload` and `Metric` of `sparkplug_b.proto` (Sparkplug Specification 3.0.0, 6.4 and 6.6).

use super::protobuf::{Fields, Malformed, Wire, put};

/// One message of an edge node. Its metrics are read when they are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Payload<'a> {
    bytes: &'a [u8],
    /// UTC milliseconds.
    pub(super) timestamp: Option<u64>,
    pub(super) seq: Option<u64>,
    /// Whether it holds a compressed payload instead of metrics.
    pub(super) compressed: bool,
}

/// One value of an edge node or device.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Metric<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) alias: Option<u64>,
    /// UTC milliseconds.
    pub(super) timestamp: Option<u64>,
    /// `None` where it is null or not a number.
    pub(super) value: Option<f64>,
}

/// The data types of unsigned integers: `UInt8`, `UInt16`, `UInt32`, `UInt64`, `DateTime`.
const UNSIGNED: [u64; 5] = [5, 6, 7, 8, 13];
const BOOLEAN: u64 = 11;

impl<'a> Payload<'a> {
    /// Reads what is around the metrics; malformed metrics are found later.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut payload = Self { bytes, ..Self::default() };
        for field in Fields::of(bytes) {
            match field? {
                (1, wire) => payload.timestamp = wire.varint(),
                (3, wire) => payload.seq = wire.varint(),
                (4, wire) => payload.compressed = wire.text()? == Some("SPBV1.0_COMPRESSED"),
                _ => {}
            }
        }
        Ok(payload)
    }

    pub(super) fn metrics(self) -> impl Iterator<Item = Result<Metric<'a>, Malformed>> {
        Fields::of(self.bytes).filter_map(|field| match field {
            Ok((2, Wire::Bytes(metric))) => Some(Metric::read(metric)),
            Ok(_) => None,
            Err(malformed) => Some(Err(malformed)),
        })
    }
}

impl<'a> Metric<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut metric = Self::default();
        let (mut null, mut datatype, mut integer) = (false, 0, None);
        for field in Fields::of(bytes) {
            match field? {
                (1, wire) => metric.name = wire.text()?,
                (2, wire) => metric.alias = wire.varint(),
                (3, wire) => metric.timestamp = wire.varint(),
                (4, wire) => datatype = wire.varint().unwrap_or(0),
                (7, wire) => null = wire.varint().is_some_and(|value| value != 0),
                (number @ (10 | 11), wire) => integer = wire.varint().map(|value| (number, value)),
                (12, Wire::Fixed32(bytes)) => metric.value = Some(f64::from(f32::from_le_bytes(bytes))),
                (13, Wire::Fixed64(bytes)) => metric.value = Some(f64::from_le_bytes(bytes)),
                _ => {}
            }
        }
        if let Some((number, value)) = integer {
            metric.value = Some(number_of(value, number == 10, UNSIGNED.contains(&datatype)));
        }
        metric.value = metric.value.filter(|_| !null);
        Ok(metric)
    }
}

/// Signed integers are sent as the unsigned ones of the same bits. A data message may leave its type out; no current
/// needs the highest bit.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the bits are meant")]
#[expect(clippy::cast_precision_loss, reason = "no measured value needs more than 53 bits")]
fn number_of(value: u64, narrow: bool, unsigned: bool) -> f64 {
    match (narrow, unsigned) {
        (true, true) => f64::from(value as u32),
        (true, false) => f64::from(value as u32 as i32),
        (false, true) => value as f64,
        (false, false) => value as i64 as f64,
    }
}

/// A command that sets one boolean metric to true.
pub(super) fn command(name: &str, now_ms: i64) -> Vec<u8> {
    let now = Wire::Varint(u64::try_from(now_ms).unwrap_or(0));
    let (mut metric, mut payload) = (Vec::new(), Vec::new());
    put(&mut metric, 1, Wire::Bytes(name.as_bytes()));
    put(&mut metric, 3, now);
    put(&mut metric, 4, Wire::Varint(BOOLEAN));
    put(&mut metric, 14, Wire::Varint(1));
    put(&mut payload, 1, now);
    put(&mut payload, 2, Wire::Bytes(&metric));
    payload
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a test's edge node says of a metric: name, alias, and value.
    pub(in super::super) type Said<'a> = (Option<&'a str>, Option<u64>, f64);

    pub(in super::super) fn encode(seq: Option<u64>, timestamp: u64, metrics: &[Said<'_>]) -> Vec<u8> {
        let mut payload = Vec::new();
        put(&mut payload, 1, Wire::Varint(timestamp));
        for (name, alias, value) in metrics {
            let mut metric = Vec::new();
            if let Some(name) = name {
                put(&mut metric, 1, Wire::Bytes(name.as_bytes()));
            }
            if let Some(alias) = alias {
                put(&mut metric, 2, Wire::Varint(*alias));
            }
            put(&mut metric, 4, Wire::Varint(10));
            put(&mut metric, 13, Wire::Fixed64(value.to_le_bytes()));
            put(&mut payload, 2, Wire::Bytes(&metric));
        }
        if let Some(seq) = seq {
            put(&mut payload, 3, Wire::Varint(seq));
        }
        payload
    }

    fn one(fields: &[(u64, Wire<'_>)]) -> Metric<'static> {
        let mut metric = Vec::new();
        fields.iter().for_each(|(number, wire)| put(&mut metric, *number, *wire));
        let Metric { alias, timestamp, value, .. } = Metric::read(&metric).unwrap();
        Metric { name: None, alias, timestamp, value }
    }

    #[test]
    fn every_number_type_is_read() {
        let value = |fields: &[(u64, Wire<'_>)]| one(fields).value;
        assert_eq!(value(&[(4, Wire::Varint(9)), (12, Wire::Fixed32(1.5_f32.to_le_bytes()))]), Some(1.5));
        assert_eq!(value(&[(13, Wire::Fixed64(1.5_f64.to_le_bytes()))]), Some(1.5));
        assert_eq!(value(&[(10, Wire::Varint(0xffff_ffff)), (4, Wire::Varint(3))]), Some(-1.0));
        assert_eq!(value(&[(10, Wire::Varint(0xffff_ffff)), (4, Wire::Varint(7))]), Some(4_294_967_295.0));
        assert_eq!(value(&[(11, Wire::Varint(u64::MAX)), (4, Wire::Varint(4))]), Some(-1.0));
        assert_eq!(value(&[(11, Wire::Varint(7))]), Some(7.0));
        assert_eq!(value(&[(7, Wire::Varint(1)), (10, Wire::Varint(7))]), None, "null");
        assert_eq!(value(&[(15, Wire::Bytes(b"7"))]), None, "a text");
    }

    proptest! {
        #[test]
        fn what_an_edge_node_writes_is_read(seq in 0..256_u64, at in 0..(1_u64 << 42), name in ".{0,20}", alias: u64, value: f64) {
            let bytes = encode(Some(seq), at, &[(Some(&name), Some(alias), value)]);
            let payload = Payload::read(&bytes).unwrap();
            prop_assert_eq!((payload.seq, payload.timestamp), (Some(seq), Some(at)));
            let metric = payload.metrics().next().unwrap().unwrap();
            prop_assert_eq!((metric.name, metric.alias), (Some(&*name), Some(alias)));
            prop_assert_eq!(metric.value.map(f64::to_bits), Some(value.to_bits()));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Ok(payload) = Payload::read(&bytes) {
                let _ = payload.metrics().count();
            }
        }
    }
}
