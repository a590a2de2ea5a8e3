//! scratch
use dayi_models::{Trace};
fn main() {
    let t = Trace::read(std::path::Path::new("/work/shared/traces/dev/compressor_A.csv.zst")).unwrap();
    let n = dayi_models::evaluation::split(&t.samples);
    let mut last = None; let mut k = 0;
    for i in 0..t.samples.len() { let q = (t.samples[i].current_a * 4.0).round() as i32; if Some(q) != last { if let Some(l) = last { print!("{:.2}x{} ", l as f32 / 4.0, k) } k = 0; last = Some(q) } k += 1; if i == n { print!(" |SPLIT| ") } }
}
