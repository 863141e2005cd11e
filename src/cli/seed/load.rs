//! Artefacts that only fill a database, as many as a load test needs.

use app::api::{
    Limited, StartTestExecutionRequest, TestExecutionStatusPatch, TestExecutionsPatchRequest, TestResultRequest,
    TestResultStatus,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::chance::Chance;
use super::logs::{SHORT_JOURNAL, Subject, write_log};
use super::seeder::{Seeder, read};
use super::test_cases::{Case, Group, LogStyle};
use crate::store::Moment;

/// Artefacts of one portion, machines that each is tested on, and results of each run: 10,000 results.
const ARTEFACTS: u32 = 4;
const MACHINES: u32 = 25;
const RESULTS: u32 = 100;
/// As many versions of a name follow each other.
const VERSIONS: u32 = 5;

const NAMES: [[&str; 12]; 2] = [
    ["amber", "brisk", "calm", "dusty", "early", "faint", "green", "hollow", "idle", "jolly", "keen", "level"],
    ["anchor", "basin", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "kiln", "ledge", "marsh"],
];
const AREAS: &[&str] = &["storage", "network", "memory", "display", "sound", "power", "input", "sensors"];
static GROUP: Group = Group { category: "volume", template: "", cases: &[], style: LogStyle::Command };

/// One of the artefacts.
struct Filling {
    body: Value,
    words: String,
    begin: Moment,
}

impl Seeder {
    /// Makes a portion of 10,000 results; portions are spread over a year, the first is the oldest.
    pub(super) async fn fill(&mut self, portion: u32, portions: u32) -> anyhow::Result<()> {
        let age = 330 - i64::from(portion) * 300 / i64::from(portions);
        for place in 0..ARTEFACTS {
            let filling = describe(portion * ARTEFACTS + place, self.day(age, 60 + 300 * i64::from(place)));
            for machine in 0..MACHINES {
                self.fill_execution(&filling, machine).await?;
            }
            self.made.artefacts += 1;
        }
        Ok(())
    }

    async fn fill_execution(&mut self, filling: &Filling, machine: u32) -> anyhow::Result<()> {
        let mut body = filling.body.clone();
        let begin = filling.begin + TimeDelta::minutes(i64::from(machine));
        let name = format!("rack-{:02}-node-{:02}", machine / 8, machine % 8);
        body["environment"] = json!(name);
        body["ci_link"] = json!(format!("https://ci.example.com/volume/{}/{machine}", filling.words));
        let request: StartTestExecutionRequest = read(body)?;
        let execution_id = self.at(begin).start_test(request).await?;
        let mut chance = self.chance(&["volume", &filling.words, &name]);
        let results: Vec<_> = (0..RESULTS).map(|number| result(number, &name, begin, &mut chance)).collect();
        self.made.executions += 1;
        self.made.results += results.len();
        self.made.log_bytes += results.iter().map(|result| result.io_log.len()).sum::<usize>();
        let end = self.at(begin + TimeDelta::minutes(30));
        end.add_results(execution_id, &results).await?;
        let status = Some(TestExecutionStatusPatch::Completed);
        end.update_execution(execution_id, TestExecutionsPatchRequest { status, ..Default::default() }).await?;
        Ok(())
    }
}

/// An artefact by its number: a version of a name, of the families in turn.
fn describe(number: u32, begin: Moment) -> Filling {
    let line = number / VERSIONS;
    let place = usize::try_from(line).unwrap_or_default();
    let name = format!("{}-{}-{line}", NAMES[0][place % 12], NAMES[1][(place / 12 + place) % 12]);
    let version = format!("{}.{}", line % 7 + 1, number % VERSIONS);
    let own = match line % 4 {
        0 => {
            json!({"family": "snap", "track": "latest", "store": "meadow-store", "revision": number + 1, "execution_stage": "beta"})
        }
        1 => json!({"family": "deb", "series": "clover", "repo": "universe", "execution_stage": "proposed"}),
        2 => json!({"family": "charm", "track": "latest", "revision": number + 1, "execution_stage": "edge"}),
        _ => json!({"family": "solution", "track": "latest", "source": "volume", "execution_stage": "beta"}),
    };
    let words = format!("{name}/{version}");
    let mut body = json!({"name": name, "version": version, "arch": "amd64", "test_plan": "volume"});
    if let (Value::Object(body), Value::Object(own)) = (&mut body, own) {
        body.extend(own);
    }
    Filling { body, words, begin }
}

fn result(number: u32, machine: &str, begin: Moment, chance: &mut Chance) -> TestResultRequest {
    let area = AREAS[usize::try_from(number).unwrap_or_default() % AREAS.len()];
    let name = format!("volume/{area}-{number:03}");
    let status = match chance.below(50) {
        0 | 1 => TestResultStatus::Failed,
        2 => TestResultStatus::Skipped,
        _ => TestResultStatus::Passed,
    };
    let moment = begin + TimeDelta::seconds(15 * i64::from(number));
    let subject = Subject { case: &name, machine, moment, status, symptom: &[], lines: SHORT_JOURNAL };
    let io_log = write_log(Case { name: "", group: &GROUP }, &subject, chance);
    TestResultRequest {
        name: Limited(name.clone()),
        status,
        template_id: Limited(format!("volume/{area}")),
        category: Limited(area.to_owned()),
        comment: String::new(),
        io_log,
    }
}
