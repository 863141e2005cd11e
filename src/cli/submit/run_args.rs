//! Options that say what was tested, where, and by what.

use app::api::{FamilyName, TestExecutionStatusPatch};
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value, json};

use super::super::failure::{Failure, USAGE};
use crate::client::ci::{job_link, run_link};
use crate::client::run::find_mistakes;

/// The longest link to a job that is kept, in characters.
const LONGEST_LINK: usize = 200;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What was tested")]
pub(super) struct RunArgs {
    /// The artefact's family
    #[arg(long, env = "TEST_OBSERVER_FAMILY", value_parser = families())]
    family: Option<String>,
    /// The artefact's name
    #[arg(long, env = "TEST_OBSERVER_NAME")]
    name: Option<String>,
    /// The artefact's version
    #[arg(long, env = "TEST_OBSERVER_VERSION")]
    version: Option<String>,
    /// The architecture of the build and of the environment
    #[arg(long, env = "TEST_OBSERVER_ARCH")]
    arch: Option<String>,
    /// Where the tests ran
    #[arg(long, env = "TEST_OBSERVER_ENVIRONMENT")]
    environment: Option<String>,
    /// What was run
    #[arg(long, env = "TEST_OBSERVER_TEST_PLAN")]
    test_plan: Option<String>,
    /// How far the artefact has come: its risk, pocket, or `pending` and `current`
    #[arg(long, env = "TEST_OBSERVER_STAGE")]
    stage: Option<String>,
    /// The store's number of the build: snaps and charms
    #[arg(long, env = "TEST_OBSERVER_REVISION")]
    revision: Option<String>,
    /// The track: snaps, charms and solutions
    #[arg(long, env = "TEST_OBSERVER_TRACK")]
    track: Option<String>,
    /// The store: snaps
    #[arg(long, env = "TEST_OBSERVER_STORE")]
    store: Option<String>,
    /// The branch: snaps and charms
    #[arg(long, env = "TEST_OBSERVER_BRANCH")]
    branch: Option<String>,
    /// The series: debs
    #[arg(long, env = "TEST_OBSERVER_SERIES")]
    series: Option<String>,
    /// The component of the archive: debs
    #[arg(long, env = "TEST_OBSERVER_REPO")]
    repo: Option<String>,
    /// Where it comes from: solutions, and debs that are from no pocket
    #[arg(long, env = "TEST_OBSERVER_SOURCE")]
    source: Option<String>,
    /// The operating system: images
    #[arg(long, env = "TEST_OBSERVER_OS")]
    os: Option<String>,
    /// Its release: images
    #[arg(long, env = "TEST_OBSERVER_RELEASE")]
    release: Option<String>,
    /// The checksum: images
    #[arg(long, env = "TEST_OBSERVER_SHA256")]
    sha256: Option<String>,
    /// Who is responsible: images
    #[arg(long, env = "TEST_OBSERVER_OWNER")]
    owner: Option<String>,
    /// Where it is downloaded: images
    #[arg(long, value_name = "URL", env = "TEST_OBSERVER_IMAGE_URL")]
    image_url: Option<String>,
    #[command(flatten)]
    execution: ExecutionArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "About the run")]
struct ExecutionArgs {
    /// The CI job; the same link again means the same execution. Found out in GitHub Actions, GitLab CI and Jenkins, with a mark
    /// behind it that keeps the runs of a job apart
    #[arg(long, value_name = "URL", env = "TEST_OBSERVER_CI_LINK")]
    ci_link: Option<String>,
    /// Every report is an execution of its own, whatever the CI system says
    #[arg(long)]
    no_ci_link: bool,
    /// How the run ended; worked out from the report and its results when not said
    #[arg(long, value_parser = statuses())]
    status: Option<String>,
    /// A fact about the run; may be repeated, also for one category
    #[arg(long, value_name = "CATEGORY=VALUE", value_parser = parse_pair)]
    metadata: Vec<(String, String)>,
    /// An address to keep with the run; may be repeated
    #[arg(long = "link", value_name = "LABEL=URL", value_parser = parse_pair)]
    links: Vec<(String, String)>,
    /// Ask for reviewers of the artefact
    #[arg(long)]
    needs_assignment: bool,
}

