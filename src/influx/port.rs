use crate::domain::InstrumentId;

/// What else InfluxDB's users select and group instruments by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The id of the institution that owns it.
    pub institution: String,
    /// Its city, in Chinese.
    pub city: String,
    /// Its class.
    pub class: String,
}

/// Which instruments there are. Filled from the catalogue.
pub trait TagPort: Send + Sync {
    /// An instrument's tags; none are known of one that is not in the catalogue any more.
    fn tags(&self, instrument: &InstrumentId) -> Tags;

    /// All instruments.
    fn instruments(&self) -> Vec<InstrumentId>;
}
