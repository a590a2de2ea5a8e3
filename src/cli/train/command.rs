use super::lesson::{Incumbent, Lesson};
use super::material::Material;
use super::pick::pick;
use super::teller::Teller;
use crate::catalog::Store;
use crate::cli::command::{Failure, Outcome};
use crate::cli::source::Source;
use crate::domain::{Clock, InstrumentId, LevelName, SystemClock};
use crate::history::{Drifts, Intervals, Readings};
use crate::instrument::{NamedCalibration, Trained};
use crate::labels::{LabelStore, LevelNames, paint};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::logging;
use crate::training::{NewVersion, PromotionError, Selection, Told, Versions};
use clap::Args;
use dayi_models::artifact::{Manifest, Metrics};
use dayi_models::network::{ComputeDevice, Weights};
use dayi_models::trained::{TrainedModel, assemble};
use dayi_models::training::{TrainingConfig, TrainingError, train_stacked};
use futures::{StreamExt, stream};
use sea_orm::DbErr;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Instruments trained at once, in one stack: their readings are in memory meanwhile.
const STACK: usize = 16;

#[derive(Debug, Args)]
pub(in crate::cli) struct Train {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    source: Source,
    /// The same seed, labels and readings make the same model, bit for bit
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the new models without letting any serve, however good it is
    #[arg(long)]
    no_promote: bool,
    /// What computes: `flex` is this machine's processor
    #[arg(long, default_value = "flex", value_name = "NAME", value_parser = ComputeDevice::NAMES)]
    device: String,
    /// Give way to other programs, and tell in JSON lines what happens
    #[arg(long, hide = true)]
    background: bool,
}

/// Which instruments.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// This instrument; may be given several times
    #[arg(long = "instrument", value_name = "ID")]
    instruments: Vec<InstrumentId>,
    /// Every instrument that has labels
    #[arg(long)]
    all: bool,
    /// Those whose labels are newer than their model, and those whose model drifted
    #[arg(long)]
    stale: bool,
}

impl Which {
    fn selection(&self) -> Selection {
        match (self.all, self.stale) {
            (true, _) => Selection::All,
            (_, true) => Selection::Stale,
            _ => Selection::Instruments(self.instruments.clone()),
        }
    }
}

impl Train {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let config = self.source.load()?;
        logging::start(&config.log);
        let teller = if self.background { Teller::Server } else { Teller::Person };
        if self.background {
            // The actors of the server that started this come first. One that cannot be asked to wait still trains.
            let _ = rustix::process::nice(10);
            // Nobody follows a training whose server was killed: it ends with it.
            let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
        }
        let outcome = self.train(&config, teller).await;
        if let (Err(error), true) = (&outcome, self.background) {
            teller.tell(&Told::Log { line: error.to_string() })?;
        }
        outcome
    }

    async fn train(&self, config: &Config, teller: Teller) -> Outcome {
        let school = School::open(self, config).await?;
        let picked = pick(self.which.selection(), &school.labels, &school.versions, &school.drifts).await?;
        teller.tell(&Told::Started { total: picked.len() as u64 })?;
        let mut failed = 0;
        for instruments in picked.chunks(STACK) {
            failed += school.teach(instruments, teller).await?;
        }
        match (failed, teller) {
            (0, _) | (_, Teller::Server) => Ok(()),
            (failed, Teller::Person) => {
                Err(format!("{failed} of {} instruments have no new model", picked.len()).into())
            }
        }
    }
}

/// Everything that training reads and writes.
struct School {
    catalog: Store,
    labels: LabelStore,
    versions: Versions,
    drifts: Drifts,
    readings: Readings,
    names: HashMap<InstrumentId, Vec<LevelName>>,
    learned: HashMap<InstrumentId, String>,
    device: ComputeDevice,
    seed: u64,
    promote: bool,
}

impl School {
    async fn open(train: &Train, config: &Config) -> Result<Self, Failure> {
        let device = train.device.parse()?;
        let db = Db::join(config).await?;
        let versions = Versions::new(db.clone());
        Ok(Self {
            names: LevelNames::new(db.clone()).all().await?,
            learned: Intervals::new(db.clone()).last_states().await?.learned,
            catalog: Store::load(db.clone()).await?,
            labels: LabelStore::new(db.clone()),
            versions,
            drifts: Drifts::new(db),
            readings: Readings::new(&config.data_dir),
            device,
            seed: train.seed,
            promote: !train.no_promote,
        })
    }

    /// Trains these instruments in one stack, and returns how many have no new model.
    async fn teach(&self, instruments: &[InstrumentId], teller: Teller) -> Result<usize, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut planned = stream::iter(instruments).map(|id| async move { (id, self.plan(id).await) }).buffered(cores);
        let mut lessons = Vec::with_capacity(instruments.len());
        let mut failed = 0;
        while let Some((id, lesson)) = planned.next().await {
            match lesson {
                Ok(lesson) => lessons.push((id.clone(), lesson)),
                Err(why) => {
                    failed += 1;
                    teller.failed(id, why)?;
                }
            }
        }
        let (device, seed) = (self.device.clone(), self.seed);
        let ids: Vec<InstrumentId> = lessons.iter().map(|(id, _)| id.clone()).collect();
        let trained = tokio::task::spawn_blocking(move || train(lessons, seed, &device)).await;
        let Ok(taught) = trained else {
            ids.iter().try_for_each(|id| teller.failed(id, "the training broke off; its log says why"))?;
            return Ok(failed + ids.len());
        };
        for (id, lesson, weights) in taught {
            // One instrument's trouble is not the others'; only a teller whom nobody hears ends the run.
            let graded = match weights {
                Ok(weights) => self.grade(&id, lesson, weights).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match graded {
                Ok(told) => teller.tell(&told)?,
                Err(why) => {
                    failed += 1;
                    teller.failed(&id, why)?;
                }
            }
        }
        Ok(failed)
    }

