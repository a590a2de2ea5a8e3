use super::command::Outcome;
use super::source::Source;
use crate::account::{AccountGrant, Door, NewAccount, Store};
use crate::domain::{Clock, Role, SystemClock, UnitPath};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::secret::SharedSecret;
use clap::{Args, Subcommand};
use std::sync::Arc;

/// Beside a running server, or without one. Who is added signs in with the link that is printed; everything else about
/// accounts is done on the page or by the API (/api/v1/accounts).
#[derive(Debug, Args)]
pub(super) struct Account {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add an account and print a link that lets it in once, within a day
    Add(Add),
    /// Print a link that lets an account in once, within a day: for who forgot the password
    Link(Link),
    /// List the accounts
    List(List),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    source: Source,
    /// What is typed to sign in
    login: String,
    /// The name to show; the login unless said
    #[arg(long)]
    name: Option<String>,
    /// Its e-mail address
    #[arg(long)]
    email: Option<String>,
    /// zh or en: in which language it is written to
    #[arg(long, default_value = "zh")]
    language: String,
    /// administrator, department-viewer, institution-manager, laboratory-manager, operator, researcher, wall-screen or
    /// integration
    #[arg(long, default_value = "administrator", value_parser = role)]
    role: Role,
    /// The id of the unit that the role is for, with all below it
    #[arg(long, default_value = "province")]
    unit: String,
}

#[derive(Debug, Args)]
struct Link {
    #[command(flatten)]
    source: Source,
    /// What is typed to sign in
    login: String,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    source: Source,
}

fn role(name: &str) -> Result<Role, String> {
    let names = || Role::ALL.map(Role::name).join(", ");
    Role::named(name).ok_or_else(|| format!("there is no role {name:?}; there are {}", names()))
}

impl Account {
    pub(super) async fn run(self) -> Outcome {
        match self.what {
            What::Add(add) => add.run().await,
            What::Link(link) => link.run().await,
            What::List(list) => list.run().await,
        }
    }
}

/// Nobody comes in here: the accounts are only read and written.
struct NoTree;

impl crate::account::Tree for NoTree {
    fn reached_from(&self, _: &str) -> Vec<UnitPath> {
        Vec::new()
    }
}

async fn accounts(config: &Config) -> Result<(Db, Store), super::command::Failure> {
    let db = Db::join(config).await?;
    let door = Door::new(Arc::new(NoTree), Arc::new(SystemClock), SharedSecret::new(None));
    let store = Store::load(db.clone(), door).await?;
    Ok((db, store))
}

/// The page's address, where it is known.
fn page(config: &Config) -> String {
    config.http.public_url.clone().unwrap_or_else(|| format!("http://{}", config.http.listen))
}

/// A link for the account, on the page that the configuration names.
pub(super) async fn print_link(store: &Store, account: &str, page: &str) -> Outcome {
    let (token, _) = store.add_link(account, SystemClock.now_ms()).await?;
    println!("{}/sign-in#{token}", page.trim_end_matches('/'));
    Ok(())
}

impl Add {
    async fn run(self) -> Outcome {
        let config = self.source.load()?;
        let (db, store) = accounts(&config).await?;
        let new = NewAccount {
            name: self.name.unwrap_or_else(|| self.login.clone()),
            login: self.login,
            email: self.email,
            language: self.language,
            grants: vec![AccountGrant { role: self.role, unit: self.unit }],
        };
        let account = store.add(new, SystemClock.now_ms()).await?;
        print_link(&store, &account.id, &page(&config)).await?;
        db.close().await;
        Ok(())
    }
}

impl Link {
    async fn run(self) -> Outcome {
        let config = self.source.load()?;
        let (db, store) = accounts(&config).await?;
        let login = self.login.to_lowercase();
        let account = store.door().accounts().into_iter().find(|account| account.login == login);
        let account = account.ok_or_else(|| format!("there is no account {login:?}; see `dayi account list`"))?;
        print_link(&store, &account.id, &page(&config)).await?;
        db.close().await;
        Ok(())
    }
}

impl List {
    async fn run(self) -> Outcome {
        let (db, store) = accounts(&self.source.load()?).await?;
        for account in store.door().accounts() {
            let grants: Vec<_> =
                account.grants.iter().map(|grant| format!("{} of {}", grant.role.name(), grant.unit)).collect();
            let disabled = if account.disabled { "  (disabled)" } else { "" };
            println!("{}\t{}\t{}{disabled}", account.login, account.name, grants.join(", "));
        }
        db.close().await;
        Ok(())
    }
}
