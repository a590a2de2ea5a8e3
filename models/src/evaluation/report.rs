//! The outcome of an evaluation: for programs as JSON, for people as a table.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::method::Method;
use super::page;
use super::score::{Score, Tally};

/// One method over all traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodScore {
    /// Name of the method.
    pub method: String,
    /// Over the traces, see [`Score::over`].
    #[serde(flatten)]
    pub score: Score,
}

/// One method on one trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceScore {
    /// Id of the trace.
    pub trace: String,
    /// Name of the method.
    pub method: String,
    /// Figures, time covered and confusion.
    #[serde(flatten)]
    pub tally: Tally,
}

/// All methods over all traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The methods, in the order asked for.
    pub methods: Vec<MethodScore>,
    /// Every trace with every method.
    pub traces: Vec<TraceScore>,
    /// Readings in the traces, calibration included.
    pub readings: u64,
    /// Wall-clock seconds from the first file to the last score, all methods together.
    pub elapsed_s: f64,
}

impl Report {
    pub(super) fn new(methods: &[Box<dyn Method>], traces: Vec<TraceScore>, readings: u64, elapsed_s: f64) -> Self {
        let methods = methods
            .iter()
            .map(|m| {
                let own = traces.iter().filter(|t| t.method == m.name()).map(|t| &t.tally);
                MethodScore { method: m.name().to_owned(), score: Score::over(own) }
            })
            .collect();
        Self { methods, traces, readings, elapsed_s }
    }

    /// Readings taken through one method per second: readings × methods / elapsed, reading the files
    /// included.
    #[must_use]
    pub fn readings_per_s(&self) -> f64 {
        if self.elapsed_s > 0.0 { self.readings as f64 * self.methods.len() as f64 / self.elapsed_s } else { 0.0 }
    }

    /// The report as indented JSON.
    ///
    /// # Errors
    /// Whatever serialisation says; not expected for these types.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The report as one HTML page with plots: needs nothing else, can be printed. Without the strips if the
    /// report was read from JSON.
    #[must_use]
    pub fn to_html(&self) -> String {
        page::html(self)
    }

    /// The report as a text table: with `each_trace` a line for every trace and method and the longest
    /// stretches at which each was wrong, then a line a method, then the speed.
    #[must_use]
    pub fn to_text(&self, each_trace: bool) -> String {
        let mut text = String::new();
        if each_trace {
            let rows = self.traces.iter().map(|t| row(&[&t.trace, &t.method], &t.tally.score)).collect();
            text.push_str(&table(&["trace", "method"], rows));
            text.push('\n');
            text.push_str(&self.wrong_text());
        }
        let rows = self.methods.iter().map(|m| row(&[&m.method], &m.score)).collect();
        text.push_str(&table(&["method"], rows));
        let traces = if self.methods.is_empty() { 0 } else { self.traces.len() / self.methods.len() };
        let (methods, rate) = (self.methods.len(), self.readings_per_s());
        let _ = writeln!(
            text,
            "\n{traces} traces, {} readings × {methods} methods in {:.1} s: {rate:.0} readings/s",
            self.readings, self.elapsed_s
        );
        text
    }

    /// The longest stretches at which each method was wrong; empty if none was.
    fn wrong_text(&self) -> String {
        const LISTED: usize = 3;
        let mut text = String::new();
        for t in &self.traces {
            for (i, span) in t.tally.wrong.iter().take(LISTED).enumerate() {
                let [from, lasted, label, said, current_a] = page::told(span);
                let more = if i == 0 { format!(" (the longest of {})", t.tally.wrong_spans) } else { String::new() };
                let _ = writeln!(
                    text,
                    "{} {}: {from} UTC for {lasted}: {label} taken for {said} at {current_a} A{more}",
                    t.trace, t.method
                );
            }
        }
        if text.is_empty() { text } else { format!("Where they were wrong\n{text}\n") }
    }
}

/// The last three: the 95th percentile of the delays up to a minute alone, and the shares of the transitions that were
/// not followed within a minute, and never.
pub(super) const FIGURES: [&str; 8] =
    ["accuracy %", "macro-F1", "false/day", "delay p50 s", "delay p95 s", "p95 s if <1 min", ">1 min %", "missed %"];

pub(super) fn row(names: &[&str], score: &Score) -> Vec<String> {
    let delay = |d: Option<f64>| d.map_or_else(|| "-".to_owned(), |s| format!("{s:.0}"));
    let mut cells: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    cells.push(format!("{:.1}", 100.0 * score.accuracy));
    cells.push(format!("{:.3}", score.macro_f1));
    cells.push(format!("{:.1}", score.false_transitions_per_day));
    cells.push(delay(score.delay_p50_s));
    cells.push(delay(score.delay_p95_s));
    cells.push(delay(score.prompt_p95_s));
    let share = |share: f64| if score.delay_p50_s.is_some() { format!("{:.1}", 100.0 * share) } else { "-".to_owned() };
    cells.push(share(score.late_share));
    cells.push(share(score.missed_share));
    cells
}

