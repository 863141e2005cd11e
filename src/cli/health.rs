//! `test-observer health`.

use std::io::Write;
use std::time::Duration;

use super::failure::{Failure, UNAVAILABLE, USAGE};
use crate::integrations::http_client::{client_builder, explain};

/// As long as an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask a server on this machine whether it is well, for containers and scripts: the status is 0 if it is
#[derive(Debug, clap::Args)]
pub(super) struct HealthArgs {
    /// What to ask: /health/live whether the process answers, /health/ready whether its database does, too
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:30000/health/live")]
    url: String,
}

pub(super) async fn run(args: HealthArgs) -> anyhow::Result<()> {
    let unwell = |problem: String| Failure::new(UNAVAILABLE, format!("{}: {problem}", args.url));
    // The way to other systems may lead through a proxy, the one to this machine does not.
    let client = client_builder().no_proxy().timeout(PATIENCE).build().map_err(|error| unwell(explain(&error)))?;
    let request = client.get(&args.url).build();
    let request = request.map_err(|_| Failure::new(USAGE, format!("'{}' is no http or https address", args.url)))?;
    let answer = client.execute(request).await.map_err(|error| unwell(explain(&error)))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| unwell(explain(&error)))?;
    if !status.is_success() {
        return Err(unwell(format!("the answer has the status {}", status.as_u16())).into());
    }
    writeln!(std::io::stdout(), "{}", text.trim())?;
    Ok(())
}
