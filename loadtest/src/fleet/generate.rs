//! From a seed to a province.

use super::cities::CITIES;
use super::institutions::{self, Owner};
use super::kinds::{KINDS, Kind, Trait};
use super::records;
use super::spec::{CitySpec, CountySpec, Fleet, InstrumentSpec};
use crate::seed::Chance;
use crate::signal::{Habit, SignalProfile};

const MAKERS: [&str; 14] = [
    "Aurelis",
    "Bergmann & Roth",
    "Candela Instruments",
    "澄观仪器",
    "Deltaphysik",
    "东屿科学",
    "Fenwick Analytical",
    "海岳光电",
    "Kirishima",
    "Lumicron",
    "明澈科技",
    "Nordlab",
    "Sakurai Seiki",
    "天工精测",
];

impl Fleet {
    /// A province with this many instruments. The same seed gives the same province, and the first instruments are
    /// the same for every count.
    #[must_use]
    pub fn generate(seed: u64, instruments: usize) -> Self {
        let owners = institutions::all(seed);
        let upto = cumulate(owners.iter().map(|owner| owner.weight));
        let mut owns = vec![false; owners.len()];
        let rooms: Vec<_> = owners.iter().map(|owner| records::laboratories(seed, owner)).collect();
        let (instruments, records) = (0..instruments)
            .filter_map(|index| {
                let mut chance = Chance::new(seed, 0x1257, index as u64);
                let at = weighted(&mut chance, &upto);
                *owns.get_mut(at)? = true;
                let instrument = instrument(&mut chance, index, owners.get(at)?)?;
                let record = records::record(seed, index, instrument.rated_current_a, rooms.get(at)?);
                Some((instrument, record))
            })
            .unzip();
        let cities = CITIES
            .iter()
            .map(|city| CitySpec {
                id: city.id.into(),
                name: format!("{}市", city.short),
                name_en: city.name_en.into(),
            })
            .collect();
        let counties = CITIES.iter().flat_map(|city| {
            city.counties.iter().map(|(id, name, name_en)| CountySpec {
                id: format!("{}-{id}", city.id),
                name: (*name).into(),
                name_en: (*name_en).into(),
                city: city.id.into(),
            })
        });
        let laboratories =
            rooms.into_iter().zip(&owns).filter(|(_, owns)| **owns).flat_map(|(rooms, _)| rooms).collect();
        let institutions =
            owners.into_iter().zip(owns).filter(|(_, owns)| *owns).map(|(owner, _)| owner.spec).collect();
        Self { cities, counties: counties.collect(), institutions, laboratories, instruments, records }
    }
}

fn instrument(chance: &mut Chance, index: usize, owner: &Owner) -> Option<InstrumentSpec> {
    let kind = KINDS.get(weighted(chance, &cumulate(KINDS.iter().map(|kind| kind.common_at(owner.sector)))))?;
    let rated_current_a = (chance.between(kind.rated_a.0, kind.rated_a.1) * 2.0).round() / 2.0;
    let maker = chance.pick(&MAKERS)?;
    let letters = ["A", "CX", "DM", "E", "HT", "LX", "Q", "S", "TX", "V"];
    let model = format!("{}-{}", chance.pick(&letters)?, 100 + 50 * (chance.unit() * 80.0) as u32);
    Some(InstrumentSpec {
        id: format!("i{:05}", index + 1),
        name: kind.name.into(),
        name_en: kind.name_en.into(),
        institution: owner.spec.id.clone(),
        class: kind.class.into(),
        maker: (*maker).into(),
        model,
        rated_current_a,
        profile: profile(chance, kind, rated_current_a),
    })
}

/// How this one instrument's current behaves.
///
/// Standby lies between 5.5 and 15 % of the rated current and a run above 25 %, so that both fall on their side of
/// the 5 and 20 % that the server assumes of an instrument it has not calibrated yet.
fn profile(chance: &mut Chance, kind: &Kind, rated_a: f32) -> SignalProfile {
    let compressor = matches!(kind.shows, Trait::Compressor | Trait::Cryogenic);
    let cyclic = kind.shows == Trait::Cyclic;
    let habit = match chance.unit() {
        _ if kind.shows == Trait::Cryogenic => Habit::RoundTheClock,
        share if share < 0.05 => Habit::UnusedOff,
        share if share < 0.065 => Habit::UnusedStandby,
        _ => Habit::Regular,
    };
    let left_on = chance.happens(0.42);
    let flaky = chance.happens(0.05);
    let finest_a = if rated_a < 5.0 { 0.002 } else { 0.005 };
    SignalProfile {
        habit,
        off_share: if chance.happens(0.4) { 0.0 } else { chance.between(0.0003, 0.0025) },
        standby_share: chance.between(0.06, 0.085),
        standby_step_share: if chance.happens(0.5) { chance.between(0.008, 0.02) } else { 0.0 },
        run_share: chance.between(0.36, 0.75),
        compressor_share: if compressor { chance.between(0.02, 0.04) } else { 0.0 },
        compressor_period_s: chance.between(240.0, 1_200.0),
        compressor_duty: chance.between(0.3, 0.6),
        cycle_share: if cyclic { chance.between(0.1, 0.35) } else { 0.0 },
        cycle_period_s: chance.between(12.0, 150.0),
        warm_up_s: chance.between(20.0, 240.0),
        warm_up_excess: chance.between(-0.25, 0.2),
        noise: chance.between(0.006, 0.03),
        sensor_step_a: if chance.happens(0.5) { finest_a } else { 2.0 * finest_a },
        run_min: chance.around(kind.run_min, 0.25).clamp(4.0, 600.0),
        pause_min: chance.around(13.0, 0.5).clamp(3.0, 60.0),
        rest_min: chance.around(110.0, 0.9).clamp(15.0, 3_000.0),
        stay_min: chance.around(130.0, 0.5).clamp(30.0, 600.0),
        closing_min: if left_on { 1_500.0 } else { chance.between(12.0, 45.0) },
        losses_per_day: if flaky { chance.between(3.0, 10.0) } else { chance.between(0.1, 0.8) },
        loss_min: chance.around(14.0, 0.5),
    }
}

fn cumulate(weights: impl Iterator<Item = f32>) -> Vec<f32> {
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

/// The index drawn by the running sums of the weights.
fn weighted(chance: &mut Chance, upto: &[f32]) -> usize {
    let at = chance.unit() * upto.last().copied().unwrap_or_default();
    upto.partition_point(|sum| *sum <= at).min(upto.len().saturating_sub(1))
}
