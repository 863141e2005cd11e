//! `test-observer openapi`.

use std::io::Write;

pub(super) fn run() -> anyhow::Result<()> {
    let document = crate::api::document().to_pretty_json()?;
    writeln!(std::io::stdout(), "{document}")?;
    Ok(())
}
