//! The report as one page that needs nothing else.

use std::fmt::Write as _;

use super::plots::{bars, dots, mark, strips, trace_names};
use super::report::{FIGURES, Report, TraceScore, row};
use super::units::{duration, escape, utc};
use super::wrong::WrongSpan;

/// Wrong stretches listed for each trace and method; the JSON holds more.
const LISTED: usize = 6;

const STYLE: &str = "
body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;color:#1a1a1a;background:#fff;max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:2px solid #ddd}h3{margin:1.8rem 0 .3rem}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .8rem .2rem 0;text-align:right;border-bottom:1px solid #e4e4e4;white-space:nowrap}
th:first-child,td:first-child,td.w{text-align:left}th{border-bottom:2px solid #bbb}
svg{max-width:100%;height:auto;font:12px system-ui,sans-serif;fill:#1a1a1a;vertical-align:middle}
svg.bars{display:inline-block;margin:.4rem 1rem .4rem 0}.head{font-weight:600;font-size:13px}
.grid{stroke:#ddd;stroke-width:1;fill:none}.off{fill:#b4bac2}.standby{fill:#e0a526}.on{fill:#2a7f56}.wrong{fill:#c8102e}
.key span{margin-right:1.4rem}.note{color:#555}.box{display:inline-block;width:.9em;height:.9em;margin-right:.35em}
@media print{body{margin:0;max-width:none;font-size:11px}section{break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

pub(super) fn html(report: &Report) -> String {
    let traces = trace_names(report);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>dayi: state models on recorded traces</title><style>{STYLE}</style></head><body>\n\
         <h1>State models on recorded traces</h1>\n\
         <p>{} traces, {} readings. The first 40 % of each trace's covered time is for learning, the rest is judged, strictly causal; \
         figures are means over the traces, delays quantiles over all transitions; a missed one counts with its whole \
         labelled interval. The quantile &lt;1 min is over the transitions followed within a minute alone, and says nothing \
         without the share of the others beside it. Labels are reference labels, not ground truth.</p>\n",
        traces.len(),
        report.readings
    );
    page.push_str(&methods_table(report));
    page.push_str("<h2>Methods side by side</h2>\n");
    page.push_str(&bars(report));
    page.push_str("<h2>Every trace</h2>\n<p class=\"key\">");
    for (i, method) in report.methods.iter().enumerate() {
        let _ = write!(page, "<span>{} {}</span>", mark(i), escape(&method.method));
    }
    page.push_str("</p>\n");
    page.push_str(&dots(report));
    page.push_str(
        "<h2>Where they were wrong</h2>\n<p class=\"key\"><span><i class=\"box\" style=\"background:#b4bac2\"></i>off</span>\
         <span><i class=\"box\" style=\"background:#e0a526\"></i>standby</span><span><i class=\"box\" style=\"background:#2a7f56\"></i>on</span>\
         <span><i class=\"box\" style=\"background:#c8102e\"></i>wrong</span></p>\n",
    );
    for trace in traces {
        let scores: Vec<&TraceScore> = report.traces.iter().filter(|t| t.trace == trace).collect();
        page.push_str(&trace_section(trace, &scores));
    }
    page + "</body></html>\n"
}

fn methods_table(report: &Report) -> String {
    let mut table = heads(&[&["method"][..], &FIGURES].concat());
    for method in &report.methods {
        table.push_str(&cells(&row(&[&method.method], &method.score)));
    }
    table + "</table>\n"
}

fn trace_section(trace: &str, scores: &[&TraceScore]) -> String {
    let mut section = format!("<section><h3>{}</h3>\n", escape(trace));
    let named: Vec<_> = scores.iter().map(|s| (s.method.as_str(), &s.tally.strip)).collect();
    section.push_str(&strips(&named));
    let mut listed = String::new();
    for score in scores {
        for span in score.tally.wrong.iter().take(LISTED) {
            let [when, lasted, label, said, current] = told(span);
            let row = [score.method.clone(), when, lasted, label, said, current];
            listed.push_str(&cells(&row));
        }
    }
    if listed.is_empty() {
        return section + "<p class=\"note\">Nothing wrong.</p></section>\n";
    }
    section.push_str(&heads(&["method", "from (UTC)", "lasted", "label", "said", "current, A"]));
    section.push_str(&listed);
    section.push_str("</table>\n<p class=\"note\">");
    for score in scores {
        let wrong_s: f64 = score.tally.confusion.total_s() * (1.0 - score.tally.confusion.accuracy());
        let (method, spans) = (escape(&score.method), score.tally.wrong_spans);
        let _ = write!(section, "{method}: {spans} stretches, {} in all. ", duration(wrong_s));
    }
    section + "</p></section>\n"
}

/// A wrong stretch in words: from, lasted, label, said, current.
pub(super) fn told(span: &WrongSpan) -> [String; 5] {
    let said = span.said.map_or("nothing", |level| level.as_str());
    [
        utc(span.from_ms),
        duration(span.seconds()),
        span.label.to_string(),
        said.to_owned(),
        format!("{:.3}", span.current_a),
    ]
}

fn heads(names: &[&str]) -> String {
    let heads: String = names.iter().map(|name| format!("<th>{name}</th>")).collect();
    format!("<table><tr>{heads}</tr>\n")
}

fn cells(texts: &[String]) -> String {
    let cells: String = texts.iter().map(|text| format!("<td>{}</td>", escape(text))).collect();
    format!("<tr>{cells}</tr>\n")
}
