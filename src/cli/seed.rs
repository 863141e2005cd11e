//! `test-observer seed`: demo data in which every page has something to show, and as much more as a load test needs.

mod artefacts;
mod bundles;
mod chance;
mod environments;
mod events;
mod executions;
mod issues;
mod lines;
mod load;
mod logs;
mod notifications;
mod people;
mod reported_issues;
mod rerun_requests;
mod results;
mod reviews;
mod seeder;
mod summary;
mod test_cases;
mod troubles;

use std::io::Write;

use app::api::Instant;

use super::DbArgs;
use crate::clock::Clock;
use crate::service::{Service, Settings};
use crate::store::{DbUrl, Moment, seed as store};
use artefacts::{Line, Version};
use executions::{MadeRun, Run};
use lines::LINES;
use seeder::Seeder;
pub use summary::Summary;

/// What the application is called that has made the data.
const APPLICATION: &str = "seed_data_app";

#[derive(Debug, clap::Args)]
pub(super) struct SeedArgs {
    /// Make the demo data beside what is there, which stays as it is; works once
    #[arg(long)]
    force: bool,
    /// How much: 1 is the demo, with about 6,000 results; every further one adds 10,000 of artefacts without a story
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    scale: u32,
    /// The day that it is in the data, and the time; that of the machine if none is given
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    now: Option<Moment>,
    /// What chance begins with
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Where people reach the dashboard: the base of links in notifications
    #[arg(long, value_name = "URL", env = "FRONTEND_URL", default_value = "http://localhost:30000")]
    frontend_url: String,
    #[command(flatten)]
    db: DbArgs,
}

fn parse_moment(text: &str) -> Result<Moment, &'static str> {
    Instant::from_text(text).map(|instant| instant.0)
}

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct SeedPlan {
    /// What chance begins with.
    pub seed: u64,
    /// How much: the demo, and a portion of 10,000 results for every number beyond 1.
    pub scale: u32,
    /// The moment that all dates are relative to.
    pub now: Moment,
}

/// Something that happens in the demo.
enum Step {
    Run(Run),
    Decide(&'static Line, &'static Version),
}

pub(super) async fn run(args: SeedArgs) -> anyhow::Result<()> {
    let url = args.db.url()?;
    let settings = Settings { frontend_url: args.frontend_url, ..Settings::default() };
    let service = Service::new(args.db.connect().await?, Clock::system(), settings);
    let now = args.now.unwrap_or_else(|| service.clock.now());
    let plan = SeedPlan { seed: args.seed, scale: args.scale, now };
    let mut out = std::io::stdout();
    if !args.force && has_data(&service).await? {
        writeln!(out, "Database already contains data. Skipping seed operation.")?;
        service.db.close().await;
        return Ok(());
    }
    writeln!(out, "Seeding database with test data...")?;
    let made = seed(&service, plan).await?;
    service.db.close().await;
    writeln!(out, "Database seeding completed successfully!\n{made}")?;
    if let Some(db) = name_on_loopback(&url) {
        let administrator = people::ADMINISTRATOR;
        writeln!(
            out,
            "\nTo look at it:\n  LOCAL_ACCOUNTS=true SESSIONS_HTTPS_ONLY=false test-observer serve {db}\n\
             To sign in as an administrator:\n  test-observer user link {administrator} {db}"
        )?;
    }
    Ok(())
}

async fn has_data(service: &Service) -> anyhow::Result<bool> {
    let mut tx = service.db.read().await?;
    Ok(store::has_data(&mut tx).await?)
}

/// How a database on this machine is named on the command line; nothing for others, and never a password.
fn name_on_loopback(url: &DbUrl) -> Option<String> {
    match url {
        DbUrl::Sqlite(path) => Some(format!("--db sqlite:{}", path.display())),
        DbUrl::Postgres(url) => {
            let url = url::Url::parse(url).ok()?;
            let host = url.host_str().unwrap_or("localhost");
            ["localhost", "127.0.0.1", "[::1]"].contains(&host).then(|| "--db \"$DB_URL\"".to_owned())
        }
    }
}

/// Makes the demo data, whatever there is already; what was made. Each use case is a transaction of its own.
pub async fn seed(service: &Service, plan: SeedPlan) -> anyhow::Result<Summary> {
    let stored_before = count_log_bytes(service).await?;
    let mut seeder = Seeder::new(service, plan);
    seeder.add_application().await?;
    seeder.add_people().await?;
    seeder.add_issues().await?;
    for portion in 1..plan.scale {
        if portion % 10 == 0 {
            tracing::info!("portion {portion} of {}", plan.scale);
        }
        seeder.fill(portion, plan.scale).await?;
    }
    let made = tell_story(&mut seeder).await?;
    seeder.bundle_solutions().await?;
    seeder.report_issues().await?;
    seeder.tidy_issues().await?;
    seeder.request_reruns(&made).await?;
    seeder.dismiss_notifications().await?;
    let stored = count_log_bytes(service).await? - stored_before;
    seeder.made.stored_log_bytes = usize::try_from(stored).unwrap_or_default();
    Ok(seeder.made)
}

/// Lets everything happen in the order in which it did: later rows have later ids.
async fn tell_story(seeder: &mut Seeder) -> anyhow::Result<Vec<MadeRun>> {
    let mut steps: Vec<(Moment, Step)> = Vec::new();
    for line in LINES {
        for version in line.versions {
            let runs = executions::plan_runs(seeder.plan.seed, line, version);
            steps.extend(runs.into_iter().map(|run| (seeder.day(version.age, run.minutes), Step::Run(run))));
            steps.push((seeder.day((version.age - 2).max(0), 700), Step::Decide(line, version)));
            seeder.made.artefacts += 1;
        }
    }
    steps.sort_by_key(|(moment, _)| *moment);
    let mut made = Vec::new();
    for (_, step) in steps {
        match step {
            Step::Run(run) => made.push(seeder.perform(&run).await?),
            Step::Decide(line, version) => seeder.decide(line, version).await?,
        }
    }
    Ok(made)
}

async fn count_log_bytes(service: &Service) -> anyhow::Result<i64> {
    let mut tx = service.db.read().await?;
    Ok(store::count_log_bytes(&mut tx).await?)
}

#[cfg(test)]
mod tests {
    use super::{DbUrl, name_on_loopback};

    #[test]
    fn how_to_look_is_said_without_passwords_and_only_on_this_machine() {
        let name = |url: &str| name_on_loopback(&url.parse::<DbUrl>().unwrap());
        assert_eq!(name("sqlite:data/demo.db").as_deref(), Some("--db sqlite:data/demo.db"));
        for host in ["localhost", "127.0.0.1:5433", "[::1]"] {
            assert_eq!(name(&format!("postgres://me:hunter2@{host}/demo")).as_deref(), Some("--db \"$DB_URL\""));
        }
        assert_eq!(name("postgres://me:hunter2@db.example.com/demo"), None);
    }
}
