//! PUBLISH packets, written by changing a few digits.

use crate::mqtt::QoS;
use crate::simulator::Dialect;

/// Readings of the same level before the next: the model wants some time to believe in one.
const HALF_PERIOD: u64 = 600;
/// From one reading to the next on the sensor's clock: a flood is days in seconds.
const STEP_MS: i64 = 1_000;
/// Sequence numbers begin here, so that all of a flood have the same number of digits.
const FIRST_SEQ: u64 = 1_000_000;

/// A sensor's next readings, as PUBLISH packets.
pub(super) struct Packets {
    packet: Vec<u8>,
    /// Where in it the packet id begins; none at QoS 0.
    id_at: Option<usize>,
    ts_at: usize,
    ampere_at: usize,
    seq_at: usize,
    ts_ms: i64,
    made: u64,
}

const TS_DIGITS: usize = 13;
const SEQ_DIGITS: usize = 7;

impl Packets {
    /// The readings of `instrument` from `ts_ms` on (13 digits), in dayi's own dialect.
    pub(super) fn new(instrument: &str, qos: QoS, ts_ms: i64) -> Self {
        let topic = Dialect::Dayi.topic(instrument, instrument);
        let (before_ts, before_ampere, before_seq) = (r#"{"ts":"#, r#","current":"#, r#","seq":"#);
        let payload =
            TS_DIGITS + "0.000".len() + SEQ_DIGITS + 1 + before_ts.len() + before_ampere.len() + before_seq.len();
        let with_id = qos == QoS::AtLeastOnce;
        let length = 2 + topic.len() + if with_id { 2 } else { 0 } + payload;
        let mut packet = vec![if with_id { 0x32 } else { 0x30 }];
        put_length(&mut packet, length);
        packet.extend_from_slice(&u16::try_from(topic.len()).unwrap_or(u16::MAX).to_be_bytes());
        packet.extend_from_slice(topic.as_bytes());
        let id_at = with_id.then_some(packet.len());
        if with_id {
            packet.extend_from_slice(&[0, 0]);
        }
        packet.extend_from_slice(before_ts.as_bytes());
        let ts_at = packet.len();
        packet.extend_from_slice(&[b'0'; TS_DIGITS]);
        packet.extend_from_slice(before_ampere.as_bytes());
        let ampere_at = packet.len();
        packet.extend_from_slice(b"0.000");
        packet.extend_from_slice(before_seq.as_bytes());
        let seq_at = packet.len();
        packet.extend_from_slice(&[b'0'; SEQ_DIGITS]);
        packet.push(b'}');
        Self { packet, id_at, ts_at, ampere_at, seq_at, ts_ms, made: 0 }
    }

    /// Appends the next reading.
    pub(super) fn append(&mut self, out: &mut Vec<u8>) {
        let on = (self.made / HALF_PERIOD).is_multiple_of(2);
        let milliampere = if on { 6_000 + self.made % 40 } else { self.made % 4 };
        digits(&mut self.packet, self.ts_at, TS_DIGITS, self.ts_ms.unsigned_abs());
        digits(&mut self.packet, self.ampere_at, 1, milliampere / 1_000);
        digits(&mut self.packet, self.ampere_at + 2, 3, milliampere % 1_000);
        digits(&mut self.packet, self.seq_at, SEQ_DIGITS, FIRST_SEQ + self.made);
        if let Some(at) = self.id_at {
            // 1 to 65,535, and again: far more than wait at a time.
            let id = (self.made % 65_535 + 1) as u16;
            if let Some(place) = self.packet.get_mut(at..at + 2) {
                place.copy_from_slice(&id.to_be_bytes());
            }
        }
        out.extend_from_slice(&self.packet);
        self.made += 1;
        self.ts_ms += STEP_MS;
    }

    pub(super) fn made(&self) -> u64 {
        self.made
    }
}

/// The remaining length of a packet, seven bits a byte.
fn put_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let byte = (length % 128) as u8;
        length /= 128;
        if length == 0 {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}

fn digits(packet: &mut [u8], at: usize, count: usize, mut value: u64) {
    for digit in packet.iter_mut().skip(at).take(count).rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use rumqttc::mqttbytes::v4::Packet;

    #[test]
    fn they_are_packets_of_distinct_readings() {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            let mut packets = Packets::new("lt-000007", qos, 1_700_000_000_000);
            let mut out = Vec::new();
            (0..700).for_each(|_| packets.append(&mut out));
            let mut bytes = BytesMut::from(&out[..]);
            for n in 0..700_u64 {
                let Packet::Publish(publish) = Packet::read(&mut bytes, 1 << 20).unwrap() else { panic!("no PUBLISH") };
                assert_eq!(publish.topic, "dayi/v1/lt-000007/telemetry");
                assert_eq!(publish.pkid, if qos == QoS::AtLeastOnce { n as u16 + 1 } else { 0 });
                let reading: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
                assert_eq!(reading["ts"], 1_700_000_000_000 + 1_000 * n);
                assert_eq!(reading["seq"], 1_000_000 + n);
                assert_eq!(reading["current"].as_f64().unwrap() > 5.0, n < 600);
            }
            assert!(bytes.is_empty());
        }
    }
}
