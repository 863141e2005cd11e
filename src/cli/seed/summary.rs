//! What was made.

use std::fmt;

/// How much was made of everything, and what its logs take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field names what it counts")]
pub struct Summary {
    pub users: usize,
    pub teams: usize,
    pub artefacts: usize,
    pub executions: usize,
    pub results: usize,
    pub issues: usize,
    pub attachment_rules: usize,
    pub attachments_by_hand: usize,
    pub reviews: usize,
    pub rerun_requests: usize,
    pub reported_issues: usize,
    /// All logs as they were written, in bytes.
    pub log_bytes: usize,
    /// The same as they are stored.
    pub stored_log_bytes: usize,
    /// The key of the application that may do everything.
    pub api_key: String,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, teams, artefacts, executions, results, issues, attachment_rules, .. } = self;
        writeln!(f, "{users} users in {teams} teams")?;
        writeln!(f, "{artefacts} artefacts, {executions} test executions, {results} test results")?;
        writeln!(
            f,
            "{issues} issues, attached {} times by hand and by {attachment_rules} rules",
            self.attachments_by_hand
        )?;
        writeln!(
            f,
            "{} environment reviews, {} rerun requests, {} reported issues",
            self.reviews, self.rerun_requests, self.reported_issues
        )?;
        let ratio = self.log_bytes * 10 / self.stored_log_bytes.max(1);
        let (log, stored) = (megabytes(self.log_bytes), megabytes(self.stored_log_bytes));
        writeln!(f, "logs: {log} MB, stored in {stored} MB ({}.{} : 1)", ratio / 10, ratio % 10)?;
        write!(f, "API key of {}, which may do everything: {}", super::APPLICATION, self.api_key)
    }
}

/// In megabytes, with one decimal place.
fn megabytes(bytes: usize) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn the_ratio_of_logs_is_told() {
        let made = Summary { log_bytes: 12_340_000, stored_log_bytes: 2_000_001, ..Summary::default() };
        assert!(made.to_string().contains("logs: 12.4 MB, stored in 2.1 MB (6.1 : 1)"), "{made}");
        assert!(Summary::default().to_string().contains("logs: 0.0 MB, stored in 0.0 MB (0.0 : 1)"));
    }
}
