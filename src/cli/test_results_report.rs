//! `test-observer test-results-report`.

use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use indicatif::ProgressBar;
use reqwest::Method;

use super::failure::{DATA, Failure, IO, USAGE};
use super::server_args::ServerArgs;
use crate::client::server::{Call, Server};
use crate::client::tally::Tally;
use crate::clock::Clock;

const FORMAT: &str = "%Y-%m-%d";
/// Where reports of days are kept.
const CACHE: &str = "test-results-reports";
/// As long as the report of one day may take.
const PATIENCE_SECONDS: u64 = 120;

/// Count how often each test of snaps and debs passed and failed, day by day, and write the sums as CSV
///
/// The reports of days that are over are kept in the folder test-results-reports, and not asked for again.
#[derive(Debug, clap::Args)]
pub(super) struct TestResultsReportArgs {
    /// The first day, YYYY-MM-DD
    #[arg(long, alias = "start_date", value_name = "DATE")]
    start_date: String,
    /// The last day; today, when not said
    #[arg(long, alias = "end_date", value_name = "DATE")]
    end_date: Option<String>,
    /// Where to write; must not be there yet
    #[arg(long, alias = "output_file", value_name = "FILE")]
    output_file: PathBuf,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: TestResultsReportArgs) -> anyhow::Result<()> {
    let today = Clock::system().now().date_naive();
    let start = read_date(&args.start_date)?;
    let end = args.end_date.as_deref().map_or(Ok(today), read_date)?;
    if start > end {
        let problem = format!("Start date '{start}' must be before end date '{end}'");
        return Err(Failure::new(USAGE, problem).into());
    }
    let output = args.output_file.display();
    if args.output_file.exists() {
        return Err(Failure::new(USAGE, format!("Output file '{output}' already exists")).into());
    }
    let server = args.server.server(PATIENCE_SECONDS)?;
    let mut tally = Tally::default();
    let days = u64::try_from((end - start).num_days() + 1).unwrap_or_default();
    let bar = ProgressBar::new(days);
    for day in start.iter_days().take_while(|day| *day <= end) {
        let report = read_day(&server, day, today).await?;
        tally.add(&report).map_err(|error| Failure::new(DATA, format!("{day}: {error}")))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    std::fs::write(&args.output_file, tally.to_csv())
        .map_err(|error| Failure::new(IO, format!("{output}: {error}")).into())
}

fn read_date(text: &str) -> Result<NaiveDate, Failure> {
    NaiveDate::parse_from_str(text, FORMAT)
        .map_err(|_| Failure::new(USAGE, format!("Date {text} is not in the correct format: {FORMAT}")))
}

/// The report of a day: the kept one, or the server's.
async fn read_day(server: &Server, day: NaiveDate, today: NaiveDate) -> Result<String, Failure> {
    let kept = Path::new(CACHE).join(format!("{day}.csv"));
    if let Ok(report) = std::fs::read_to_string(&kept) {
        return Ok(report);
    }
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let path = format!("/v1/reports/test-results?start_date={day}T00:00:00&end_date={next}T00:00:00");
    let call = Call { method: &Method::GET, path: &path, body: None, idempotency_key: None };
    let report = server.call(call).await?;
    let report = String::from_utf8_lossy(&report).into_owned();
    // A day that is not over grows.
    if day < today {
        keep(&kept, &report).map_err(|error| Failure::new(IO, format!("{}: {error}", kept.display())))?;
    }
    Ok(report)
}

/// Half a report under the name of a whole one would be believed the next time.
fn keep(path: &Path, report: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(CACHE)?;
    let unfinished = path.with_extension("tmp");
    std::fs::write(&unfinished, report)?;
    std::fs::rename(&unfinished, path)
}
