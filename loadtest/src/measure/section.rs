//! A measurement as a part of the report.

use super::outcome::{Outcome, VerdictFacts, cores_between, memory_between};
use super::sampler::Tick;
use crate::report::{Block, Lines, Quantiles, Section, Series, Times, count, figure};

/// CPU is told as a mean over so many seconds: the clock ticks of `/proc` are coarse.
const SMOOTH_S: usize = 5;

/// What a measurement found, with its plots.
#[must_use]
pub fn section(outcome: &Outcome) -> Section {
    let mut section = Section::new(format!("{} ({})", outcome.name, outcome.target)).text(format!("{}.", outcome.load));
    if let Some(verdict) = &outcome.verdict {
        section = verdict_blocks(section, verdict);
    }
    section = section.table(&["what", "measured"], figures(outcome));
    let mut times = Vec::new();
    if outcome.puback.count > 0 {
        times.push(("PUBLISH to PUBACK".to_owned(), outcome.puback.clone()));
    }
    if outcome.to_page.count > 0 {
        times.push(("PUBLISH to WebSocket".to_owned(), outcome.to_page.clone()));
    }
    if let Some(storm) = &outcome.storm {
        times.push(("storm to CONNACK".to_owned(), storm.times.clone()));
    }
    if !times.is_empty() {
        let heads = [&["time"][..], &Times::HEADS].concat();
        let rows = times.iter().map(|(name, times)| [&[name.clone()][..], &times.row()].concat()).collect();
        section = section.table(&heads, rows);
    }
    if outcome.window_s.1 - outcome.window_s.0 > 119.0 {
        section = section.table(
            &[
                "minute",
                "readings acknowledged",
                "server CPU, cores",
                "server memory, MB",
                "PUBACK median, ms",
                "worst second's p99, ms",
            ],
            minutes(outcome),
        );
    }
    for plot in plots(outcome) {
        section = section.with(Block::Lines(plot));
    }
    if !times.is_empty() {
        let title = "Times, ms (both axes logarithmic)".to_owned();
        section = section.with(Block::Quantiles(Quantiles { title, series: times }));
    }
    section
}

/// Adds what became of readings and states.
#[must_use]
pub fn verdict_blocks(section: Section, verdict: &VerdictFacts) -> Section {
    let (readings, states) = (&verdict.readings, &verdict.states);
    let section = section
        .with(Block::Verdict {
            kept: readings.is_kept(),
            text: format!(
                "Readings of {} instruments: {} sent, {} acknowledged, {} in the history: {} lost, {} doubled, {} altered, {} extra; \
                 {} in the history without acknowledgement, {} never arrived.",
                count(verdict.instruments),
                count(readings.sent),
                count(readings.acknowledged),
                count(readings.kept),
                count(readings.lost),
                count(readings.doubled),
                count(readings.altered),
                count(readings.extra),
                count(readings.kept_unacknowledged),
                count(readings.never_arrived)
            ),
        })
        .with(Block::Verdict {
            kept: states.is_kept(),
            text: format!(
                "States: {} transitions, {} sequence numbers missing, {} doubled, {} intervals that do not tile; {} announcements, \
                 {} forgotten, {} changed; {} times offline.",
                count(states.transitions),
                count(states.gaps),
                count(states.doubled),
                count(states.untiled),
                count(states.announced),
                count(states.forgotten),
                count(states.changed),
                count(states.offline)
            ),
        });
    if verdict.wrong.is_empty() { section } else { section.with(Block::Listing(verdict.wrong.clone())) }
}

