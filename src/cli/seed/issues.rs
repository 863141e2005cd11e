//! Issues of three trackers, and the rules that attach them.

use app::api::{IssuePutRequest, IssueTestResultAttachmentRulePatchRequest, IssueTestResultAttachmentRulePostRequest};
use serde_json::{Value, json};

use super::seeder::{Seeder, as_caller, read};

/// An issue: where, what it says, and what of it is known.
struct Issue {
    url: &'static str,
    title: &'static str,
    status: &'static str,
    reruns: bool,
    /// The rules that attach it from the beginning.
    rules: fn() -> Value,
}

const fn issue(url: &'static str, title: &'static str, status: &'static str, rules: fn() -> Value) -> Issue {
    Issue { url, title, status, reruns: false, rules }
}

fn none() -> Value {
    json!([])
}

const ISSUES: &[Issue] = &[
    issue(
        "https://bugs.launchpad.net/meadow-kernel/+bug/2100417",
        "Wireless network does not return after suspend",
        "open",
        none,
    ),
    issue(
        "https://bugs.launchpad.net/meadow-kernel/+bug/2093881",
        "Processor stays at full speed when idle",
        "closed",
        || {
            json!([{"families": ["deb"], "artefacts": ["linux-meadow"], "test_case_names": ["cpu/scaling-schedutil"],
                "test_result_statuses": ["FAILED"], "enabled": false}])
        },
    ),
    // Nobody has ever asked the tracker about it.
    issue("https://bugs.launchpad.net/meadow/+bug/2071145", "", "unknown", none),
    issue(
        "https://github.com/example-meadow/installer/issues/318",
        "Mirrored disks are reported as busy",
        "open",
        none,
    ),
    issue("https://github.com/example-meadow/lantern/issues/77", "Labels overlap with large text", "open", none),
    issue("https://github.com/example-meadow/beacon/issues/9", "Certificates are renewed too late", "open", || {
        json!([{"families": ["charm"], "artefact_tracks": ["latest"], "template_ids": ["relation/ingress"],
                "io_log_pattern": "certificate has expired"}])
    }),
    issue(
        "https://github.com/example-meadow/core/issues/1204",
        "tide-sync fails at the first start on boards",
        "open",
        || {
            json!([{"families": ["snap"], "artefacts": ["meadow-core"], "artefact_versions": ["24.1.9"],
                "test_case_names": ["boot/no-failed-units"]}])
        },
    ),
    issue("https://github.com/example-meadow/core/issues/1101", "Slow port of board-finch-2b", "closed", || {
        json!([{"environment_names": ["board-finch-2b"], "test_case_names": ["disk/throughput-usb"],
                "test_result_statuses": ["FAILED"]}])
    }),
    issue(
        "https://warthogs.atlassian.net/browse/LAB-512",
        "Monitor switch in the north laboratory loses events",
        "open",
        || {
            json!([{"test_case_names": ["graphics/hotplug-monitor"], "execution_metadata": {"lab": ["north"]},
                "artefact_stages": ["proposed", "updates"]}])
        },
    ),
    Issue {
        url: "https://warthogs.atlassian.net/browse/LAB-540",
        title: "Name server of the board room is overloaded",
        status: "open",
        reruns: true,
        rules: || {
            json!([{"template_ids": ["network/ping"], "test_result_statuses": ["FAILED"],
                          "io_log_pattern": "Temporary failure in name resolution$"}])
        },
    },
    issue("https://warthogs.atlassian.net/browse/LAB-498", "Vendor keys for laptop-kestrel-x1e", "open", || {
        json!([{"environment_names": ["laptop-kestrel-x1e"], "test_result_statuses": ["SKIPPED"],
                "comment_pattern": "[Vv]endor"}])
    }),
    issue("https://warthogs.atlassian.net/browse/GRAN-33", "", "closed", none),
];

impl Seeder {
    /// Makes the issues known, with their rules.
    pub(super) async fn add_issues(&mut self) -> anyhow::Result<()> {
        let caller = self.application();
        for (place, issue) in (0_i64..).zip(ISSUES) {
            let service = self.at(self.day(300 - place, 600));
            let title = Some(issue.title).filter(|title| !title.is_empty());
            let body = json!({
                "url": issue.url, "title": title, "status": issue.status, "auto_rerun_enabled": issue.reruns,
            });
            let known = service.put_issue(read::<IssuePutRequest>(body)?).await?;
            self.made.issues += 1;
            if !known.attachment_rules.is_empty() {
                continue;
            }
            for rule in (issue.rules)().as_array().into_iter().flatten() {
                let request = read::<IssueTestResultAttachmentRulePostRequest>(rule.clone())?;
                as_caller(&caller, service.create_attachment_rule(&caller, known.id, request)).await?;
                self.made.attachment_rules += 1;
            }
        }
        Ok(())
    }

    /// What people do about issues in the end: a rule for what is there already, and one that is switched off.
    pub(super) async fn tidy_issues(&mut self) -> anyhow::Result<()> {
        let caller = self.application();
        let service = self.at(self.day(0, 420));
        let fingerprint = json!({
            "url": "https://github.com/example-meadow/lantern/issues/81", "title": "Simulated fingers are lifted too early",
            "status": "open",
        });
        let issue = service.put_issue(read::<IssuePutRequest>(fingerprint)?).await?;
        let rule = json!({
            "test_case_names": ["session/login-fingerprint"], "test_result_statuses": ["FAILED"], "apply_to_existing": true,
        });
        let request = read::<IssueTestResultAttachmentRulePostRequest>(rule)?;
        as_caller(&caller, service.create_attachment_rule(&caller, issue.id, request)).await?;
        let off = json!({"families": ["image"], "test_case_names": ["install/raid-1"]});
        let request = read::<IssueTestResultAttachmentRulePostRequest>(off)?;
        let rule = as_caller(&caller, service.create_attachment_rule(&caller, issue.id, request)).await?;
        let patch = read::<IssueTestResultAttachmentRulePatchRequest>(json!({"enabled": false}))?;
        as_caller(&caller, service.update_attachment_rule(issue.id, rule.id, &patch)).await?;
        self.made.issues += 1;
        self.made.attachment_rules += 2;
        Ok(())
    }
}
