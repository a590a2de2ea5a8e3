use crate::domain::InstrumentId;
use crate::training::Told;
use std::io::{self, Write};

/// Says what became of each instrument.
#[derive(Clone, Copy, Debug)]
pub(super) enum Teller {
    /// In words, a line each.
    Person,
    /// As JSON lines, for the server.
    Server,
}

impl Teller {
    /// # Errors
    /// When nobody listens any more: then there is no reason to go on.
    pub(super) fn tell(self, told: &Told) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self {
            Self::Server => {
                serde_json::to_writer(&mut out, told)?;
                out.write_all(b"\n")?;
            }
            Self::Person => match told {
                Told::Started { total } => writeln!(out, "{total} instruments to train")?,
                Told::Trained { instrument, version, promoted, why } => {
                    let fate = if *promoted { "serves from now on" } else { "is kept back" };
                    writeln!(out, "{instrument}: version {version} {fate}: {why}")?;
                }
                Told::Failed { instrument, why } => writeln!(out, "{instrument}: no model: {why}")?,
                Told::Log { line } => writeln!(out, "{line}")?,
            },
        }
        out.flush()
    }

    /// The instrument has no new model.
    ///
    /// # Errors
    /// As [`Teller::tell`].
    pub(super) fn failed(self, instrument: &InstrumentId, why: impl ToString) -> io::Result<()> {
        self.tell(&Told::Failed { instrument: instrument.clone(), why: why.to_string() })
    }
}
