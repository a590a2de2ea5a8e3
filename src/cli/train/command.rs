use super::lesson::Lesson;
use super::material::Material;
use super::pick::pick;
use super::teller::Teller;
use crate::catalog::Store;
use crate::cli::command::Outcome;
use crate::domain::{Clock, InstrumentId, SystemClock};
use crate::history::{Drifts, Intervals, Readings};
use crate::instrument::Trained;
use crate::labels::{LabelStore, paint};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::logging;
use crate::training::{NewVersion, Selection, Told, Versions};
use clap::Args;
use dayi_models::artifact::{Manifest, Metrics};
use dayi_models::network::{ComputeDevice, Weights};
use dayi_models::trained::{TrainedModel, assemble};
use dayi_models::training::{TrainingConfig, TrainingError, train_stacked};
use dayi_models::{Classifier, SelfCalibrating};
use futures::{StreamExt, stream};
use std::collections::HashMap;
use std::error::Error;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Instruments trained at once, in one stack: their readings are in memory meanwhile.
const STACK: usize = 16;

#[derive(Debug, Args)]
pub(in crate::cli) struct Train {
    #[command(flatten)]
    which: Which,
    /// The configuration file; without one the built-in defaults hold
    #[arg(long, short, env = "DAYI_CONFIG")]
    config: Option<PathBuf>,
    /// The folder that holds everything the server keeps
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
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

type Failure = Box<dyn Error + Send + Sync>;

impl Train {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let mut config = Config::load(self.config.as_deref())?;
        config.data_dir = self.data.clone().unwrap_or(config.data_dir);
        logging::start(&config.log);
        let teller = if self.background { Teller::Server } else { Teller::Person };
        if self.background {
            // The actors of the server that started this come first. One that cannot be asked to wait still trains.
            let _ = rustix::process::nice(10);
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
        for instruments in picked.chunks(STACK) {
            school.teach(instruments, teller).await?;
        }
        Ok(())
    }
}

/// Everything that training reads and writes.
struct School {
    catalog: Store,
    labels: LabelStore,
    versions: Versions,
    drifts: Drifts,
    readings: Readings,
    serving: HashMap<InstrumentId, (i64, Vec<u8>)>,
    learned: HashMap<InstrumentId, String>,
    device: ComputeDevice,
    seed: u64,
    promote: bool,
}

impl School {
    async fn open(train: &Train, config: &Config) -> Result<Self, Failure> {
        let device = train.device.parse()?;
        let db = Db::join(&config.data_dir).await?;
        let versions = Versions::new(db.clone());
        Ok(Self {
            serving: versions.serving_artifacts().await?,
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

    /// Trains these instruments in one stack.
    async fn teach(&self, instruments: &[InstrumentId], teller: Teller) -> Outcome {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut planned = stream::iter(instruments).map(|id| async move { (id, self.plan(id).await) }).buffered(cores);
        let mut lessons = Vec::with_capacity(instruments.len());
        while let Some((id, lesson)) = planned.next().await {
            match lesson {
                Ok(lesson) => lessons.push((id.clone(), lesson)),
                Err(why) => teller.failed(id, why)?,
            }
        }
        let (device, seed) = (self.device.clone(), self.seed);
        let (lessons, trained) =
            tokio::task::spawn_blocking(move || train(lessons, |id| seed_of(id, seed), &device)).await?;
        for ((id, lesson), weights) in lessons.into_iter().zip(trained) {
            match weights {
                Ok(weights) => self.grade(&id, lesson, weights, teller).await?,
                Err(error) => teller.failed(&id, error)?,
            }
        }
        Ok(())
    }

    /// What an instrument's candidate learns from.
    async fn plan(&self, id: &InstrumentId) -> Result<Lesson, String> {
        let instrument = self.catalog.catalog().get(id).ok_or_else(|| format!("there is no instrument {id}"))?;
        let rated_a = instrument.rated_current_a;
        let painted = paint(&self.labels.edits(id).await.map_err(|error| error.to_string())?);
        let (name, mut incumbent) = self.incumbent(id, rated_a);
        let (id, readings, seed) = (id.clone(), self.readings.clone(), seed_of(id, self.seed));
        let plan = move || {
            let material = Material::read(&id, &painted, &readings)?;
            Lesson::plan(material, rated_a, seed, &name, &mut *incumbent)
        };
        tokio::task::spawn_blocking(plan).await.map_err(|error| error.to_string())?
    }

    /// The model that serves now, and its name.
    fn incumbent(&self, id: &InstrumentId, rated_a: Option<f32>) -> (String, Box<dyn Classifier + Send>) {
        let trained = self.serving.get(id).and_then(|(version, artifact)| Trained::unpack(artifact, id, *version).ok());
        if let Some(trained) = trained {
            return (Classifier::name(&trained).to_owned(), Box::new(trained));
        }
        let learned = self.learned.get(id).and_then(|json| serde_json::from_str::<SelfCalibrating>(json).ok());
        let calibration = learned.map_or_else(|| SelfCalibrating::new(rated_a), SelfCalibrating::restarted);
        (calibration.name().to_owned(), Box::new(calibration))
    }

    /// Judges the new model, keeps it, and lets it serve if nothing speaks against it.
    async fn grade(&self, id: &InstrumentId, lesson: Lesson, weights: Weights, teller: Teller) -> Outcome {
        let version = self.versions.next(id).await?;
        let instrument = id.clone();
        let now_ms = SystemClock.now_ms();
        let mut manifest = Manifest {
            instrument: id.to_string(),
            version: version.try_into()?,
            model: TrainedModel::NAME.into(),
            data_from_ms: lesson.span_ms.0,
            data_to_ms: lesson.span_ms.1,
            labelled_s: lesson.labelled_s,
            seed: seed_of(id, self.seed),
            metrics: Metrics::default(),
            code_version: env!("CARGO_PKG_VERSION").into(),
            created_ms: now_ms,
        };
        let graded = tokio::task::spawn_blocking(move || {
            let model = assemble(&lesson.prepared, weights);
            let verdict = lesson.judge(&model);
            manifest.metrics = Metrics { candidate: Some(verdict.candidate), incumbent: Some(verdict.incumbent) };
            let reference = lesson.prepared.reference(&model);
            let artifact = Trained::pack(&manifest, model, reference)?;
            Ok::<_, Failure>((manifest, artifact, verdict))
        });
        let (manifest, artifact, verdict) = graded.await??;
        let new = NewVersion {
            instrument: instrument.clone(),
            at_ms: now_ms,
            artifact,
            manifest: serde_json::to_value(&manifest)?,
            verdict: serde_json::to_value(&verdict)?,
        };
        self.versions.add(version, new).await?;
        let why = verdict.summary();
        let promoted = self.promote && verdict.passes();
        if promoted {
            self.versions.promote(&instrument, Some(version), "gate", &why, now_ms).await?;
        }
        teller.tell(&Told::Trained { instrument, version, promoted, why })?;
        Ok(())
    }
}

/// Trains all lessons in one stack.
fn train(
    lessons: Vec<(InstrumentId, Lesson)>,
    seed: impl Fn(&InstrumentId) -> u64,
    device: &ComputeDevice,
) -> (Vec<(InstrumentId, Lesson)>, Vec<Result<Weights, TrainingError>>) {
    let sets: Vec<_> = lessons.iter().map(|(id, lesson)| (seed(id), lesson.prepared.training_set())).collect();
    let config = TrainingConfig { stack: STACK, ..TrainedModel::training() };
    let trained = train_stacked(&sets, &config, device, &|_| ControlFlow::Continue(()));
    (lessons, trained)
}

/// An instrument's own seed: another one for each, the same every time (FNV-1a of its id).
fn seed_of(id: &InstrumentId, seed: u64) -> u64 {
    id.as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
