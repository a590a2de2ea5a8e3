use super::lines::{keys_svg, label};
use super::style::{colour, dash};
use super::times::Times;
use super::units::escape;
use std::fmt::Write as _;

/// Distributions of times, so that the slowest thousandth can be read as well as the median.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantiles {
    /// What took the time.
    pub title: String,
    /// Each distribution with its name.
    pub series: Vec<(String, Times)>,
}

const LEFT: f64 = 60.0;
const TOP: f64 = 28.0;
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 180.0;
/// Shares that are named below: each further one has ten times fewer above it.
const SHARES: [(f64, &str); 6] =
    [(0.0, "0"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %"), (0.99999, "99.999 %")];

/// As SVG. Both axes are logarithmic: along, the share that is slower; up, the time.
pub(super) fn svg(plot: &Quantiles) -> String {
    let points = || plot.series.iter().flat_map(|(_, times)| times.curve.iter().copied());
    let most = plot.series.iter().map(|(_, times)| times.count).max().unwrap_or(1).max(10) as f64;
    let decades = most.log10().ceil().clamp(1.0, 5.0);
    let times = || points().map(|(_, ms)| ms).filter(|ms| *ms > 0.0);
    let lowest = times().fold(f64::MAX, f64::min).clamp(0.001, 1e5).log10().floor();
    let highest = times().fold(0.0, f64::max).max(0.01).log10().ceil().max(lowest + 1.0);
    let x = |share: f64| LEFT + WIDTH * (-(1.0 - share).max(1e-9).log10() / decades).clamp(0.0, 1.0);
    let y = |ms: f64| TOP + HEIGHT * (1.0 - (ms.max(1e-3).log10() - lowest) / (highest - lowest)).clamp(0.0, 1.0);
    let keys = if plot.series.len() > 1 { 18.0 * plot.series.len().div_ceil(3) as f64 } else { 0.0 };
    let (width, height) = (LEFT + WIDTH + 30.0, TOP + HEIGHT + 38.0 + keys);
    let mut svg = format!(
        r#"<svg role="img" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}"><text class="head" x="0" y="14">{}</text>"#,
        escape(&plot.title)
    );
    for exponent in lowest as i32..=highest as i32 {
        let ms = 10_f64.powi(exponent);
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{LEFT} {at:.1}h{WIDTH}"/><text x="{:.0}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 6.0,
            y(ms) + 4.0,
            label(ms),
            at = y(ms),
        );
    }
    let bottom = TOP + HEIGHT;
    for (share, name) in SHARES.iter().take(decades as usize + 1) {
        let at = x(*share);
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{at:.1} {TOP}v{:.0}"/><text x="{at:.1}" y="{:.0}" text-anchor="middle">{name}</text>"#,
            HEIGHT + 4.0,
            bottom + 17.0
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{:.0}" y="{:.0}" text-anchor="end">share that took no longer</text>"#,
        LEFT + WIDTH,
        bottom + 32.0
    );
    for (number, (_, times)) in plot.series.iter().enumerate() {
        let mut path = String::new();
        for (share, ms) in &times.curve {
            let _ = write!(path, "{}{:.1} {:.1}", if path.is_empty() { 'M' } else { 'L' }, x(*share), y(*ms));
        }
        let _ = write!(
            svg,
            r#"<path class="line" stroke="{}" stroke-dasharray="{}" d="{path}"/>"#,
            colour(number),
            dash(number)
        );
    }
    if plot.series.len() > 1 {
        let names: Vec<&str> = plot.series.iter().map(|(name, _)| name.as_str()).collect();
        svg.push_str(&keys_svg(&names, LEFT, bottom + 46.0));
    }
    svg + "</svg>\n"
}
