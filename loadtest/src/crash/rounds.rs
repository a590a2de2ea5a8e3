use super::plan::{CrashError, CrashPlan};
use crate::live::Subscriber;
use crate::load::{Load, LoadCounts, sign_up};
use crate::mqtt::Secret;
use crate::report::Times;
use crate::seed::Chance;
use crate::target::{Api, Server, ServerOptions, TargetError};
use crate::verdict::{Verdict, hold};
use std::time::Duration;
use tokio::time::Instant;

/// A server that runs acknowledges something within this time.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pages that look on.
const PAGES: usize = 2;

/// What the rounds left.
#[derive(Clone, Debug)]
pub struct Crashed {
    /// Kills.
    pub kills: u32,
    /// What the clients counted.
    pub counts: LoadCounts,
    /// Milliseconds from each start after a kill until the server accepted.
    pub restarts_ms: Vec<f64>,
    /// Readings acknowledged in each round.
    pub acknowledged: Vec<u64>,
    /// From PUBLISH to PUBACK, across kills too.
    pub puback: Times,
    /// What became of everything.
    pub verdict: Verdict,
}

/// Runs all rounds on a data folder of their own. `told` is called after each with its number.
///
/// # Errors
/// When the server does not start, acknowledges nothing, or does not answer in the end. Loss is no error: it is in the
/// verdict.
pub async fn crash(plan: &CrashPlan, mut told: impl FnMut(u32)) -> Result<Crashed, CrashError> {
    let data = tempfile::tempdir().map_err(CrashError::Folder)?;
    let options = ServerOptions {
        program: plan.program.clone(),
        data: data.path().to_owned(),
        admin_token: Secret::new("loadtest"),
        max_connections: plan.load.connections,
        settings: plan.settings.clone(),
    };
    let failed = |round: u32| move |source: TargetError| CrashError::Server { round, source };
    let mut server = Server::start(&options).await.map_err(failed(0))?;
    let api = Api::new(server.http, options.admin_token.clone());
    let lines = sign_up(&api, &plan.load).await.map_err(failed(0))?;
    let pages: Vec<Subscriber> =
        (0..PAGES).map(|_| Subscriber::start(server.http, options.admin_token.clone())).collect();
    let load = Load::start(plan.load.clone(), lines, server.mqtt)?;
    let mut chance = Chance::new(plan.seed, 0xC4A5, 0);
    let (mut restarts_ms, mut acknowledged) = (Vec::new(), Vec::new());
    let mut snapshots = vec![0; pages.len()];
    for round in 1..=plan.rounds {
        // The kill is at any moment for the pages, too: only for the last server it is made sure that they saw it.
        let wanted = 1 + chance.next() % plan.most_acknowledged.max(1);
        acknowledged.push(acknowledge(&load, wanted, round).await?);
        server.kill().await.map_err(failed(round))?;
        load.server_is_at(None);
        snapshots = pages.iter().map(Subscriber::snapshots).collect();
        pages.iter().for_each(|page| page.server_is_at(None));
        let starting = Instant::now();
        server = Server::start(&options).await.map_err(failed(round))?;
        restarts_ms.push(starting.elapsed().as_secs_f64() * 1e3);
        load.server_is_at(Some(server.mqtt));
        pages.iter().for_each(|page| page.server_is_at(Some(server.http)));
        told(round);
    }
    // The last server works too, and its pages have seen what it says.
    acknowledge(&load, plan.load.connections as u64, plan.rounds).await?;
    for (page, before) in pages.iter().zip(snapshots) {
        if !page.more_snapshots_than(before, PATIENCE).await {
            return Err(CrashError::NoSnapshot { round: plan.rounds, patience: PATIENCE });
        }
    }
    let (counters, begun) = (load.counters().clone(), load.begun());
    let ledgers = load.stop().await;
    let mut heard = crate::live::Heard::default();
    for page in pages {
        let more = page.stop().await;
        heard.changes.extend(more.changes);
        heard.shown.extend(more.shown);
    }
    let verdict = hold(&api.at(server.http), &ledgers, &heard, begun).await.map_err(failed(plan.rounds + 1))?;
    let mut pubacks = crate::load::times()?;
    counters.take_pubacks(&mut pubacks);
    // What is killed last was asked everything.
    server.kill().await.map_err(failed(plan.rounds + 1))?;
    let puback = Times::from(&pubacks);
    Ok(Crashed { kills: plan.rounds, counts: counters.now(), restarts_ms, acknowledged, puback, verdict })
}

/// Waits for so many more acknowledgements, and returns how many it were.
async fn acknowledge(load: &Load, wanted: u64, round: u32) -> Result<u64, CrashError> {
    let more = load.acknowledged_more(wanted, PATIENCE).await;
    more.ok_or_else(|| CrashError::Silent {
        round,
        patience: PATIENCE,
        acknowledged: load.counters().now().acknowledged,
    })
}
