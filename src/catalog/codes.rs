//! Which codes there are: no two instruments share one of a scheme.

use super::details::OWN_SCHEME;
use super::memory::Catalog;
use super::model::Instrument;
use super::store::StoreError;
use crate::domain::{DayiCode, InstrumentId};
use std::collections::{BTreeMap, HashMap};

/// Whose each code is, by scheme and code.
pub(super) struct Codes(HashMap<(String, String), InstrumentId>);

impl Codes {
    /// Those of all instruments.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let codes = catalog.all().into_iter().flat_map(|instrument| {
            let codes = instrument.details.codes.clone().into_iter();
            codes.map(move |code| (code, instrument.id.clone()))
        });
        Self(codes.collect())
    }

    /// The instrument that has the code.
    pub(super) fn holder(&self, scheme: &str, code: &str) -> Option<&InstrumentId> {
        self.0.get(&(scheme.to_owned(), code.to_owned()))
    }

    /// Makes the codes the instrument's, in place of those it had, and gives it one of dayi's own if it has none.
    pub(super) fn claim(&mut self, id: &InstrumentId, codes: &mut BTreeMap<String, String>) -> Result<(), StoreError> {
        let taken = codes.iter().find_map(|(scheme, code)| {
            self.holder(scheme, code).filter(|holder| *holder != id).map(|holder| (scheme, code, holder))
        });
        if let Some((scheme, code, instrument)) = taken {
            let (scheme, code, instrument) = (scheme.clone(), code.clone(), instrument.clone());
            return Err(StoreError::Code { scheme, code, instrument });
        }
        if !codes.contains_key(OWN_SCHEME) {
            codes.insert(OWN_SCHEME.to_owned(), self.free());
        }
        for (scheme, code) in codes.iter() {
            self.0.insert((scheme.clone(), code.clone()), id.clone());
        }
        Ok(())
    }

    /// The instrument has none of these any more.
    pub(super) fn release(&mut self, codes: &BTreeMap<String, String>) {
        for (scheme, code) in codes {
            self.0.remove(&(scheme.clone(), code.clone()));
        }
    }

    fn free(&self) -> String {
        loop {
            if let Some(code) = DayiCode::from_number(rand::random())
                && self.holder(OWN_SCHEME, code.as_str()).is_none()
            {
                return code.as_str().to_owned();
            }
        }
    }
}

/// Whether somebody means this instrument by what they typed or scanned: `asset:20190812S`, or a code of any scheme.
pub(super) fn is_meant(instrument: &Instrument, typed: &str) -> bool {
    let own = typed.trim_start_matches("dayi:").parse::<DayiCode>().ok();
    instrument.details.codes.iter().any(|(scheme, code)| {
        let named = typed.split_once(':').is_some_and(|(of, typed)| of == scheme && code.eq_ignore_ascii_case(typed));
        let own = scheme == OWN_SCHEME && own.as_ref().is_some_and(|own| own.as_str() == code);
        own || named || code.eq_ignore_ascii_case(typed)
    })
}
