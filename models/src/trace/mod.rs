//! Recorded readings, with reference labels where there are any.

mod error;
mod parse;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use error::{ParseError, TraceError};
pub use parse::parse;

use crate::sample::{Level, Sample};

/// One instrument's recording. `samples` and `labels` have the same length and stand in the file's order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// The file's name without `.csv` or `.csv.zst`.
    pub id: String,
    /// The readings.
    pub samples: Vec<Sample>,
    /// The reference level at each reading, `None` where there is no label.
    pub labels: Vec<Option<Level>>,
}

impl Trace {
    /// Reads `*.csv` or `*.csv.zst` with the columns `ts` (UTC ms), `current_a` (A) and, optionally,
    /// `state` (`off`, `standby`, `on` or empty).
    ///
    /// # Errors
    /// [`TraceError`], naming the file and, for its content, the line.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        let io = |source| TraceError::Io { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let mut file = fs::File::open(path).map_err(io)?;
        if path.extension().is_some_and(|e| e == "zst") {
            zstd::Decoder::new(file).and_then(|mut d| d.read_to_end(&mut bytes)).map_err(io)?;
        } else {
            file.read_to_end(&mut bytes).map_err(io)?;
        }
        let (samples, labels) =
            parse(&bytes).map_err(|problem| TraceError::Content { path: path.to_owned(), problem })?;
        Ok(Self { id: id_of(path), samples, labels })
    }
}

/// The traces (`*.csv`, `*.csv.zst`) directly in a folder, by name; or the path itself if it is a file.
///
/// # Errors
/// [`TraceError::Io`] when the folder cannot be listed, [`TraceError::NoTraces`] when it holds none.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, TraceError> {
    let io = |source| TraceError::Io { path: path.to_owned(), source };
    if fs::metadata(path).map_err(io)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        let file = entry.map_err(io)?.path();
        let name = file.to_string_lossy();
        if name.ends_with(".csv") || name.ends_with(".csv.zst") {
            found.push(file);
        }
    }
    if found.is_empty() {
        return Err(TraceError::NoTraces { path: path.to_owned() });
    }
    found.sort();
    Ok(found)
}

fn id_of(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.strip_suffix(".zst").unwrap_or(&name);
    stem.strip_suffix(".csv").unwrap_or(stem).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn reads_plain_and_compressed_alike() {
        let dir = tempfile::tempdir().unwrap();
        let text = "ts,current_a,state\n1000,0.5,on\n2000,0,\n";
        fs::write(dir.path().join("b.csv"), text).unwrap();
        let mut z = zstd::Encoder::new(fs::File::create(dir.path().join("a.csv.zst")).unwrap(), 1).unwrap();
        z.write_all(text.as_bytes()).unwrap();
        z.finish().unwrap();
        fs::write(dir.path().join("README.md"), "no trace").unwrap();

        let files = find(dir.path()).unwrap();
        assert_eq!(files.len(), 2);
        let (a, b) = (Trace::read(&files[0]).unwrap(), Trace::read(&files[1]).unwrap());
        assert_eq!((a.id.as_str(), b.id.as_str()), ("a", "b"));
        assert_eq!(a.samples, b.samples);
        assert_eq!(a.labels, [Some(Level::On), None]);
    }

    #[test]
    fn says_which_file_and_line_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.csv");
        fs::write(&path, "ts,current_a,state\n1,2,on\n2,x,on\n").unwrap();
        let told = Trace::read(&path).unwrap_err().to_string();
        assert!(told.contains("bad.csv") && told.contains("line 3") && told.contains("`x`"), "{told}");
        assert!(matches!(find(&dir.path().join("none")), Err(TraceError::Io { .. })));
    }

    #[test]
    fn an_empty_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(find(dir.path()), Err(TraceError::NoTraces { .. })));
    }
}
