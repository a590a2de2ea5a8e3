//! The report's plots as inline SVG: no scripts, nothing from elsewhere, legible in grey.

use std::fmt::Write as _;

use super::report::Report;
use super::score::Score;
use super::strip::{COLUMNS, Strip};
use super::units::{escape, utc};
use crate::sample::Level;

/// Colours of the methods, in their order; distinguishable to most colour-blind eyes.
const METHOD_COLOURS: [&str; 8] =
    ["#7a7a7a", "#e69f00", "#56b4e9", "#009e73", "#d55e00", "#0072b2", "#cc79a7", "#000000"];

/// Shapes that tell the methods apart where colour does not: drawn around the origin.
const METHOD_SHAPES: [&str; 4] = [
    r#"<circle r="4"/>"#,
    r#"<path d="M-4-4h8v8h-8z"/>"#,
    r#"<path d="M0-5l5 9h-10z"/>"#,
    r#"<path d="M0-5l5 5-5 5-5-5z"/>"#,
];

/// A figure of a [`Score`] as it is drawn.
struct Figure {
    name: &'static str,
    value: fn(&Score) -> Option<f64>,
    digits: usize,
    /// Upper end of the axis; `None` for the largest value.
    full: Option<f64>,
}

const FIGURES: [Figure; 4] = [
    Figure { name: "accuracy, %", value: |s| Some(100.0 * s.accuracy), digits: 1, full: Some(100.0) },
    Figure { name: "macro-F1", value: |s| Some(s.macro_f1), digits: 3, full: Some(1.0) },
    Figure { name: "false transitions a day", value: |s| Some(s.false_transitions_per_day), digits: 1, full: None },
    Figure { name: "delay p95, s", value: |s| s.delay_p95_s, digits: 0, full: None },
];

pub(super) fn colour(method: usize) -> &'static str {
    METHOD_COLOURS[method % METHOD_COLOURS.len()]
}

/// A method's mark with its colour, for a legend.
pub(super) fn mark(method: usize) -> String {
    let shape = METHOD_SHAPES[method % METHOD_SHAPES.len()];
    format!(r#"<svg width="12" height="12" viewBox="-6 -6 12 12"><g fill="{}">{shape}</g></svg>"#, colour(method))
}

/// A bar for each method and figure, one figure a plot.
pub(super) fn bars(report: &Report) -> String {
    FIGURES.iter().map(|figure| bar_plot(report, figure)).collect()
}

fn bar_plot(report: &Report, figure: &Figure) -> String {
    const ROW: usize = 20;
    const NAMES: f64 = 130.0;
    const BARS: f64 = 200.0;
    let values: Vec<Option<f64>> = report.methods.iter().map(|m| (figure.value)(&m.score)).collect();
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    let full = figure.full.unwrap_or(largest).max(f64::MIN_POSITIVE);
    let height = ROW * values.len() + 24;
    let mut svg = format!(
        r#"<svg class="bars" role="img" width="400" height="{height}" viewBox="0 0 400 {height}"><text class="head" x="0" y="14">{}</text>"#,
        figure.name
    );
    for (i, (method, value)) in report.methods.iter().zip(&values).enumerate() {
        let y = 22 + ROW * i;
        let width = value.map_or(0.0, |v| BARS * (v / full).clamp(0.0, 1.0));
        let told = value.map_or_else(|| "-".to_owned(), |v| format!("{v:.*}", figure.digits));
        let _ = write!(
            svg,
            r#"<text x="{:.0}" y="{}" text-anchor="end">{}</text><rect x="{NAMES:.0}" y="{y}" width="{width:.1}" height="14" fill="{}"/><text x="{:.1}" y="{}">{told}</text>"#,
            NAMES - 6.0,
            y + 11,
            escape(&method.method),
            colour(i),
            NAMES + width + 5.0,
            y + 11,
        );
    }
    svg + "</svg>\n"
}

/// A row for each trace, a dot for each method.
pub(super) fn dots(report: &Report) -> String {
    FIGURES.iter().filter(|f| f.digits != 0).map(|figure| dot_plot(report, figure)).collect()
}

fn dot_plot(report: &Report, figure: &Figure) -> String {
    const ROW: usize = 16;
    const LEFT: f64 = 150.0;
    const WIDTH: f64 = 520.0;
    let traces = trace_names(report);
    let values = || report.traces.iter().filter_map(|t| (figure.value)(&t.tally.score));
    let largest = values().fold(0.0, f64::max);
    let (low, high) = match figure.full {
        // From the lowest value, so that near the top the methods lie apart.
        Some(full) => ((values().fold(full, f64::min) / full * 10.0).floor().clamp(0.0, 9.0) / 10.0 * full, full),
        None => (0.0, largest.max(10.0)),
    };
    // Counts differ by orders of magnitude: their axis is logarithmic, 0 included.
    let along = |v: f64| match figure.full {
        Some(_) => (v - low) / (high - low),
        None => v.ln_1p() / high.ln_1p(),
    };
    let place = |v: f64| LEFT + WIDTH * along(v).clamp(0.0, 1.0);
    let ticks: Vec<f64> = match figure.full {
        Some(_) => (0..=5).map(|step| low + f64::from(step) / 5.0 * (high - low)).collect(),
        None => [0.0, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5].into_iter().filter(|&t| t <= high).collect(),
    };
    let bottom = 26 + ROW * traces.len();
    let mut svg = format!(
        r#"<svg role="img" width="700" height="{0}" viewBox="0 0 700 {0}"><text class="head" x="0" y="14">{1}, trace by trace</text>"#,
        bottom + 20,
        figure.name
    );
    for value in ticks {
        let x = place(value);
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{x:.1} 22V{bottom}"/><text x="{x:.1}" y="{}" text-anchor="middle">{value:.*}</text>"#,
            bottom + 14,
            if figure.full.is_some() { figure.digits.min(2) } else { 0 },
        );
    }
    for (row, trace) in traces.iter().enumerate() {
        let y = 32 + ROW * row;
        let _ = write!(
            svg,
            r#"<text x="{:.0}" y="{}" text-anchor="end">{}</text><path class="grid" d="M{LEFT} {y}H{}"/>"#,
            LEFT - 8.0,
            y + 4,
            escape(trace),
            LEFT + WIDTH
        );
        for (i, method) in report.methods.iter().enumerate() {
            let of_both = report.traces.iter().filter(|t| t.trace == *trace && t.method == method.method);
            for value in of_both.filter_map(|t| (figure.value)(&t.tally.score)) {
                let _ = write!(
                    svg,
                    r#"<g transform="translate({:.1} {y})" fill="{}" fill-opacity="0.85">{}</g>"#,
                    place(value),
                    colour(i),
                    METHOD_SHAPES[i % METHOD_SHAPES.len()]
                );
            }
        }
    }
    svg + "</svg>\n"
}

