//! The command line: one file per subcommand.

mod application;
mod artefact;
mod check_permissions;
mod common_failures;
mod compare_submissions;
mod completions;
mod failure;
mod health;
mod import;
mod import_report;
mod logging;
mod man;
mod migrate;
mod openapi;
mod rerun_failing;
mod retention;
pub mod seed;
mod serve;
mod server_args;
mod submit;
mod team;
mod test_case_history;
mod test_results_report;
mod user;
mod user_account;

use std::time::Duration;

use clap::{Parser, Subcommand};

pub use failure::Failure;
pub use logging::start_log;

use crate::clock::Clock;
use crate::service::{Service, Settings};
use crate::store::{Db, DbUrl, SLOW_STATEMENT};
use crate::traces::Traces;

/// Collects the results of tests on software artefacts and shows who may ship what.
#[derive(Debug, Parser)]
#[command(name = "test-observer", version, after_help = "Start with: test-observer serve")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the dashboard and the REST API until stopped
    Serve(serve::ServeArgs),
    /// Make the applications whose keys runners report with, give them new keys, and remove them
    #[command(subcommand)]
    Application(application::ApplicationCommand),
    /// Make users, let them in, and say who is an administrator
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make teams, and say who is in them
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// Give an artefact another reviewer, or remove it
    #[command(subcommand)]
    Artefact(artefact::ArtefactCommand),
    /// Fill an empty database with demo data, as much as you like
    ///
    /// It tells of a laboratory that does not exist: artefacts of all families in several versions, their runs, results and logs,
    /// issues, reviews, people. The same seed and time make the same data. Where there is a user or an artefact nothing is made,
    /// and that is no mistake: whoever seeds at every start does so once. If it was interrupted, begin again with an empty
    /// database.
    Seed(seed::SeedArgs),
    /// Bring the database's schema up to date
    Migrate(migrate::MigrateArgs),
    /// Copy the database of an existing installation; again it brings what is new
    Import(import::ImportArgs),
    /// Remove logs, results and executions that are older than the settings of retention say
    Retention(retention::RetentionArgs),
    /// Print the OpenAPI document of the REST API
    Openapi,
    Submit(Box<submit::SubmitArgs>),
    TestResultsReport(test_results_report::TestResultsReportArgs),
    RerunFailing(rerun_failing::RerunFailingArgs),
    CommonFailures(common_failures::CommonFailuresArgs),
    TestCaseHistory(test_case_history::TestCaseHistoryArgs),
    CompareSubmissions(compare_submissions::CompareSubmissionsArgs),
    CheckPermissions(check_permissions::CheckPermissionsArgs),
    Health(health::HealthArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Where the database is.
#[derive(Debug, clap::Args)]
struct DbArgs {
    /// The database: sqlite:PATH, or postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(
        long,
        value_name = "URL",
        env = "DB_URL",
        hide_env_values = true,
        default_value = "sqlite:data/test-observer.db"
    )]
    db: String,
}

impl DbArgs {
    /// Where it is. Read here and not by the argument parser, whose message would show a password.
    fn url(&self) -> anyhow::Result<DbUrl> {
        Ok(self.db.parse()?)
    }

    /// Opens the database for a command that needs its schema to be there.
    async fn connect(&self) -> anyhow::Result<Db> {
        self.connect_and_watch(SLOW_STATEMENT).await
    }

    /// Likewise; statements that take longer than so are written into the log.
    async fn connect_and_watch(&self, slow: Duration) -> anyhow::Result<Db> {
        let url = self.url()?;
        let db = Db::connect_and_watch(&url, slow).await?;
        match url {
            // A file belongs to whoever runs the program; a server's schema is changed on purpose only.
            DbUrl::Sqlite(_) => migrate::bring_up_to_date(&db).await?,
            DbUrl::Postgres(_) if !db.is_migrated().await? => {
                anyhow::bail!("the database's schema is not up to date: run `test-observer migrate` first")
            }
            // Rows that were imported since may still hold their keys in clear.
            DbUrl::Postgres(_) => db.hash_clear_keys().await?,
        }
        Ok(db)
    }

    /// The use cases over the database, for a command that needs its schema to be there.
    async fn open_service(&self) -> anyhow::Result<Service> {
        Ok(Service::new(self.connect().await?, Clock::system(), Settings::default()))
    }
}

impl Cli {
    /// What is logged when nobody said anything. Statements that take long are worth a warning, but in a copy they read whole tables.
    pub fn log_filter(&self) -> &'static str {
        match self.command {
            Command::Import(_) => "info,sqlx::query=error",
            _ => "info,sqlx::query=warn",
        }
    }

    /// The traces of what it does. Only a server has any.
    pub fn traces(&self) -> anyhow::Result<Traces> {
        match self.command {
            Command::Serve(_) => Traces::read(|name| std::env::var(name).ok()),
            _ => Ok(Traces::default()),
        }
    }

    /// Does what the command line says.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Application(command) => application::run(command).await,
            Command::User(command) => user::run(command).await,
            Command::Team(command) => team::run(command).await,
            Command::Artefact(command) => artefact::run(command).await,
            Command::Seed(args) => seed::run(args).await,
            Command::Migrate(args) => migrate::run(args).await,
            Command::Import(args) => import::run(args).await,
            Command::Retention(args) => retention::run(args).await,
            Command::Openapi => openapi::run(),
            Command::Submit(args) => submit::run(*args).await,
            Command::TestResultsReport(args) => test_results_report::run(args).await,
            Command::RerunFailing(args) => rerun_failing::run(args).await,
            Command::CommonFailures(args) => common_failures::run(args).await,
            Command::TestCaseHistory(args) => test_case_history::run(args).await,
            Command::CompareSubmissions(args) => compare_submissions::run(args).await,
            Command::CheckPermissions(args) => check_permissions::run(&args),
            Command::Health(args) => health::run(args).await,
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args),
        }
    }
}
