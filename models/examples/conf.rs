//! scratch: confusion of threshold-v1
use dayi_models::evaluation::{method, run};
fn main() {
    let r = run(std::path::Path::new("/work/shared/traces/dev"), &[method("threshold-v1").unwrap()]).unwrap();
    for t in r.traces.iter().filter(|t| t.tally.score.macro_f1 < 0.985) {
        println!("{:17} acc {:.3} f1 {:.3} false {:.1} days {:.1} p95 {:?}", t.trace, t.tally.score.accuracy, t.tally.score.macro_f1, t.tally.score.false_transitions_per_day, t.tally.days, t.tally.score.delay_p95_s);
        for l in 0..3 { let row = t.tally.confusion.seconds[l]; let s: f64 = row.iter().sum(); if s > 0.0 { println!("     {:8} {:7.0} min: {:?}", ["off","standby","on"][l], s / 60.0, row.map(|v| (v / 6.0).round() / 10.0)); } }
    }
    println!("{}", r.to_text(false));
}