fn families() -> PossibleValuesParser {
    // An empty variable is as good as none.
    let empty = clap::builder::PossibleValue::new("").hide(true);
    let families = FamilyName::ALL.iter().map(|family| clap::builder::PossibleValue::new(family.as_str()));
    PossibleValuesParser::new(families.chain([empty]))
}

fn statuses() -> PossibleValuesParser {
    PossibleValuesParser::new(TestExecutionStatusPatch::ALL.iter().map(|status| status.as_str()))
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "it has no = with text on both sides".into())
}

/// How a run starts and ends, as the API wants to hear it.
#[derive(Debug)]
pub(super) struct RunDescription {
    /// What it is, for people.
    pub(super) summary: String,
    /// The body of its start.
    pub(super) start: Value,
    /// The body of its end.
    pub(super) end: Value,
}

impl RunArgs {
    /// The run that is described; `status` is what its report says about its end.
    pub(super) fn describe(
        &self,
        status: &str,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<RunDescription, Failure> {
        let mut start = self.coordinates();
        let text = |name: &str| start.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
        let summary = format!(
            "{} {} {}, {} on {}",
            text("family"),
            text(if start.contains_key("name") { "name" } else { "sha256" }),
            text("version"),
            text("test_plan"),
            text("environment")
        );
        if let Some(link) = self.execution.find_link(&start, variable) {
            start.insert("ci_link".to_owned(), json!(link));
        }
        let links = self.execution.links.iter().map(|(label, url)| json!({"label": label, "url": url}));
        start.insert("relevant_links".to_owned(), links.collect());
        start.insert("needs_assignment".to_owned(), json!(self.execution.needs_assignment));
        let (start, end) = (Value::Object(start), self.execution.end(status));
        let mistakes = find_mistakes(&start, &end);
        if mistakes.is_empty() {
            Ok(RunDescription { summary, start, end })
        } else {
            Err(Failure::new(USAGE, mistakes.join("; ")))
        }
    }

    /// What was tested where, as far as it is said.
    fn coordinates(&self) -> Map<String, Value> {
        let fields = [
            ("family", &self.family),
            ("name", &self.name),
            ("version", &self.version),
            ("arch", &self.arch),
            ("environment", &self.environment),
            ("test_plan", &self.test_plan),
            ("execution_stage", &self.stage),
            ("revision", &self.revision),
            ("track", &self.track),
            ("store", &self.store),
            ("branch", &self.branch),
            ("series", &self.series),
            ("repo", &self.repo),
            ("source", &self.source),
            ("os", &self.os),
            ("release", &self.release),
            ("sha256", &self.sha256),
            ("owner", &self.owner),
            ("image_url", &self.image_url),
        ];
        let said = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        said.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }
}

impl ExecutionArgs {
    fn find_link(
        &self,
        start: &Map<String, Value>,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Option<String> {
        if self.no_ci_link {
            return None;
        }
        if let Some(link) = self.ci_link.clone().filter(|link| !link.is_empty()) {
            return Some(link);
        }
        let coordinates: Vec<String> = start.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let coordinates: Vec<&str> = coordinates.iter().map(String::as_str).collect();
        let link = run_link(&job_link(variable)?, &coordinates);
        if link.chars().count() > LONGEST_LINK {
            tracing::warn!("the CI job's address is too long to be kept");
            return None;
        }
        Some(link)
    }

    fn end(&self, status: &str) -> Value {
        let mut end = json!({"status": self.status.as_deref().unwrap_or(status)});
        for (category, value) in &self.metadata {
            let values = &mut end["execution_metadata"][category];
            match values.as_array_mut() {
                Some(values) => values.push(json!(value)),
                None => *values = json!([value]),
            }
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::RunArgs;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        run: RunArgs,
    }

    const SNAP: &[&str] = &[
        "test",
        "--family=snap",
        "--name=hello",
        "--version=1.2",
        "--arch=amd64",
        "--environment=lab",
        "--test-plan=smoke",
        "--stage=beta",
        "--revision=7",
        "--track=latest",
        "--store=ubuntu",
    ];

    fn describe(more: &[&str], variables: &[(&'static str, &str)]) -> Result<super::RunDescription, String> {
        let cli = TestCli::try_parse_from(SNAP.iter().chain(more)).map_err(|error| error.to_string())?;
        let variables: std::collections::HashMap<_, _> = variables.iter().copied().collect();
        let variable = |name| variables.get(name).map(|value| (*value).to_owned());
        cli.run.describe("COMPLETED", variable).map_err(|failure| failure.to_string())
    }

    #[test]
    fn options_become_what_the_api_wants() {
        let more = [
            "--metadata=kernel=6.8",
            "--metadata=kernel=a=b",
            "--metadata=x:y=1",
            "--link=Logs=https://l.example/?a=b",
        ];
        let run = describe(&more, &[]).unwrap();
        assert_eq!(run.summary, "snap hello 1.2, smoke on lab");
        assert_eq!(run.start["execution_stage"], "beta");
        assert_eq!(run.start["relevant_links"], json!([{"label": "Logs", "url": "https://l.example/?a=b"}]));
        assert!(run.start.get("ci_link").is_none() && run.start.get("series").is_none(), "{}", run.start);
        let metadata = json!({"kernel": ["6.8", "a=b"], "x:y": ["1"]});
        assert_eq!(run.end, json!({"status": "COMPLETED", "execution_metadata": metadata}));
        assert_eq!(describe(&["--status=NOT_TESTED"], &[]).unwrap().end, json!({"status": "NOT_TESTED"}));
    }

    #[test]
    fn the_ci_system_s_link_is_used_unless_somebody_decided() {
        let gitlab = [("CI_JOB_URL", "https://git.example/-/jobs/7")];
        let link = |more: &[&str], variables: &[(&'static str, &str)]| {
            let start = describe(more, variables).unwrap().start;
            start.get("ci_link").map(|link| link.as_str().unwrap().to_owned())
        };
        let found = link(&[], &gitlab).unwrap();
        assert!(found.starts_with("https://git.example/-/jobs/7#"), "{found}");
        assert_eq!(
            link(&["--link=a=https://x"], &gitlab),
            Some(found.clone()),
            "what is only kept with it is not part of it"
        );
        assert_ne!(link(&["--branch=b"], &gitlab), Some(found));
        assert_eq!(link(&["--ci-link=anything"], &gitlab).as_deref(), Some("anything"));
        assert_eq!(link(&["--no-ci-link"], &gitlab), None);
        let long = format!("https://x/{}", "y".repeat(200));
        assert_eq!(link(&[], &[("CI_JOB_URL", &long)]), None);
    }

    #[test]
    fn mistakes_are_told_all_at_once() {
        let error = describe(&["--link=x=nowhere", "--metadata", "a="], &[]).unwrap_err();
        assert!(error.contains("no = with text on both sides"), "{error}");
        let mistakes = TestCli::try_parse_from(["test", "--family=charm", "--name=x", "--version="]).unwrap();
        let error = mistakes.run.describe("COMPLETED", |_| None).unwrap_err().to_string();
        for option in ["--version", "--arch", "--environment", "--test-plan", "--revision", "--track", "--stage"] {
            assert!(error.contains(&format!("{option}: it has to be said")), "{option}: {error}");
        }
        assert!(!error.contains("--name"), "{error}");
    }
}
