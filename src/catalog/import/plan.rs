//! What becomes of the rows of a file, as the catalogue is now.

use super::row::{Mistake, Wanted};
use crate::catalog::codes::Codes;
use crate::catalog::credentials::Credentials;
use crate::catalog::details::{Contact, Details, OWN_SCHEME};
use crate::catalog::memory::Catalog;
use crate::catalog::model::Instrument;
use crate::catalog::units::{Unit, UnitKind, Units, for_instruments};
use crate::domain::{InstrumentId, Reach, UnitPath};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What becomes of a row.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The instrument is new.
    Added(Instrument),
    /// It was this, and becomes that.
    Changed(Arc<Instrument>, Instrument),
    /// It is so already.
    Same(InstrumentId),
    /// It cannot be; the instrument as far as it is known.
    Wrong(Option<InstrumentId>, Vec<Mistake>),
}

/// Plans rows one after the other.
pub(super) struct Planner<'a> {
    catalog: &'a Catalog,
    credentials: &'a Credentials,
    units: Arc<Units>,
    reach: Reach,
    codes: Codes,
    seen: HashSet<InstrumentId>,
    /// Institutions that may be named within reach, by id and by their names.
    institutions: HashMap<String, Vec<Arc<Unit>>>,
}

impl<'a> Planner<'a> {
    /// As the catalogue is now, for somebody who may change it within reach.
    pub(super) fn new(catalog: &'a Catalog, credentials: &'a Credentials, reach: Reach) -> Self {
        let units = catalog.units();
        let mut institutions: HashMap<String, Vec<Arc<Unit>>> = HashMap::new();
        for unit in units.iter().filter(|unit| unit.kind == UnitKind::Institution) {
            let names: BTreeSet<&String> = [&unit.id, &unit.name, &unit.name_en].into_iter().collect();
            for name in names.into_iter().filter(|name| !name.is_empty()) {
                institutions.entry(name.clone()).or_default().push(unit.clone());
            }
        }
        Self { catalog, credentials, units, reach, codes: Codes::of(catalog), seen: HashSet::new(), institutions }
    }

    /// What becomes of the next row.
    pub(super) fn plan(&mut self, wanted: &Wanted) -> Outcome {
        if !wanted.mistakes.is_empty() {
            return Outcome::Wrong(wanted.id.clone(), wanted.mistakes.clone());
        }
        let before = match self.existing(wanted) {
            Ok(before) => before,
            Err(mistake) => return Outcome::Wrong(wanted.id.clone(), vec![mistake]),
        };
        let id = match (&before, &wanted.id) {
            (Some(before), _) => before.id.clone(),
            (None, Some(id)) => id.clone(),
            (None, None) => match wanted.fresh.parse() {
                Ok(id) => id,
                Err(_) => return Outcome::Wrong(None, vec![Mistake::new("id", "the id is missing")]),
            },
        };
        if !self.seen.insert(id.clone()) {
            let twice = Mistake::new("id", format!("the instrument {id} twice in one file"));
            return Outcome::Wrong(Some(id), vec![twice]);
        }
        if before.is_none() && self.credentials.knows(id.as_str()) {
            let taken = Mistake::new("id", "there is a sensor or gateway of this id already");
            return Outcome::Wrong(Some(id), vec![taken]);
        }
        match self.after(wanted, before.as_deref(), &id) {
            Err(mistakes) => Outcome::Wrong(Some(id), mistakes),
            Ok(details) => match before {
                Some(before) if before.details == details => Outcome::Same(id),
                Some(before) => {
                    let after = Instrument { details, ..Instrument::clone(&before) };
                    Outcome::Changed(before, after)
                }
                None => Outcome::Added(Instrument { id, details, version: 1, retired_ms: None }),
            },
        }
    }

    /// The instrument that the row means: by id, else by a code.
    fn existing(&self, wanted: &Wanted) -> Result<Option<Arc<Instrument>>, Mistake> {
        let found = match &wanted.id {
            Some(id) => self.catalog.get(id),
            None => {
                let codes =
                    Details::default().merged(&Value::Object(wanted.patch.clone())).unwrap_or_default().tidy().codes;
                let holders = codes.iter().filter_map(|(scheme, code)| {
                    self.codes
                        .holder(scheme, code)
                        .filter(|holder| self.catalog.get(holder).is_some())
                        .map(|holder| (scheme, holder))
                });
                let holders: Vec<_> = holders.collect();
                match holders.first() {
                    Some((scheme, holder)) if holders.iter().any(|(_, other)| other != holder) => {
                        return Err(Mistake::new(*scheme, "the codes are those of different instruments"));
                    }
                    Some((_, holder)) => self.catalog.get(holder),
                    None => None,
                }
            }
        };
        match found {
            Some(found) if !self.reach.holds(&self.catalog.path(&found)) => {
                Err(Mistake::new("id", "there is an instrument of this id or code that you may not change"))
            }
            found => Ok(found),
        }
    }

