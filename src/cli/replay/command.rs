use super::played::{Anchor, lay_out};
use super::target::Target;
use crate::cli::command::Outcome;
use crate::domain::{Clock, InstrumentId, SystemClock};
use crate::platform::config::{LogConfig, LogFormat};
use crate::platform::logging;
use clap::Args;
use dayi_loadtest::mqtt::Secret;
use dayi_loadtest::replay::{ReplayConfig, replay};
use dayi_models::Trace;
use dayi_models::evaluation::{MethodScore, Report, Score, TraceScore, score_transitions, split};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    /// A recorded trace (CSV or CSV.zst: ts,current_a,state); may be given several times
    #[arg(long = "trace", value_name = "FILE", required = true, num_args = 1..)]
    traces: Vec<PathBuf>,
    /// How many times faster than it was recorded, or `max` for as fast as the server acknowledges
    #[arg(long, default_value = "max", value_name = "N")]
    speed: Speed,
    /// Play into the server at this URL; without it, into one of its own that leaves nothing behind
    #[arg(long, value_name = "URL", requires = "admin_token")]
    server: Option<String>,
    /// The token that allows adding instruments to that server
    #[arg(long, env = "DAYI_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// The instrument's rated current in ampere, if it is known
    #[arg(long, value_name = "AMPERE")]
    rated_current: Option<f32>,
    /// Judge the whole trace, not only what comes after the first 40 % that the model learns from
    #[arg(long)]
    whole: bool,
    /// After the first 40 %, paint the trace's own labels over them, train a model in the server, and go on with it
    #[arg(long, conflicts_with = "whole")]
    train: bool,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
}

/// How many times faster than recorded; `None` is as fast as it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed(Option<f64>);

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self(None));
        }
        match text.parse::<f64>() {
            Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(Self(Some(speed))),
            _ => Err("a speed is a number above 0, or max".into()),
        }
    }
}

impl Replay {
    pub(in crate::cli) async fn run(self) -> Outcome {
        logging::start(&LogConfig { format: LogFormat::Text, level: "warn".into() });
        let target = match (&self.server, &self.admin_token) {
            (Some(url), Some(admin)) => Target::running(url, admin)?,
            _ => Target::own().await?,
        };
        let started = Instant::now();
        let mut traces = Vec::with_capacity(self.traces.len());
        for file in &self.traces {
            match self.play(file, &target).await {
                Ok(score) => traces.push(score),
                Err(error) => eprintln!("{}: {error}", file.display()),
            }
        }
        target.leave().await;
        let failed = self.traces.len() - traces.len();
        if traces.is_empty() {
            return Err("no trace could be played".into());
        }
        let readings = traces.iter().map(|trace| trace.tally.readings).sum();
        let methods = vec![MethodScore {
            method: self.method().into(),
            score: Score::over(traces.iter().map(|trace| &trace.tally)),
        }];
        let report = Report { methods, traces, readings, elapsed_s: started.elapsed().as_secs_f64() };
        if self.json {
            println!("{}", report.to_json()?);
        } else {
            print!("{}", report.to_text(true));
        }
        match failed {
            0 => Ok(()),
            failed => Err(format!("{failed} of {} traces could not be played", self.traces.len()).into()),
        }
    }

    /// What the rows are called.
    fn method(&self) -> &'static str {
        if self.train { "over MQTT, trained" } else { "over MQTT" }
    }

    async fn play(&self, file: &Path, target: &Target) -> Result<TraceScore, Box<dyn Error + Send + Sync>> {
        let trace = Trace::read(file)?;
        let anchor = if self.speed == Speed(Some(1.0)) { Anchor::BeginsNow } else { Anchor::EndsNow };
        let played = lay_out(&trace.samples, anchor, SystemClock.now_ms())?;
        let sensor = target.add(&instrument_id(&trace.id), self.rated_current).await?;
        eprintln!("{}: {} readings as {} …", trace.id, played.len(), sensor.instrument);
        let config = ReplayConfig {
            server: sensor.mqtt,
            instrument: sensor.instrument.clone(),
            client_id: sensor.instrument.clone(),
            token: Secret::new(sensor.token),
            speed: self.speed.0,
        };
        let learned = if self.whole { 0 } else { split(&played) };
        let parts = if self.train { vec![&played[..learned], &played[learned..]] } else { vec![&played[..]] };
        let mut method = self.method();
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                target.paint(&sensor.instrument, &played[..learned], &trace.labels).await?;
                if !target.train(&sensor.instrument).await? {
                    method = "over MQTT, kept back";
                }
            }
            let readings = part.iter().map(|sample| (sample.ts_ms, sample.current_a)).collect();
            let sent = replay(config.clone(), readings).await?;
            let (count, elapsed_s) = (sent.acknowledged, sent.elapsed.as_secs_f64());
            eprintln!("{}: {count} readings acknowledged in {elapsed_s:.1} s", trace.id);
        }
        let (first, last) = played.first().zip(played.last()).map_or((0, 0), |(a, b)| (a.ts_ms, b.ts_ms));
        let decisions = target.decisions(&sensor.instrument, first, last).await?;
        let tally = score_transitions(&played[learned..], &trace.labels[learned..], &decisions);
        Ok(TraceScore { trace: trace.id, method: method.into(), tally })
    }
}

/// An id of its own for each play, so that a trace can be played into the same server again.
fn instrument_id(trace: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = trace.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let longest = InstrumentId::MAX_LEN - "replay-".len() - 9;
    format!("replay-{}-{:08x}", &name[..name.len().min(longest)], rand::random::<u32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_trace_name_makes_an_instrument_id() {
        for name in ["fridge_A", "冰箱 2", "", &"x".repeat(200)] {
            assert!(instrument_id(name).parse::<InstrumentId>().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_speed_is_above_zero_or_max() {
        assert_eq!("max".parse(), Ok(Speed(None)));
        assert_eq!("60".parse(), Ok(Speed(Some(60.0))));
        for wrong in ["0", "-1", "NaN", "inf", "fast"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
