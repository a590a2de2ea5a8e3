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
            Self::Person => writeln!(out, "{told}")?,
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