    /// What is said of the instrument after it.
    fn after(
        &mut self,
        wanted: &Wanted,
        before: Option<&Instrument>,
        id: &InstrumentId,
    ) -> Result<Details, Vec<Mistake>> {
        let one = |mistake: Mistake| vec![mistake];
        let mut details = before.map(|before| before.details.clone()).unwrap_or_default();
        let old_codes = details.codes.clone();
        details =
            details.merged(&Value::Object(wanted.patch.clone())).map_err(|message| one(Mistake::new("", message)))?;
        contact(&mut details, wanted);
        let mut mistakes = Vec::new();
        match self.unit(wanted, &details) {
            Ok(unit) => details.unit = unit,
            Err(mistake) => mistakes.push(mistake),
        }
        details = details.tidy();
        if let Err(wrong) = details.check() {
            mistakes.push(Mistake::new(wrong.0, wrong.1));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        if before.is_none() && wanted.id.is_none() {
            details.codes.entry(OWN_SCHEME.to_owned()).or_insert_with(|| wanted.fresh.to_uppercase());
        } else if let Some(own) = old_codes.get(OWN_SCHEME) {
            details.codes.entry(OWN_SCHEME.to_owned()).or_insert_with(|| own.clone());
        }
        self.codes.release(&old_codes);
        if let Err(taken) = self.codes.claim(id, &mut details.codes) {
            // It keeps those it had.
            let mut kept = old_codes;
            if !kept.is_empty() {
                let _ = self.codes.claim(id, &mut kept);
            }
            return Err(one(Mistake::new("codes", taken.to_string())));
        }
        Ok(details)
    }

    /// The unit that the row names, or the one that the instrument has.
    fn unit(&self, wanted: &Wanted, details: &Details) -> Result<String, Mistake> {
        let unit = if wanted.institution.is_empty() {
            let column = if wanted.patch.contains_key("unit") { "unit" } else { "institution" };
            if details.unit.is_empty() {
                return Err(Mistake::new("institution", "a new instrument belongs to an institution or a unit"));
            }
            let found = for_instruments(&self.units, &details.unit);
            Arc::new(found.map_err(|wrong| Mistake::new(column, wrong.to_string()))?.clone())
        } else {
            self.institution(&wanted.institution)?
        };
        if !self.reach.holds(&unit.path) {
            return Err(Mistake::new("institution", format!("you may not change instruments of {}", unit.name)));
        }
        if wanted.laboratory.is_empty() {
            return Ok(unit.id.clone());
        }
        let institution = if unit.kind == UnitKind::Laboratory {
            self.units.above(&unit.id, UnitKind::Institution).map_or_else(UnitPath::root, |unit| unit.path.clone())
        } else {
            unit.path.clone()
        };
        let named = |unit: &&Arc<Unit>| {
            unit.kind == UnitKind::Laboratory
                && institution.holds(&unit.path)
                && [&unit.id, &unit.name, &unit.name_en].contains(&&wanted.laboratory)
        };
        let mut found = self.units.iter().filter(named);
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found.id.clone()),
            (Some(_), Some(_)) => {
                Err(Mistake::new("laboratory", "there are several of this name: name its id in the column unit"))
            }
            (None, _) => Err(Mistake::new(
                "laboratory",
                format!("there is no laboratory {:?} there: add it first", wanted.laboratory),
            )),
        }
    }

    fn institution(&self, name: &str) -> Result<Arc<Unit>, Mistake> {
        let wrong = |message: String| Mistake::new("institution", message);
        let all = self.institutions.get(name).map_or(&[][..], Vec::as_slice);
        let mut within = all.iter().filter(|unit| self.reach.holds(&unit.path));
        match (within.next(), within.next()) {
            (Some(found), None) => Ok(found.clone()),
            (Some(_), Some(_)) => {
                Err(wrong(format!("there are several institutions {name:?}: name its id in the column unit")))
            }
            (None, _) => {
                Err(wrong(format!("there is no institution {name:?} where you may change instruments: add it first")))
            }
        }
    }
}

/// The first contact, with what the row says of it.
fn contact(details: &mut Details, wanted: &Wanted) {
    if wanted.contact.is_empty() {
        return;
    }
    if details.contacts.is_empty() {
        details.contacts.push(Contact::default());
    }
    let Some(first) = details.contacts.first_mut() else { return };
    for (part, text) in &wanted.contact {
        let place = match part.as_str() {
            "phone" => &mut first.phone,
            "email" => &mut first.email,
            _ => &mut first.name,
        };
        *place = if text == "-" { String::new() } else { text.clone() };
    }
    if *first == Contact::default() {
        details.contacts.remove(0);
    }
}
