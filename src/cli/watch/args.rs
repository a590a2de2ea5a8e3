use super::client::Client;
use super::told::Told;
use super::wanted::{Condition, live_url};
use crate::cli::command::Outcome;
use clap::Args;

/// Ends with Ctrl-C, or when the server does not let it in. After a break it goes on by itself and says on standard error
/// how long it was away and whether anything was missed.
///
/// dayi watch --where unit=hangzhou,state=standby
/// dayi watch --where class=030101 --json | jq .id
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Watch {
    /// The server
    #[arg(long, env = "DAYI_URL", default_value = "http://127.0.0.1:8080", value_name = "URL", value_parser = live_url)]
    url: String,
    /// The token that opens it
    #[arg(long, env = "DAYI_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: String,
    /// Only instruments of which this holds: unit (with all below it), class, state, instrument, q (a part of a name).
    /// Several names have to hold together; of several values of one name, one has to
    #[arg(long = "where", value_name = "NAME=VALUE", value_delimiter = ',')]
    conditions: Vec<Condition>,
    /// First every instrument as it is now
    #[arg(long)]
    now: bool,
    /// One JSON object a line, as docs/live-protocol.md describes changes
    #[arg(long)]
    json: bool,
}

impl Watch {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let told = Told::new(self.json, self.now);
        let mut client = Client::new(self.url, self.token, Condition::all(&self.conditions), told);
        tokio::select! {
            outcome = client.run() => outcome,
            ended = tokio::signal::ctrl_c() => Ok(ended?),
        }
    }
}
