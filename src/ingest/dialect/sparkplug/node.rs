use super::payload::{self, Metric, Payload};
use super::protobuf::Malformed;
use crate::ingest::dialect::heard::{Ask, Ear, Measured, Unreadable};
use crate::ingest::dialect::pick::Pick;
use crate::ingest::dialect::{Content, Place};
use crate::ingest::port::Binding;
use crate::ingest::refusal::Reason;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

const ROOT: &str = "spBv1.0/";
const REBIRTH: &str = "Node Control/Rebirth";
const BD_SEQ: &str = "bdSeq";
/// An edge node is not asked for its birth again before this many milliseconds.
const PATIENCE_MS: i64 = 10_000;

/// What is known of an edge node since its birth.
#[derive(Default)]
pub(in crate::ingest::dialect) struct Node {
    born: bool,
    /// The sequence number of its next message.
    next: Option<u64>,
    /// Ties its death to its birth.
    bd_seq: Option<u64>,
    /// When it was last asked for its birth, UTC milliseconds.
    asked_ms: Option<i64>,
    /// The aliases of metrics that bindings name, of the node itself (`""`) and of each device that is born and bound.
    aliases: HashMap<Box<str>, HashMap<u64, Box<str>>>,
}

/// The name is `{group}/{node}`; a binding may name a device below it.
pub(in crate::ingest::dialect) fn split(topic: &str) -> Option<Place<'_>> {
    let (group, part) = topic.strip_prefix(ROOT)?.split_once('/')?;
    let (kind, of) = part.split_once('/')?;
    let node = of.split_once('/').map_or(of, |(node, _)| node);
    let known = matches!(kind, "NBIRTH" | "NDATA" | "NDEATH" | "DBIRTH" | "DDATA" | "DDEATH");
    known.then(|| Place { name: Cow::Owned(format!("{group}/{node}")), content: Content::Data(part) })
}

/// `spBv1.0/{group}/NCMD/{node}`, and the same with DCMD, where only devices' commands follow.
pub(in crate::ingest::dialect) fn command_address(topic: &str) -> Option<(&str, String)> {
    let (group, part) = topic.strip_prefix(ROOT)?.split_once('/')?;
    let (kind, of) = part.split_once('/')?;
    let node = of.split_once('/').map_or(of, |(node, _)| node);
    let address = &topic[..topic.len() - of.len() + node.len()];
    matches!(kind, "NCMD" | "DCMD").then(|| (address, format!("{group}/{node}")))
}

pub(in crate::ingest::dialect) fn read(part: &str, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let mut levels = part.splitn(3, '/');
    let (Some(kind), Some(node)) = (levels.next(), levels.next()) else { return Ok(()) };
    let device = levels.next().unwrap_or_default();
    if kind.starts_with('D') == device.is_empty() {
        return Err(Unreadable::new(Reason::Unreadable, "a message type that does not fit its topic"));
    }
    let Some(group) = ear.bindings.first().and_then(|binding| binding.key().split_once('/')).map(|(group, _)| group)
    else {
        return Ok(());
    };
    let payload = Payload::read(payload)?;
    let name = format!("{group}/{node}");
    let mut state = ear.memory.nodes.remove(&*name).unwrap_or_default();
    let followed = follow(&mut state, kind, device, payload, &name, ear);
    if matches!(followed, Ok(Follow::Birth)) && state.may_ask(ear.moment.received_ms) {
        let topic = format!("{ROOT}{group}/NCMD/{node}");
        ear.heard.ask = Some(Ask { topic, payload: payload::command(REBIRTH, ear.moment.received_ms).into() });
    }
    ear.memory.nodes.insert(name.into(), state);
    followed.map(drop)
}

/// What is to be done after a message.
enum Follow {
    Nothing,
    /// Ask for a birth.
    Birth,
}

fn follow(
    node: &mut Node,
    kind: &str,
    device: &str,
    payload: Payload<'_>,
    name: &str,
    ear: &mut Ear<'_>,
) -> Result<Follow, Unreadable> {
    if kind == "NDEATH" {
        // A death of an earlier life may come late; it says nothing about this one.
        let bd_seq = bd_seq(payload)?;
        if node.bd_seq.is_none() || bd_seq.is_none() || node.bd_seq == bd_seq {
            *node = Node { asked_ms: node.asked_ms, ..Node::default() };
            ear.all_gone();
        }
        return Ok(Follow::Nothing);
    }
    let missed = node.count(kind, payload.seq);
    if payload.compressed {
        return Err(Unreadable::new(Reason::Unreadable, "a compressed payload; switch compression off"));
    }
    if kind == "NBIRTH" {
        *node = Node { born: true, bd_seq: bd_seq(payload)?, next: node.next, ..Node::default() };
    }
    let own = bindings_of(ear.bindings, name, device);
    if own.is_empty() {
        if device.is_empty() {
            return Ok(if missed { Follow::Birth } else { Follow::Nothing });
        }
        ear.bad(Unreadable::new(Reason::NoBinding, format!("no binding names the device {device}")));
    } else if kind == "DDEATH" {
        node.aliases.remove(device);
        own.for_each(|at| ear.gone(at));
    } else {
        let nameless = tell(node, kind.ends_with("BIRTH"), device, own, payload, ear)?;
        if nameless {
            ear.bad(Unreadable::new(Reason::NoBirth, "an alias before the birth that tells what it means"));
            return Ok(Follow::Birth);
        }
    }
    Ok(if missed { Follow::Birth } else { Follow::Nothing })
}

