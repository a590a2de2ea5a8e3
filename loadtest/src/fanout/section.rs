use super::run::Fanned;
use crate::measure::verdict_blocks;
use crate::report::{Block, Lines, Quantiles, Section, Series, Times, count, figure};

/// What was measured, as a part of the report.
#[must_use]
pub fn section(fanned: &Fanned) -> Section {
    let crowd = &fanned.crowd;
    let stalled = &crowd.stalled;
    let seconds = fanned.window_s.1 - fanned.window_s.0;
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let end = match &stalled.broken {
        Some(why) => format!("it was closed: {why}"),
        None if stalled.same => "in the end it holds what the others do".into(),
        None => "in the end it does not hold what the others do".into(),
    };
    let [before, shown, most, last] = fanned.rss_mb.map(|mb| format!("{mb:.0}"));
    let section = Section::new(format!("{} pages that look at everything", count(crowd.listeners as u64)))
        .with(Block::Verdict {
            kept: crowd.kept(),
            text: format!(
                "{} changes in {} frames to each page: {} gaps, {} doubled, {} frames that differ, {} pages closed, {} changes left out. The \
                 page that does not read: {} changes left out, {} new snapshots, {} frames out of order; {end}.",
                count(crowd.changes),
                count(crowd.frames),
                count(crowd.gaps),
                count(crowd.doubled),
                count(crowd.different),
                crowd.broken,
                count(crowd.coalesced),
                count(stalled.coalesced),
                count(stalled.resyncs),
                count(stalled.wrong),
            ),
        })
        .table(
            &["what", "measured"],
            vec![
                row("changes a second", figure(fanned.changes_per_s)),
                row("all pages had their snapshot after", format!("{} s", figure(fanned.shown_after_s))),
                row("bytes of all changes to one page", count(crowd.bytes)),
                row("the slowest page's p99", format!("{} ms", figure(crowd.worst_p99_ms))),
                row("CPU of the server", format!("{:.2} cores over {} s", fanned.server_cores, figure(seconds))),
                row("CPU of sensors and pages", format!("{:.2} cores", fanned.client_cores)),
                row(
                    "memory of the server: without pages / with them / at most / in the end",
                    format!("{before} / {shown} / {most} / {last} MB"),
                ),
                row("readings published", count(fanned.counts.published)),
            ],
        );
    let heads = [&["time"][..], &Times::HEADS].concat();
    let name = "PUBLISH to WebSocket, all pages";
    let mut section = section.table(&heads, vec![[&[name.to_owned()][..], &crowd.times.row()].concat()]);
    if !crowd.reasons.is_empty() {
        section = section.with(Block::Listing(crowd.reasons.clone()));
    }
    section = verdict_blocks(section, &fanned.verdict);
    let memory = fanned.ticks.iter().map(|tick| (tick.after_s, tick.server_rss_mb)).collect();
    section
        .with(Block::Lines(Lines {
            title: "Memory of the server, MB".into(),
            along: "seconds".into(),
            series: vec![Series { name: "server".into(), points: memory }],
        }))
        .with(Block::Quantiles(Quantiles {
            title: "Times, ms (both axes logarithmic)".into(),
            series: vec![(name.into(), crowd.times.clone())],
        }))
}
