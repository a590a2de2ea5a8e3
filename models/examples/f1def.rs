//! scratch: F1 definitions
use dayi_models::{Level, evaluation::{METHODS, method, run}};
fn main() {
    let ms: Vec<_> = METHODS.iter().map(|m| method(m).unwrap()).collect();
    let r = run(std::path::Path::new("/work/shared/traces/dev"), &ms).unwrap();
    for m in METHODS {
        let mut a = 0.0; let mut b = 0.0; let mut c = 0.0; let mut n = 0.0;
        for t in r.traces.iter().filter(|t| t.method == m) {
            let k = &t.tally.confusion; n += 1.0;
            a += k.macro_f1();
            let lab: Vec<f64> = Level::ALL.iter().filter(|l| k.seconds[l.index()].iter().sum::<f64>() > 0.0).map(|&l| k.f1(l).unwrap()).collect();
            b += lab.iter().sum::<f64>() / lab.len() as f64;
            let tot = k.total_s();
            let sig: Vec<f64> = Level::ALL.iter().filter(|l| k.seconds[l.index()].iter().sum::<f64>() > 0.001 * tot).map(|&l| k.f1(l).unwrap()).collect();
            c += sig.iter().sum::<f64>() / sig.len() as f64;
        }
        println!("{m}: both {:.3} labels {:.3} labels>0.1% {:.3}", a / n, b / n, c / n);
    }
}
