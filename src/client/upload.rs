//! A run on its way to a server: the requests it consists of, byte for byte, and how many of them have been answered.
//!
//! Every request has an idempotency key that was made with the run. However often the run is sent, by whichever process, and
//! wherever the one before was killed, the server does each of them once.

use app::api::{TestExecutionStatus, TestResultStatus};
use rand::Rng;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::server::{Call, CallError, Server, read_json};
use crate::domain::submission::ReportedResult;

/// What is written down today. Others are not understood.
const VERSION: u32 = 1;
/// A batch has at most so many results…
const MOST_RESULTS: usize = 500;
/// … and at most so many bytes, unless a single result has more: proxies are often set to refuse bodies of a megabyte.
const LARGEST_BATCH: usize = 512 * 1024;

/// A run that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    version: u32,
    /// The server it is for.
    pub server: String,
    /// What it is, for people.
    pub summary: String,
    /// How many results have which status.
    pub counts: Counts,
    key: String,
    start: String,
    batches: Vec<String>,
    end: String,
}

/// How many results have which status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field names what it counts")]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// What has been answered of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The execution, once it is started.
    pub execution: Option<i64>,
    /// How many batches have been taken.
    pub batches: usize,
}

/// A run that the server has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The execution.
    pub id: i64,
    /// How it ended, as the server says.
    pub status: TestExecutionStatus,
}

impl Upload {
    /// A run to send: how it starts, what it found, how it ends.
    pub fn new(server: &str, summary: String, start: &Value, results: &[ReportedResult], end: &Value) -> Self {
        let mut random = [0_u8; 16];
        rand::rng().fill_bytes(&mut random);
        let count = |status| results.iter().filter(|result| result.status == status).count();
        Self {
            version: VERSION,
            server: server.to_owned(),
            summary,
            counts: Counts {
                passed: count(TestResultStatus::Passed),
                failed: count(TestResultStatus::Failed),
                skipped: count(TestResultStatus::Skipped),
            },
            key: format!("{:032x}", u128::from_be_bytes(random)),
            start: start.to_string(),
            batches: into_batches(results, LARGEST_BATCH),
            end: end.to_string(),
        }
    }

    /// Reads what was written down, if this program understands it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let upload: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if upload.version == VERSION { Ok(upload) } else { Err(format!("it has the version {}", upload.version)) }
    }

    /// Random, and its own.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How many requests it consists of.
    pub fn steps(&self) -> usize {
        self.batches.len() + 2
    }

    /// Sends what has not been answered yet. `note` is told after each answer, before the next request.
    pub async fn send(
        &self,
        server: &Server,
        progress: &mut Progress,
        mut note: impl FnMut(&Progress),
    ) -> Result<Sent, CallError> {
        let id = match progress.execution {
            Some(id) => id,
            None => self.start(server).await?,
        };
        progress.execution = Some(id);
        note(progress);
        let path = format!("/v1/test-executions/{id}");
        for (number, batch) in self.batches.iter().enumerate().skip(progress.batches) {
            let results = format!("{path}/test-results");
            self.write(server, &Method::POST, &results, batch, &format!("results-{number}")).await?;
            progress.batches = number + 1;
            note(progress);
        }
        let answer = self.write(server, &Method::PATCH, &path, &self.end, "end").await?;
        read_json(&answer)
    }

    async fn start(&self, server: &Server) -> Result<i64, CallError> {
        #[derive(Deserialize)]
        struct Started {
            id: i64,
        }

        let path = "/v1/test-executions/start-test";
        let answer = self.write(server, &Method::PUT, path, &self.start, "start").await?;
        Ok(read_json::<Started>(&answer)?.id)
    }

    async fn write(
        &self,
        server: &Server,
        method: &Method,
        path: &str,
        body: &str,
        step: &str,
    ) -> Result<Vec<u8>, CallError> {
        let key = format!("submit-{}-{step}", self.key);
        server.call(Call { method, path, body: Some(body), idempotency_key: Some(&key) }).await
    }
}

/// The bodies that carry the results, in their order.
fn into_batches(results: &[ReportedResult], largest: usize) -> Vec<String> {
    let mut batches = Vec::new();
    let mut batch = String::new();
    let mut count = 0;
    for result in results {
        let result = json!(result).to_string();
        if count == MOST_RESULTS || (count > 0 && batch.len() + result.len() + 2 > largest) {
            batches.push(format!("[{batch}]"));
            batch.clear();
            count = 0;
        }
        if count > 0 {
            batch.push(',');
        }
        batch.push_str(&result);
        count += 1;
    }
    if count > 0 {
        batches.push(format!("[{batch}]"));
    }
    batches
}

#[cfg(test)]
mod tests {
    use app::api::TestResultRequest;
    use serde_json::{Value, json};

    use super::{Counts, Upload, into_batches};
    use crate::domain::submission::{ReportedResult, read_report};

    fn results(count: usize) -> Vec<ReportedResult> {
        let lines: Vec<String> = (0..count).map(|n| format!("ok - case {n}\n# {}\n", "x".repeat(100))).collect();
        read_report(format!("TAP version 14\n1..{count}\n{}", lines.concat()).as_bytes(), None).unwrap().results
    }

    #[test]
    fn batches_are_small_and_lose_nothing() {
        for (count, largest, expected) in
            [(0, 1_000, 0), (1, 10, 1), (3, 10, 3), (500, usize::MAX, 1), (1_001, usize::MAX, 3)]
        {
            let batches = into_batches(&results(count), largest);
            assert_eq!(batches.len(), expected, "{count}");
            let read = batches.iter().flat_map(|batch| serde_json::from_str::<Vec<Value>>(batch).unwrap());
            let names: Vec<String> = read.map(|result| result["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(names, (0..count).map(|n| format!("case {n}")).collect::<Vec<_>>());
        }
        assert!(into_batches(&results(50), 1_000).iter().all(|batch| batch.len() <= 1_000));
    }

    #[test]
    fn a_batch_is_what_the_api_takes() {
        for batch in into_batches(&results(20), 1_000) {
            let batch: Value = serde_json::from_str(&batch).unwrap();
            deserr::deserialize::<Vec<TestResultRequest>, _, app::api::Problems>(batch).unwrap();
        }
    }

    #[test]
    fn what_is_written_down_can_be_read_again() {
        let upload = Upload::new("http://x", "y".to_owned(), &json!({"a": 1}), &results(3), &json!({}));
        let written = serde_json::to_vec(&upload).unwrap();
        assert_eq!(Upload::read(&written).unwrap(), upload);
        assert_eq!(upload.counts, Counts { passed: 3, failed: 0, skipped: 0 });
        let newer = String::from_utf8(written).unwrap().replace("\"version\":1", "\"version\":2");
        assert_eq!(Upload::read(newer.as_bytes()).unwrap_err(), "it has the version 2");
        assert_ne!(Upload::new("", String::new(), &json!(1), &[], &json!(1)).key(), upload.key());
    }
}
