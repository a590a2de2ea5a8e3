//! Makes sure that there is a page to embed, so that the server compiles without Node.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html><meta charset=utf-8><title>dayi</title>\
<p>The page was not built. Run <code>make ui</code> and build the server again.\
<p>页面尚未构建。请运行 <code>make ui</code>，然后重新构建服务器。";

fn main() -> std::io::Result<()> {
    let dist = Path::new("dashboards/web/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        std::fs::create_dir_all(dist)?;
        std::fs::write(index, PLACEHOLDER)?;
    }
    println!("cargo::rerun-if-changed=dashboards/web/dist");
    Ok(())
}
