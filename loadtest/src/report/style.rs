//! How every plot looks.

/// The page's style: that of the state models' report.
pub(super) const STYLE: &str = "
body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;color:#1a1a1a;background:#fff;max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:2px solid #ddd}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .8rem .2rem 0;text-align:right;border-bottom:1px solid #e4e4e4;vertical-align:top}
th:first-child,td:first-child{text-align:left}th{border-bottom:2px solid #bbb}
svg{max-width:100%;height:auto;font:12px system-ui,sans-serif;fill:#1a1a1a;vertical-align:top;margin:.5rem 1rem .5rem 0}
.head{font-weight:600;font-size:13px}.grid{stroke:#ddd;stroke-width:1;fill:none}.line{fill:none;stroke-width:1.8}.span{stroke:#1a1a1a;stroke-width:1.2;fill:none}
.note{color:#555}.bad{color:#c8102e;font-weight:600}.good{color:#2a7f56;font-weight:600}pre{background:#f6f6f6;padding:.6rem;overflow-x:auto;font-size:13px}
@media print{body{margin:0;max-width:none;font-size:11px}section{break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

/// Colours of series, in their order; distinguishable to most colour-blind eyes.
const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7a7a7a"];
/// Dashes that tell the series apart where colour does not.
const DASHES: [&str; 4] = ["none", "6 3", "2 3", "9 3 2 3"];

pub(super) fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

pub(super) fn dash(series: usize) -> &'static str {
    DASHES[series % DASHES.len()]
}