    /// What an instrument's candidate learns from.
    async fn plan(&self, id: &InstrumentId) -> Result<Lesson, String> {
        let said = |error: DbErr| error.to_string();
        let planned_ms = SystemClock.now_ms();
        let instrument = self.catalog.catalog().get(id).ok_or_else(|| format!("there is no instrument {id}"))?;
        let rated_a = instrument.details.rated_current_a;
        let painted = paint(&self.labels.edits(id).await.map_err(said)?);
        let incumbent = self.incumbent(id, rated_a).await.map_err(said)?;
        let (id, readings, seed) = (id.clone(), self.readings.clone(), seed_of(id, self.seed));
        let plan = move || {
            let material = Material::read(&id, &painted, &readings)?;
            Lesson::plan(material, rated_a, seed, incumbent, planned_ms)
        };
        tokio::task::spawn_blocking(plan).await.map_err(|error| error.to_string())?
    }

    /// The model that serves now.
    async fn incumbent(&self, id: &InstrumentId, rated_a: Option<f32>) -> Result<Incumbent, DbErr> {
        let promotion = self.versions.promotions(id).await?.into_iter().next();
        let number = promotion.as_ref().map_or(0, |promotion| promotion.number);
        if let Some(version) = promotion.and_then(|promotion| promotion.version)
            && let Some(artifact) = self.versions.artifact(id, version).await?
            && let Ok(trained) = Trained::unpack(&artifact, id, version)
        {
            let trained_to_ms = trained.trained_to_ms();
            return Ok(Incumbent { number, trained_to_ms, classifier: Box::new(trained) });
        }
        let names = self.names.get(id).cloned().unwrap_or_default();
        let learned = self.learned.get(id).and_then(|json| serde_json::from_str(json).ok());
        let calibration = NamedCalibration::new(rated_a, learned, names);
        Ok(Incumbent { number, trained_to_ms: i64::MIN, classifier: Box::new(calibration) })
    }

    /// Judges the new model, keeps it, and lets it serve if nothing speaks against it.
    async fn grade(&self, id: &InstrumentId, lesson: Lesson, weights: Weights) -> Result<Told, Failure> {
        let judging = tokio::task::spawn_blocking(move || {
            let model = assemble(&lesson.prepared, weights);
            let verdict = lesson.judge(&model);
            let reference = lesson.prepared.reference(&model);
            (lesson, model, reference, verdict)
        });
        let (lesson, model, reference, verdict) = judging.await?;
        let make = |version: i64| {
            let manifest = Manifest {
                instrument: id.to_string(),
                version: version.try_into()?,
                model: TrainedModel::NAME.into(),
                data_from_ms: lesson.span_ms.0,
                data_to_ms: lesson.span_ms.1,
                labelled_s: lesson.labelled_s,
                seed: self.seed,
                metrics: Metrics { candidate: Some(verdict.candidate), incumbent: Some(verdict.incumbent) },
                code_version: env!("CARGO_PKG_VERSION").into(),
                created_ms: SystemClock.now_ms(),
            };
            Ok::<_, Failure>(NewVersion {
                artifact: Trained::pack(&manifest, model, reference)?,
                manifest: serde_json::to_value(&manifest)?,
                verdict: serde_json::to_value(&verdict)?,
            })
        };
        let version = self.versions.add(id, lesson.planned_ms, make).await?;
        let mut why = verdict.summary();
        let mut promoted = self.promote && verdict.passes();
        if promoted {
            let now_ms = SystemClock.now_ms();
            let after = Some(lesson.incumbent_number);
            match self.versions.promote(id, Some(version), after, "gate", &why, now_ms).await {
                Ok(_) => {}
                Err(error @ PromotionError::Overtaken) => {
                    promoted = false;
                    why = format!("{why}; {error}");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Told::Trained { instrument: id.clone(), version, promoted, why })
    }
}

/// An instrument's lesson, and the network that came out of it.
type Taught = (InstrumentId, Lesson, Result<Weights, TrainingError>);

/// Trains all lessons in one stack.
fn train(lessons: Vec<(InstrumentId, Lesson)>, seed: u64, device: &ComputeDevice) -> Vec<Taught> {
    let sets: Vec<_> = lessons.iter().map(|(id, lesson)| (seed_of(id, seed), lesson.prepared.training_set())).collect();
    let config = TrainingConfig { stack: STACK, ..TrainedModel::training() };
    let trained = train_stacked(&sets, &config, device, &|_| ControlFlow::Continue(()));
    lessons.into_iter().zip(trained).map(|((id, lesson), weights)| (id, lesson, weights)).collect()
}

/// An instrument's own seed: another one for each, the same every time (FNV-1a of its id).
fn seed_of(id: &InstrumentId, seed: u64) -> u64 {
    id.as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
