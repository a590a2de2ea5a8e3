use super::Fleet;
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[test]
fn the_same_seed_gives_the_same_province_and_another_one_another() {
    assert_eq!(Fleet::generate(7, 500), Fleet::generate(7, 500));
    assert_ne!(Fleet::generate(7, 500), Fleet::generate(8, 500));
}

#[test]
fn an_instrument_does_not_depend_on_how_many_there_are() {
    let (few, many) = (Fleet::generate(7, 100), Fleet::generate(7, 2_000));
    assert_eq!(few.instruments, many.instruments[..100]);
    assert_eq!(few.records, many.records[..100]);
    assert!(few.institutions.iter().all(|institution| many.institutions.contains(institution)));
}

#[test]
fn a_fleet_of_none_is_empty_but_has_its_cities() {
    let fleet = Fleet::generate(7, 0);
    assert!(fleet.instruments.is_empty() && fleet.institutions.is_empty());
    assert_eq!(fleet.cities.len(), 11);
}

#[test]
fn ten_thousand_instruments_make_a_believable_province() {
    let fleet = Fleet::generate(1, 10_000);
    assert_eq!(fleet.instruments.len(), 10_000);
    assert!((150..=250).contains(&fleet.institutions.len()), "{}", fleet.institutions.len());

    let city_of: BTreeMap<&str, &str> = fleet.institutions.iter().map(|i| (i.id.as_str(), i.city.as_str())).collect();
    let mut by_institution: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_city: BTreeMap<&str, usize> = BTreeMap::new();
    for instrument in &fleet.instruments {
        *by_institution.entry(&instrument.institution).or_default() += 1;
        *by_city.entry(city_of[instrument.institution.as_str()]).or_default() += 1;
    }
    let mut cities: Vec<(&str, usize)> = by_city.into_iter().collect();
    cities.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    assert_eq!(cities.len(), 11);
    assert_eq!((cities[0].0, cities[1].0), ("hangzhou", "ningbo"));

    let mut sizes: Vec<usize> = by_institution.into_values().collect();
    sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
    let largest_tenth: usize = sizes[..sizes.len() / 10].iter().sum();
    assert!((2_200..5_000).contains(&largest_tenth), "{largest_tenth}");
}

#[test]
fn names_ids_and_classes_are_well_formed_and_distinct() {
    let fleet = Fleet::generate(1, 10_000);
    let ids: HashSet<&str> = fleet.instruments.iter().map(|i| i.id.as_str()).collect();
    assert_eq!(ids.len(), 10_000);
    assert_eq!((fleet.instruments[0].id.as_str(), fleet.instruments[9_999].id.as_str()), ("i00001", "i10000"));
    let kinds: BTreeSet<&str> = fleet.instruments.iter().map(|i| i.name.as_str()).collect();
    assert!(kinds.len() >= 40, "{}", kinds.len());
    let names: HashSet<&str> = fleet.institutions.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names.len(), fleet.institutions.len());
    for instrument in &fleet.instruments {
        assert!(instrument.class.len() == 6 && instrument.class.bytes().all(|b| b.is_ascii_digit()));
        assert!((1.5..=70.0).contains(&instrument.rated_current_a), "{}", instrument.rated_current_a);
        assert!(!instrument.maker.is_empty() && !instrument.model.is_empty() && !instrument.name_en.is_empty());
    }
}

#[test]
fn a_fleet_survives_json() {
    let fleet = Fleet::generate(3, 50);
    let json = serde_json::to_string(&fleet).unwrap();
    assert_eq!(serde_json::from_str::<Fleet>(&json).unwrap(), fleet);
}

#[test]
fn every_instrument_stands_in_a_laboratory_of_its_owner_in_a_county_of_its_city() {
    let fleet = Fleet::generate(1, 2_000);
    let counties: BTreeMap<&str, &str> = fleet.counties.iter().map(|county| (&*county.id, &*county.city)).collect();
    for institution in &fleet.institutions {
        assert_eq!(counties[institution.county.as_str()], institution.city);
        let own = fleet.laboratories.iter().filter(|laboratory| laboratory.institution == institution.id).count();
        assert!((2..=4).contains(&own), "{own}");
    }
    let owner: BTreeMap<&str, &str> =
        fleet.laboratories.iter().map(|laboratory| (&*laboratory.id, &*laboratory.institution)).collect();
    let assets: HashSet<&str> = fleet.records.iter().map(|record| &*record.asset).collect();
    assert_eq!((fleet.records.len(), assets.len()), (2_000, 2_000));
    for (instrument, record) in fleet.instruments.iter().zip(&fleet.records) {
        assert_eq!(owner[record.laboratory.as_str()], instrument.institution);
        assert!(record.value_yuan >= 500_000, "{}", record.value_yuan);
    }
}