/// The traces in their order, each once.
pub(super) fn trace_names(report: &Report) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for trace in &report.traces {
        if names.last() != Some(&trace.trace.as_str()) {
            names.push(&trace.trace);
        }
    }
    names
}

/// What was labelled, and under it what each method said, its wrong stretches marked in red.
pub(super) fn strips(named: &[(&str, &Strip)]) -> String {
    const LEFT: usize = 150;
    const ROW: usize = 24;
    let Some((_, first)) = named.iter().find(|(_, s)| !s.columns.is_empty()) else { return String::new() };
    let height = ROW * (named.len() + 1) + 18;
    let width = LEFT + 2 * COLUMNS;
    let mut svg = format!(r#"<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">"#);
    let name = |svg: &mut String, row: usize, text: &str| {
        let y = ROW * row + 14;
        let _ = write!(svg, r#"<text x="{}" y="{y}" text-anchor="end">{}</text>"#, LEFT - 8, escape(text));
    };
    name(&mut svg, 0, "label");
    svg.push_str(&steps(first.columns.iter().map(|c| c.label), LEFT, 2));
    for (row, (method, strip)) in named.iter().enumerate() {
        let y = ROW * (row + 1) + 2;
        name(&mut svg, row + 1, method);
        svg.push_str(&steps(strip.columns.iter().map(|c| c.said), LEFT, y));
        svg.push_str(&marks(strip, LEFT, y + 16));
    }
    let y = height - 4;
    let _ = write!(
        svg,
        r#"<text x="{LEFT}" y="{y}">{}</text><text x="{width}" y="{y}" text-anchor="end">{} UTC</text></svg>"#,
        utc(first.from_ms),
        utc(first.to_ms)
    );
    svg + "\n"
}

/// Red under every column that is wrong: faint where it is so for a short time only, never so faint that it is
/// lost. One path a shade.
fn marks(strip: &Strip, left: usize, top: usize) -> String {
    const SHADES: [&str; 3] = ["0.4", "0.7", "1"];
    let shade = |wrong: f32| (wrong > 0.0).then_some(if wrong < 0.2 { 0 } else { usize::from(wrong >= 0.6) + 1 });
    let shades: Vec<Option<usize>> = strip.columns.iter().map(|c| shade(c.wrong)).collect();
    let mut paths = [String::new(), String::new(), String::new()];
    let mut at = 0;
    for run in shades.chunk_by(|a, b| a == b) {
        if let Some(shade) = run[0] {
            let width = 2 * run.len();
            let _ = write!(paths[shade], "M{} {top}h{width}v4h-{width}z", left + 2 * at);
        }
        at += run.len();
    }
    let drawn = SHADES.iter().zip(&paths).filter(|(_, path)| !path.is_empty());
    drawn.map(|(shade, path)| format!(r#"<path class="wrong" fill-opacity="{shade}" d="{path}"/>"#)).collect()
}

/// Blocks as high and as dark as their level, one path a level.
fn steps(levels: impl Iterator<Item = Option<Level>>, left: usize, top: usize) -> String {
    let mut paths = [String::new(), String::new(), String::new()];
    let levels: Vec<Option<Level>> = levels.collect();
    let mut at = 0;
    for run in levels.chunk_by(|a, b| a == b) {
        if let Some(level) = run[0] {
            let height = [3, 8, 14][level.index()];
            let (x, y, width) = (left + 2 * at, top + 14 - height, 2 * run.len());
            let _ = write!(paths[level.index()], "M{x} {y}h{width}v{height}h-{width}z");
        }
        at += run.len();
    }
    let drawn = Level::ALL.iter().zip(&paths).filter(|(_, path)| !path.is_empty());
    drawn.map(|(level, path)| format!(r#"<path class="{level}" d="{path}"/>"#)).collect()
}
