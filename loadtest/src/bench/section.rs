//! The standard set as parts of the report.

use super::run::Benched;
use super::saturation::{Round, Saturation};
use crate::measure::{Outcome, section, verdict_blocks};
use crate::report::{Bar, Bars, Block, Section, count, figure, median};

const DAYI: usize = 2;
const MOSQUITTO: usize = 1;

/// Every part, the ratios first.
#[must_use]
pub fn sections(benched: &Benched) -> Vec<Section> {
    let mut sections = vec![ratios(benched)];
    sections.extend(benched.saturation.iter().map(saturation));
    if !benched.compared.is_empty() {
        sections.push(compared(benched));
    }
    sections.extend(benched.outcomes.iter().map(section));
    sections
}

/// Median by median: dayi over Mosquitto.
fn ratios(benched: &Benched) -> Section {
    let Some(version) = &benched.mosquitto else {
        return Section::new("Against Mosquitto").text("Left out: Mosquitto is not installed.");
    };
    let ratio = |name: String, unit: &str, ours: Vec<f64>, theirs: Vec<f64>| {
        let (ours, theirs) = (median(&ours)?, median(&theirs)?);
        Some(vec![name, figure(ours), figure(theirs), unit.to_owned(), format!("{:.2}", ours / theirs)])
    };
    let mut rows = Vec::new();
    for flood in &benched.saturation {
        let per_s = |rounds: &[Round]| rounds.iter().map(|round| round.per_s).collect();
        rows.extend(ratio(
            format!("as much as goes through, QoS {}", flood.qos),
            "readings/s",
            per_s(&flood.dayi),
            per_s(&flood.mosquitto),
        ));
        let each = |rounds: &[Round]| {
            rounds.iter().map(|round| round.server_cores * round.seconds / round.through as f64 * 1e6).collect()
        };
        rows.extend(ratio(
            format!("the same: CPU of the server, QoS {}", flood.qos),
            "µs a reading",
            each(&flood.dayi),
            each(&flood.mosquitto),
        ));
    }
    let of = |target: &str, value: &dyn Fn(&Outcome) -> f64| {
        benched.compared.iter().filter(|outcome| outcome.target == target).map(value).collect::<Vec<f64>>()
    };
    let mut steady = |name: &str, unit: &str, value: &dyn Fn(&Outcome) -> f64| {
        rows.extend(ratio(name.to_owned(), unit, of("dayi", value), of("mosquitto", value)));
    };
    steady("steady load: CPU of the server", "cores", &|outcome| outcome.server_cores);
    steady("steady load: memory of the server", "MB", &|outcome| outcome.server_rss_mb.1);
    steady("steady load: PUBLISH to PUBACK, median", "ms", &|outcome| outcome.puback.p50_ms);
    steady("steady load: PUBLISH to PUBACK, p99", "ms", &|outcome| outcome.puback.p99_ms);
    let section = Section::new("Against Mosquitto").text(format!(
        "{version}, which forwards every message to one subscriber; dayi works every reading through: decoded, kept, classified, \
         decided. Same payloads, topics and clients, in turns, medians of {} rounds. The publishers, and at Mosquitto its \
         subscriber, share the machine with the server: what they use is told below.",
        benched.rounds
    ));
    if rows.is_empty() {
        return section.text("None of the parts that were chosen compares the two.");
    }
    section.table(&["what", "dayi", "Mosquitto", "unit", "dayi / Mosquitto"], rows)
}

fn saturation(flood: &Saturation) -> Section {
    let both = || [("dayi", DAYI, &flood.dayi), ("Mosquitto", MOSQUITTO, &flood.mosquitto)];
    let mut rows = Vec::new();
    for (name, _, rounds) in both() {
        for (number, round) in rounds.iter().enumerate() {
            rows.push(vec![
                format!("{name}, round {}", number + 1),
                count(round.sent),
                if flood.qos == 0 { "-".into() } else { count(round.acknowledged) },
                count(round.through),
                figure(round.seconds),
                count(round.per_s as u64),
                format!("{:.2}", round.server_cores),
                format!("{:.2}", round.client_cores),
                format!("{:.0}", round.rss_mb),
                count(round.broken),
            ]);
        }
    }
    let bars = |title: &str, value: &dyn Fn(&Round) -> f64| {
        let bars = both()
            .into_iter()
            .filter(|(_, _, rounds)| !rounds.is_empty())
            .map(|(name, colour, rounds)| Bar { name: name.into(), colour, values: rounds.iter().map(value).collect() })
            .collect();
        Block::Bars(Bars { title: title.into(), bars })
    };
    Section::new(format!("As much as goes through, QoS {}", flood.qos))
        .text(format!(
            "{} connections that keep their window full. A reading is through when dayi has worked it through, or when it has arrived at \
             Mosquitto's subscriber; the time is from the first one sent to the last one through.",
            flood.connections
        ))
        .table(
            &["round", "sent", "acknowledged", "through", "s", "readings/s", "server, cores", "clients, cores", "server, MB", "broken"],
            rows,
        )
        .with(bars("Readings a second (median, lowest and highest)", &|round| round.per_s))
        .with(bars("CPU of the server, µs a reading", &|round| {
            round.server_cores * round.seconds / round.through as f64 * 1e6
        }))
}

fn compared(benched: &Benched) -> Section {
    let outcomes = &benched.compared;
    let mut section = Section::new("Side by side under a steady load");
    if let Some(first) = outcomes.first() {
        section = section.text(format!("{}.", first.load));
    }
    let rows = outcomes.iter().map(|outcome| {
        vec![
            format!("{}, {}", outcome.name.rsplit(", ").next().unwrap_or_default(), outcome.target),
            count(outcome.counts.published),
            count(outcome.counts.acknowledged),
            count(outcome.arrived),
            format!("{:.2}", outcome.server_cores),
            format!("{:.2}", outcome.client_cores),
            format!("{:.0}", outcome.server_rss_mb.1),
            figure(outcome.puback.p50_ms),
            figure(outcome.puback.p99_ms),
        ]
    });
    section = section.table(
        &[
            "round",
            "published",
            "acknowledged",
            "through",
            "server, cores",
            "clients, cores",
            "server, MB",
            "PUBACK median, ms",
            "p99",
        ],
        rows.collect(),
    );
    for broken in outcomes.iter().filter_map(|outcome| outcome.verdict.as_ref()).filter(|verdict| !verdict.kept) {
        section = verdict_blocks(section, broken);
    }
    let bars = |title: &str, value: &dyn Fn(&Outcome) -> f64| {
        let bars = [("dayi", DAYI), ("mosquitto", MOSQUITTO)].map(|(target, colour)| {
            let values = outcomes.iter().filter(|outcome| outcome.target == target).map(value).collect();
            Bar { name: target.into(), colour, values }
        });
        Block::Bars(Bars { title: title.into(), bars: bars.to_vec() })
    };
    section
        .with(bars("CPU of the server, cores", &|outcome| outcome.server_cores))
        .with(bars("Memory of the server, MB", &|outcome| outcome.server_rss_mb.1))
}
