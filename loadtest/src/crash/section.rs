use super::rounds::Crashed;
use crate::measure::{VerdictFacts, verdict_blocks};
use crate::report::{Bar, Bars, Block, Lines, Section, Series, count, figure};

/// What the rounds left, as a part of the report.
#[must_use]
pub fn section(crashed: &Crashed) -> Section {
    let longest = crashed.restarts_ms.iter().copied().fold(0.0, f64::max);
    let counts = &crashed.counts;
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let section =
        verdict_blocks(Section::new(format!("{} kills", crashed.kills)), &VerdictFacts::from(&crashed.verdict));
    let over =
        |values: &mut dyn Iterator<Item = f64>| values.enumerate().map(|(n, value)| (n as f64 + 1.0, value)).collect();
    let lines = |title: &str, points: Vec<(f64, f64)>| {
        let series = vec![Series { name: title.into(), points }];
        Block::Lines(Lines { title: title.into(), along: "round".into(), series })
    };
    section
        .table(
            &["what", "measured"],
            vec![
                row("kill -9", crashed.kills.to_string()),
                row(
                    "published / acknowledged / missed",
                    [counts.published, counts.acknowledged, counts.missed].map(count).join(" / "),
                ),
                row(
                    "connections made / broken by the kills",
                    [counts.connects, counts.lost_connections].map(count).join(" / "),
                ),
                row("longest start until it accepts", format!("{} ms", figure(longest))),
            ],
        )
        .with(lines(
            "Readings acknowledged before each kill",
            over(&mut crashed.acknowledged.iter().map(|n| *n as f64)),
        ))
        .with(Block::Bars(Bars {
            title: "Start until it accepts, ms (median, lowest and highest)".into(),
            bars: vec![Bar { name: "start after a kill".into(), colour: 0, values: crashed.restarts_ms.clone() }],
        }))
}