/// Names to the left, figures to the right, two spaces between columns.
fn table(names: &[&str], rows: Vec<Vec<String>>) -> String {
    let head: Vec<String> = names.iter().chain(&FIGURES).map(|&h| h.to_owned()).collect();
    let width = |column: usize| rows.iter().chain([&head]).map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for cells in [&head].into_iter().chain(&rows) {
        let mut line = String::new();
        for (column, (cell, &w)) in cells.iter().zip(&widths).enumerate() {
            let gap = if column == 0 { "" } else { "  " };
            let _ =
                if column < names.len() { write!(line, "{gap}{cell:<w$}") } else { write!(line, "{gap}{cell:>w$}") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::score_levels;
    use crate::sample::{Level, Sample};

    fn report() -> Report {
        let score = Score {
            accuracy: 0.944,
            macro_f1: 0.907,
            false_transitions_per_day: 21.9,
            delay_p50_s: Some(12.0),
            delay_p95_s: None,
            prompt_p95_s: Some(11.0),
            late_share: 0.25,
            missed_share: 0.125,
        };
        let tally = Tally { score, readings: 10, days: 2.0, ..Tally::default() };
        Report {
            methods: vec![MethodScore { method: "kmeans".into(), score }],
            traces: vec![TraceScore { trace: "pump_A".into(), method: "kmeans".into(), tally }],
            readings: 3_000,
            elapsed_s: 1.5,
        }
    }

    /// Ten minutes, on taken for standby during the third.
    fn with_wrong() -> Report {
        let samples: Vec<_> = (0..600).map(|s| Sample { ts_ms: s * 1_000, current_a: 2.5 }).collect();
        let said: Vec<_> = (0..600).map(|s| Some(if s / 60 == 2 { Level::Standby } else { Level::On })).collect();
        let mut report = report();
        report.traces[0].tally = score_levels(&samples, &[Some(Level::On); 600], &said);
        report.traces[0].trace = "<pump & co>".into();
        report
    }

    #[test]
    fn wrong_stretches_are_told_everywhere() {
        let report = with_wrong();
        let text = report.to_text(true);
        let line = "<pump & co> kmeans: 1970-01-01 00:02:00 UTC for 1 min 00 s: on taken for standby at 2.500 A (the longest of 1)";
        assert!(text.contains(line), "{text}");
        assert!(!report.to_text(false).contains("taken for"));
        let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        let span = &json["traces"][0]["wrong"][0];
        assert_eq!((&span["from_ms"], &span["to_ms"]), (&120_000.into(), &180_000.into()));
        assert_eq!((&span["label"], &span["said"]), (&"on".into(), &"standby".into()));
        assert_eq!(serde_json::from_value::<Report>(json).unwrap().traces[0].tally.wrong.len(), 1);
    }

    #[test]
    fn the_page_stands_alone() {
        let page = with_wrong().to_html();
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
        assert!(page.contains("&lt;pump &amp; co&gt;") && !page.contains("<pump"));
        assert!(page.contains("<td>1 min 00 s</td>") && page.contains("0.907"));
        for outside in ["http", "src=", "href=", "@import", "url(", "<script"] {
            assert!(!page.contains(outside), "{outside}");
        }
        for tag in ["svg", "table", "section", "tr", "td", "text", "p", "span", "g"] {
            let opened = page.matches(&format!("<{tag} ")).count() + page.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(report().to_html().contains("Nothing wrong"));
        let nothing = Report { methods: vec![], traces: vec![], readings: 0, elapsed_s: 0.0 };
        assert!(nothing.to_html().ends_with("</html>\n"));
    }

    #[test]
    fn table_is_aligned_and_ends_with_the_speed() {
        let expected = "\
trace   method  accuracy %  macro-F1  false/day  delay p50 s  delay p95 s  p95 s if <1 min  >1 min %  missed %
pump_A  kmeans        94.4     0.907       21.9           12            -               11      25.0      12.5

method  accuracy %  macro-F1  false/day  delay p50 s  delay p95 s  p95 s if <1 min  >1 min %  missed %
kmeans        94.4     0.907       21.9           12            -               11      25.0      12.5

1 traces, 3000 readings × 1 methods in 1.5 s: 2000 readings/s
";
        assert_eq!(report().to_text(true), expected);
    }

    #[test]
    fn json_has_flat_figures() {
        let json: serde_json::Value = serde_json::from_str(&report().to_json().unwrap()).unwrap();
        assert_eq!(json["methods"][0]["macro_f1"], 0.907);
        assert_eq!(json["traces"][0]["trace"], "pump_A");
        assert_eq!(json["traces"][0]["days"], 2.0);
        assert_eq!(json["traces"][0]["confusion"]["seconds"][2][2], 0.0);
        assert!(json["methods"][0]["delay_p95_s"].is_null());
        assert_eq!(json["methods"][0]["late_share"], 0.25);
        assert_eq!(json["methods"][0]["missed_share"], 0.125);
    }
}
