//! `test-observer test-case-history`.

use std::io::Write;

use futures::{StreamExt, TryStreamExt, stream};

use super::failure::{Failure, UNAVAILABLE, USAGE};
use crate::client::submissions::{addresses_back_from, client, fetch_statuses};

/// As many submissions are fetched at once.
const AT_ONCE: usize = 8;

/// Print how tests ended in a Jenkins job's build and in those before it, one row for each test, newest build first
#[derive(Debug, clap::Args)]
pub(super) struct TestCaseHistoryArgs {
    /// The address of the newest submission: …/BUILD/artifact/artifacts/submission.json
    url: String,
    /// The tests, as Checkbox calls them
    #[arg(required = true, value_name = "TEST")]
    test_cases: Vec<String>,
    /// As many builds
    #[arg(long, value_name = "NUMBER", default_value_t = 15)]
    number_of_jenkins_jobs: u64,
}

pub(super) async fn run(args: TestCaseHistoryArgs) -> anyhow::Result<()> {
    let Some(addresses) = addresses_back_from(&args.url, args.number_of_jenkins_jobs) else {
        let problem = format!("'{}' is no address of a build's submission: …/BUILD/artifact/…", args.url);
        return Err(Failure::new(USAGE, problem).into());
    };
    let client = client().map_err(|error| Failure::new(UNAVAILABLE, error))?;
    let fetched = addresses.iter().map(|(build, url)| {
        let client = &client;
        async move { fetch_statuses(client, url).await.map(|statuses| (*build, statuses)) }
    });
    let builds: Vec<_> = stream::iter(fetched)
        .buffered(AT_ONCE)
        .try_collect()
        .await
        .map_err(|error: String| Failure::new(UNAVAILABLE, error))?;
    let mut out = std::io::stdout().lock();
    let heads: Vec<String> = builds.iter().map(|(build, _)| build.to_string()).collect();
    writeln!(out, "test\t{}", heads.join("\t"))?;
    for test in &args.test_cases {
        let cells = builds.iter().map(|(_, statuses)| statuses.as_ref()?.get(test).map(String::as_str));
        let cells: Vec<&str> = cells.map(|cell| cell.unwrap_or("-")).collect();
        writeln!(out, "{test}\t{}", cells.join("\t"))?;
    }
    Ok(())
}
