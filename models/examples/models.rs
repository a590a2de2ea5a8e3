//! scratch: print models
use dayi_models::{Trace, trace::find, Calibrator};
fn main() {
    for f in find(std::path::Path::new("/work/shared/traces/dev")).unwrap() {
        let t = Trace::read(&f).unwrap();
        let sp = dayi_models::evaluation::split(&t.samples);
        let mut c = Calibrator::new(None);
        for &s in &t.samples[..sp] { c.observe(s); }
        match c.finish() { Ok(m) => println!("{:17} {:?} off<{:.4} on>={:.4} {:?} leave {} enter {} low {} ready {}", t.id, m.origin(), m.off_cut_a(), m.on_cut_a(), m.low_rule(), m.holds().leave_on_ms/1000, m.holds().enter_on_ms/1000, m.holds().low_ms / 1000, c.is_ready()), Err(e) => println!("{} {e}", t.id) }
    }
}
