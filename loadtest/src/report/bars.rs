use super::style::colour;
use super::units::{escape, figure};
use std::fmt::Write as _;

/// Values side by side, each over several rounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// What is drawn, with its unit.
    pub title: String,
    /// The bars, from above.
    pub bars: Vec<Bar>,
}

/// One bar: the median, and a line from the lowest to the highest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// What it is.
    pub name: String,
    /// Which colour, by number.
    pub colour: usize,
    /// The values of all rounds.
    pub values: Vec<f64>,
}

const NAMES: f64 = 190.0;
const BARS: f64 = 360.0;
const ROW: f64 = 24.0;
const TOP: f64 = 24.0;

/// The middle value; of an even number, the lower of the two.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// As SVG.
pub(super) fn svg(plot: &Bars) -> String {
    let highest = plot.bars.iter().flat_map(|bar| &bar.values).copied().fold(f64::MIN_POSITIVE, f64::max);
    let (width, height) = (NAMES + BARS + 80.0, TOP + ROW * plot.bars.len() as f64 + 4.0);
    let mut svg = format!(
        r#"<svg role="img" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}"><text class="head" x="0" y="14">{}</text>"#,
        escape(&plot.title)
    );
    for (row, bar) in plot.bars.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        let along = |value: f64| NAMES + BARS * value / highest;
        let Some(middle) = median(&bar.values) else { continue };
        let low = bar.values.iter().copied().fold(f64::MAX, f64::min);
        let high = bar.values.iter().copied().fold(0.0, f64::max);
        let _ = write!(
            svg,
            r#"<text x="{:.0}" y="{:.0}" text-anchor="end">{}</text><rect x="{NAMES}" y="{y:.0}" width="{:.1}" height="16" fill="{}" fill-opacity="0.75"/>"#,
            NAMES - 8.0,
            y + 12.0,
            escape(&bar.name),
            along(middle) - NAMES,
            colour(bar.colour)
        );
        let _ = write!(
            svg,
            r#"<path class="span" d="M{0:.1} {2:.0}v8M{1:.1} {2:.0}v8M{0:.1} {3:.0}H{1:.1}"/><text x="{4:.1}" y="{5:.0}">{6}</text>"#,
            along(low),
            along(high),
            y + 4.0,
            y + 8.0,
            along(high) + 6.0,
            y + 12.0,
            figure(middle)
        );
    }
    svg + "</svg>\n"
}
