use super::style::{colour, dash};
use super::units::{escape, figure, ticks};
use std::fmt::Write as _;

/// Values over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// What is drawn, with its unit.
    pub title: String,
    /// What runs from left to right.
    pub along: String,
    /// The lines.
    pub series: Vec<Series>,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Along and up.
    pub points: Vec<(f64, f64)>,
}

const LEFT: f64 = 60.0;
const TOP: f64 = 28.0;
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 150.0;

/// As SVG.
pub(super) fn svg(plot: &Lines) -> String {
    let points = || plot.series.iter().flat_map(|series| series.points.iter().copied());
    let (right, high) = points().fold((0.0_f64, 0.0_f64), |(x, y), point| (x.max(point.0), y.max(point.1)));
    let (across, up) = (ticks(right), ticks(high));
    let (right, high) = (right.max(f64::MIN_POSITIVE), up.last().copied().unwrap_or(1.0));
    let x = |value: f64| LEFT + WIDTH * value / right;
    let y = |value: f64| TOP + HEIGHT * (1.0 - value / high);
    let keys = if plot.series.len() > 1 { 18.0 * plot.series.len().div_ceil(3) as f64 } else { 0.0 };
    let (width, height) = (LEFT + WIDTH + 20.0, TOP + HEIGHT + 38.0 + keys);
    let mut svg = format!(
        r#"<svg role="img" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}"><text class="head" x="0" y="14">{}</text>"#,
        escape(&plot.title)
    );
    for value in up {
        let at = y(value);
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{LEFT} {at:.1}h{WIDTH}"/><text x="{:.0}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 6.0,
            at + 4.0,
            label(value)
        );
    }
    let bottom = TOP + HEIGHT;
    for value in across.into_iter().filter(|value| *value <= right) {
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{0:.1} {bottom}v4"/><text x="{0:.1}" y="{1:.0}" text-anchor="middle">{2}</text>"#,
            x(value),
            bottom + 17.0,
            label(value)
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{:.0}" y="{:.0}" text-anchor="end">{}</text>"#,
        LEFT + WIDTH,
        bottom + 32.0,
        escape(&plot.along)
    );
    for (number, series) in plot.series.iter().enumerate() {
        let mut path = String::new();
        for (place, (along, value)) in series.points.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if place == 0 { 'M' } else { 'L' }, x(*along), y(*value));
        }
        let _ = write!(
            svg,
            r#"<path class="line" stroke="{}" stroke-dasharray="{}" d="{path}"/>"#,
            colour(number),
            dash(number)
        );
    }
    if plot.series.len() > 1 {
        let names: Vec<&str> = plot.series.iter().map(|series| series.name.as_str()).collect();
        svg.push_str(&keys_svg(&names, LEFT, bottom + 46.0));
    }
    svg + "</svg>\n"
}

/// A legend, three names a row.
pub(super) fn keys_svg(names: &[&str], left: f64, top: f64) -> String {
    let mut svg = String::new();
    for (number, name) in names.iter().enumerate() {
        let (at, y) = (left + 135.0 * (number % 3) as f64, top + 18.0 * (number / 3) as f64);
        let _ = write!(
            svg,
            r#"<path class="line" stroke="{}" stroke-dasharray="{}" d="M{at:.0} {y:.0}h22"/><text x="{:.0}" y="{:.0}">{}</text>"#,
            colour(number),
            dash(number),
            at + 28.0,
            y + 4.0,
            escape(name)
        );
    }
    svg
}

/// A tick's number without digits that say nothing.
pub(super) fn label(value: f64) -> String {
    let text = figure(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
