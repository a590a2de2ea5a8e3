//! `cargo run --release -p dayi-models --example evaluate -- DIR [METHOD...]`: the evaluation as a table.

use std::error::Error;
use std::path::Path;

use dayi_models::evaluation::{METHODS, method, run};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("usage: evaluate DIR [METHOD...]")?;
    let mut names: Vec<String> = args.collect();
    if names.is_empty() {
        names = METHODS.map(str::to_owned).to_vec();
    }
    let methods = names.iter().map(|n| method(n)).collect::<Result<Vec<_>, _>>()?;
    print!("{}", run(Path::new(&dir), &methods)?.to_text(true));
    Ok(())
}
