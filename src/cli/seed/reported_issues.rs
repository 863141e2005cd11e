//! What people know about test cases and environments that misbehave.

use app::api::{EnvironmentReportedIssueRequest, TestReportedIssueRequest};
use serde_json::{Value, json};

use super::seeder::{Seeder, as_caller, read};

fn of_test_cases() -> [Value; 4] {
    [
        json!({"template_id": "network/ping", "url": "https://warthogs.atlassian.net/browse/LAB-540",
               "description": "Fails on boards when the name server is busy. Run it again."}),
        json!({"case_name": "graphics/hotplug-monitor", "url": "https://warthogs.atlassian.net/browse/LAB-512",
               "description": "The monitor switch loses events about once in three runs."}),
        json!({"case_name": "disk/throughput-usb", "url": "https://github.com/example-meadow/core/issues/1101",
               "description": "board-finch-2b has one slow port; the limit is too high for it."}),
        json!({"template_id": "session/login", "url": "https://github.com/example-meadow/lantern/issues/81",
               "description": "Simulated fingers are lifted too early."}),
    ]
}

fn of_environments() -> [Value; 4] {
    [
        json!({"environment_name": "board-finch-2b", "is_confirmed": true,
               "url": "https://github.com/example-meadow/core/issues/1101", "description": "One of its ports is slow."}),
        json!({"environment_name": "laptop-kestrel-x1e", "is_confirmed": true,
               "url": "https://warthogs.atlassian.net/browse/LAB-498", "description": "The vendor's keys are not enrolled."}),
        json!({"environment_name": "server-ibex-altra", "is_confirmed": false,
               "description": "Takes 20 minutes to boot after a power cut?"}),
        json!({"environment_name": "board-newt-v2", "is_confirmed": false,
               "url": "https://bugs.launchpad.net/meadow/+bug/2071145", "description": "Clock jumps while it boots."}),
    ]
}

impl Seeder {
    /// Makes both registries.
    pub(super) async fn report_issues(&mut self) -> anyhow::Result<()> {
        let caller = self.application();
        for (place, body) in (0_i64..).zip(of_test_cases()) {
            let service = self.at(self.day(40 - 9 * place, 560));
            let request: TestReportedIssueRequest = read(body)?;
            as_caller(&caller, service.add_test_case_issue(&request)).await?;
            self.made.reported_issues += 1;
        }
        for (place, body) in (0_i64..).zip(of_environments()) {
            let service = self.at(self.day(60 - 17 * place, 820));
            let request: EnvironmentReportedIssueRequest = read(body)?;
            as_caller(&caller, service.add_environment_issue(&request)).await?;
            self.made.reported_issues += 1;
        }
        Ok(())
    }
}