impl Node {
    /// Follows the sequence numbers, which wrap from 255 to 0; whether a message was missed.
    fn count(&mut self, kind: &str, seq: Option<u64>) -> bool {
        let expected = std::mem::replace(&mut self.next, seq.map(|seq| (seq + 1) & 0xff));
        if kind == "NBIRTH" {
            return false;
        }
        !self.born || matches!((expected, seq), (Some(expected), Some(seq)) if expected != seq)
    }

    fn may_ask(&mut self, now_ms: i64) -> bool {
        let may = self.asked_ms.is_none_or(|asked| now_ms.abs_diff(asked) >= PATIENCE_MS.unsigned_abs());
        if may {
            self.asked_ms = Some(now_ms);
        }
        may
    }
}

fn bd_seq(payload: Payload<'_>) -> Result<Option<u64>, Unreadable> {
    for metric in payload.metrics() {
        let metric = metric?;
        if metric.name == Some(BD_SEQ) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 255; others match nothing"
            )]
            return Ok(metric.value.map(|value| value as u64));
        }
    }
    Ok(None)
}

/// The bindings of a device, or of the node itself, among all of the node's.
fn bindings_of(bindings: &[Binding], node: &str, device: &str) -> Range<usize> {
    let key = |binding: &'_ Binding| -> std::cmp::Ordering {
        let below = binding.key().get(node.len()..).unwrap_or_default();
        let own = below.strip_prefix('/').unwrap_or_default();
        own.split('/').cmp(device.split('/'))
    };
    let start = bindings.partition_point(|binding| key(binding).is_lt());
    start..start + bindings[start..].partition_point(|binding| key(binding).is_eq())
}

/// Tells what the metrics say of the bindings; whether there was an alias that no birth has named.
fn tell(
    node: &mut Node,
    birth: bool,
    device: &str,
    own: Range<usize>,
    payload: Payload<'_>,
    ear: &mut Ear<'_>,
) -> Result<bool, Unreadable> {
    let mut aliases = if birth { Some(HashMap::new()) } else { node.aliases.remove(device) };
    let mut nameless = false;
    let mut read = Ok(());
    for metric in payload.metrics() {
        let metric = match metric {
            Ok(metric) => metric,
            Err(malformed) => {
                read = Err(malformed);
                break;
            }
        };
        let name: Cow<'_, str> = match (metric.name, metric.alias, &aliases) {
            (Some(name), ..) => name.into(),
            (None, Some(alias), Some(aliases)) => match aliases.get(&alias) {
                Some(name) => Cow::Owned(name.to_string()),
                // A metric that the birth named and no binding does.
                None => continue,
            },
            (None, ..) => {
                nameless = true;
                continue;
            }
        };
        let told = tell_one(&name, metric, own.clone(), payload.timestamp, ear);
        if let (true, true, Some(alias), Some(aliases)) = (birth, told, metric.alias, &mut aliases)
            // A birth names each metric once, and a binding no more than three of them.
            && aliases.len() < 3 * own.len()
        {
            aliases.insert(alias, name.into());
        }
    }
    if let Some(aliases) = aliases {
        node.aliases.insert(device.into(), aliases);
    }
    Ok(read.map(|()| nameless)?)
}

/// Tells what one metric says of the bindings that name it; whether any does.
fn tell_one(name: &str, metric: Metric<'_>, own: Range<usize>, timestamp: Option<u64>, ear: &mut Ear<'_>) -> bool {
    let ts_ms = metric.timestamp.or(timestamp).and_then(|ts| i64::try_from(ts).ok());
    let mut named = false;
    for at in named_by(&ear.bindings[own.clone()], name).into_iter().flatten() {
        let at = own.start + at;
        named = true;
        let Some(value) = metric.value else { continue };
        let known = ear.memory.of(ear.first + at);
        let measured = match (Pick::of(&ear.bindings[at].channel), name) {
            (Some(pick), _) => pick.unit.measured(value, known.voltage, ts_ms),
            (None, "voltage") => {
                known.voltage = Some(value);
                continue;
            }
            (None, "current") => {
                known.current = Some(value);
                Measured { current: Some(value), ts_ms, ..Measured::default() }
            }
            // A device that says its current says its power too: one reading, not two.
            (None, _) if known.current.is_some() => continue,
            (None, _) => Measured { power: Some(value), voltage: known.voltage, ts_ms, ..Measured::default() },
        };
        ear.measured(at, measured);
    }
    named
}

/// Which of a device's bindings, ordered by their channels, name a metric: the one without a channel if it is
/// `current`, `power` or `voltage`, the one of this channel, and the one that names its unit too.
fn named_by(own: &[Binding], name: &str) -> [Option<usize>; 3] {
    let at = |wanted: &dyn Fn(&str) -> bool, from: &str| {
        let at = own.partition_point(|binding| &*binding.channel < from);
        own.get(at).filter(|binding| wanted(&binding.channel)).map(|_| at)
    };
    let usual = matches!(name, "current" | "power" | "voltage");
    let with_unit = format!("{name}@");
    [
        usual.then(|| at(&|channel| channel.is_empty(), "")).flatten(),
        at(&|channel| channel == name, name),
        at(&|channel| channel.starts_with(&with_unit), &with_unit),
    ]
}

impl From<Malformed> for Unreadable {
    fn from(malformed: Malformed) -> Self {
        Self::because(&malformed)
    }
}
