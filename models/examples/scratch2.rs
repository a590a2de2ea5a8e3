//! scratch
use dayi_models::{Trace, Level, trace::find};
const EPSS: [f64;4] = [0.005, 0.01, 0.02, 0.05];
fn kmeans(h: &[f64], x: &[f64], k: usize) -> Vec<f64> {
    let lo = x[h.iter().position(|&v| v > 0.0).unwrap()]; let hi = x[h.iter().rposition(|&v| v > 0.0).unwrap()];
    let mut c: Vec<f64> = (0..k).map(|i| lo + (hi - lo) * i as f64 / (k - 1) as f64).collect();
    for _ in 0..200 {
        let mut s = vec![0.0; k]; let mut w = vec![0.0; k];
        for (b, &v) in h.iter().enumerate() { let j = (0..k).min_by(|&a, &d| (x[b]-c[a]).abs().total_cmp(&(x[b]-c[d]).abs())).unwrap(); s[j] += v * x[b]; w[j] += v; }
        for j in 0..k { if w[j] > 0.0 { c[j] = s[j] / w[j]; } }
    }
    c
}
fn on_f1(t: &Trace, m: &[f32], from: usize, cut: f32, hold: i64) -> f64 {
    let (mut tp, mut fp, mut fnn) = (0.0, 0.0, 0.0);
    let mut st = m[0] >= cut; let mut cand: Option<i64> = None;
    for i in 0..m.len()-1 {
        let raw = m[i] >= cut; let ts = t.samples[i].ts_ms;
        if raw == st { cand = None } else { let c = *cand.get_or_insert(ts); if ts - c >= hold { st = raw; cand = None } }
        if i < from { continue }
        let w = (t.samples[i+1].ts_ms - ts).clamp(0, 60000) as f64;
        let Some(l) = t.labels[i] else { continue };
        match (l == Level::On, st) { (true, true) => tp += w, (true, false) => fnn += w, (false, true) => fp += w, _ => {} }
    }
    if 2.0*tp+fp+fnn == 0.0 { 1.0 } else { 2.0 * tp / (2.0 * tp + fp + fnn) }
}
fn main() {
    let mut sums = vec![0.0; 20]; let mut n = 0.0;
    for f in find(std::path::Path::new("/work/shared/traces/dev")).unwrap() {
        let t = Trace::read(&f).unwrap();
        let sp = dayi_models::evaluation::split(&t.samples);
        let mut m: Vec<f32> = t.samples.iter().map(|s| s.current_a).collect();
        for i in (2..m.len()).rev() { let (a,b,c) = (t.samples[i-2].current_a, t.samples[i-1].current_a, t.samples[i].current_a); m[i] = a.max(b).min(a.min(b).max(c)); }
        // hist 4/octave from 2 mA
        let mut h = vec![0f64; 90];
        for i in 0..sp-1 { let w = (t.samples[i+1].ts_ms - t.samples[i].ts_ms).clamp(0, 60000) as f64; let c = m[i] as f64; let b = if c < 0.002 { 0 } else { (1.0 + (c/0.002).log2()*4.0) as usize }.min(89); h[b] += w; }
        let tot: f64 = h.iter().sum(); for v in &mut h { *v /= tot; }
        let centre = |b: usize| if b == 0 { 0.0 } else { 0.002 * 2f64.powf((b as f64 - 0.5) / 4.0) };
        let mut cuts: Vec<(String, f64)> = vec![];
        for eps in EPSS {
            let x: Vec<f64> = (0..90).map(|b| (centre(b) + eps).ln()).collect();
            let c3 = kmeans(&h, &x, 3); 
            if eps == 0.02 { cuts.push((format!("km3lo{eps}"), ((c3[0]+c3[1])/2.0).exp()-eps)); }
            if eps == 0.01 { cuts.push((format!("km3hi{eps}"), ((c3[1]+c3[2])/2.0).exp()-eps)); }
            for p in [1.0, 0.5, 0.25] {
                let hp: Vec<f64> = h.iter().map(|v| if *v < 1e-5 { 0.0 } else { v.powf(p) }).collect();
                let c2 = kmeans(&hp, &x, 2);
                if eps > 0.005 {cuts.push((format!("km2^{p} {eps}"), ((c2[0]+c2[1])/2.0).exp()-eps));}
            }
        }
        let mut best = (0.0, 0.0);
        for b in 1..80 { let c = 0.002 * 2f64.powf(b as f64 / 4.0); let f = on_f1(&t, &m, sp, c as f32, 10000); if f > best.0 { best = (f, c) } }
        print!("{:17} best {:.3} @{:6.3}", t.id, best.0, best.1);
        sums[0] += best.0; n += 1.0;
        for (i, (name, c)) in cuts.iter().enumerate() { let f = on_f1(&t, &m, sp, *c as f32, 10000); sums[i+1] += f; if f < best.0 - 0.02 { print!(" | {name} {c:.3} {f:.3}"); } }
        println!();
        if n == 37.0 { for (i, (name, _)) in cuts.iter().enumerate() { println!("{name} {:.4}", sums[i+1]/n); } println!("best {:.4}", sums[0]/n); }
    }
}