fn figures(outcome: &Outcome) -> Vec<Vec<String>> {
    let counts = &outcome.counts;
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("readings a second wanted", count(outcome.wanted_per_s as u64)),
        row(
            "published / acknowledged / missed",
            [counts.published, counts.acknowledged, counts.missed].map(count).join(" / "),
        ),
        row(
            if outcome.verdict.is_some() { "worked through by the server" } else { "arrived at the subscriber" },
            count(outcome.arrived),
        ),
        row("all connected after", format!("{} s", figure(outcome.connected_after_s))),
        row(
            "connections made / failed / broken by the server / refused",
            [counts.connects, counts.failed_connects, counts.lost_connections, counts.refused].map(count).join(" / "),
        ),
        row("CPU of the server", format!("{:.2} cores", outcome.server_cores)),
        row("CPU of the clients and the subscriber", format!("{:.2} cores", outcome.client_cores)),
        row(
            "memory of the server, when all are connected and at the end",
            format!("{:.0} and {:.0} MB", outcome.server_rss_mb.0, outcome.server_rss_mb.1),
        ),
    ];
    if outcome.sign_up_s > 0.0 {
        rows.push(row("adding the instruments took", format!("{} s", figure(outcome.sign_up_s))));
    }
    if counts.stalled > 0 {
        rows.push(row("stalls of clients", count(counts.stalled)));
    }
    if let Some(storm) = &outcome.storm {
        rows.push(row(
            "reconnect storm: back, and the last one after",
            format!("{} of {}, {} s", count(storm.back), count(storm.clients), figure(storm.times.max_ms / 1e3)),
        ));
    }
    rows
}

fn minutes(outcome: &Outcome) -> Vec<Vec<String>> {
    let (from, to) = outcome.window_s;
    let whole = ((to - from + 1.0) / 60.0).floor() as usize;
    (0..whole)
        .map(|minute| {
            let begin = from + 60.0 * minute as f64;
            let within: Vec<&Tick> =
                outcome.ticks.iter().filter(|tick| (begin..begin + 61.0).contains(&tick.after_s)).collect();
            let acknowledged = |tick: Option<&&Tick>| tick.map_or(0, |tick| tick.counts.acknowledged);
            let medians: Vec<f64> = within.iter().map(|tick| tick.puback_p50_ms).collect();
            vec![
                (minute + 1).to_string(),
                count(acknowledged(within.last()) - acknowledged(within.first())),
                format!("{:.2}", cores_between(&outcome.ticks, begin, begin + 61.0).0),
                format!("{:.0}", memory_between(&outcome.ticks, begin, begin + 61.0).1),
                figure(crate::report::median(&medians).unwrap_or(0.0)),
                figure(within.iter().map(|tick| tick.puback_p99_ms).fold(0.0, f64::max)),
            ]
        })
        .collect()
}

fn plots(outcome: &Outcome) -> Vec<Lines> {
    let ticks = &outcome.ticks;
    let over = |value: &dyn Fn(&Tick) -> f64| ticks.iter().map(|tick| (tick.after_s, value(tick))).collect::<Vec<_>>();
    let rate = |value: &dyn Fn(&Tick) -> f64, smooth: usize| {
        let pairs = ticks.iter().zip(ticks.iter().skip(smooth));
        pairs.map(|(a, b)| (b.after_s, (value(b) - value(a)) / (b.after_s - a.after_s).max(1e-3))).collect::<Vec<_>>()
    };
    let line = |name: &str, points: Vec<(f64, f64)>| Series { name: name.to_owned(), points };
    let lines = |title: &str, series: Vec<Series>| Lines { title: title.into(), along: "seconds".into(), series };
    let mut plots = vec![
        lines(
            "Readings a second",
            vec![
                line("published", rate(&|tick| tick.counts.published as f64, 1)),
                line("acknowledged", rate(&|tick| tick.counts.acknowledged as f64, 1)),
            ],
        ),
        lines(
            "CPU, cores (mean over 5 s)",
            vec![
                line("server", rate(&|tick| tick.server_cpu_s, SMOOTH_S)),
                line("clients", rate(&|tick| tick.client_cpu_s, SMOOTH_S)),
            ],
        ),
        lines("Memory of the server, MB", vec![line("server", over(&|tick| tick.server_rss_mb))]),
    ];
    if outcome.puback.count > 0 {
        plots.push(lines(
            "PUBLISH to PUBACK, ms, second by second",
            vec![line("median", over(&|tick| tick.puback_p50_ms)), line("p99", over(&|tick| tick.puback_p99_ms))],
        ));
    }
    if outcome.storm.is_some() {
        plots.push(lines("Clients connected", vec![line("connected", over(&|tick| tick.counts.connected as f64))]));
    }
    plots
}
