//! What all trackers of issues have in common: they are asked politely. An answer that has not changed is not sent again, who
//! asks for a pause gets it, and few requests are under way at a time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::Url;

use super::http_client::{HttpClient, HttpRequest, HttpResponse, explain};
use crate::clock::Clock;

/// As many requests are under way at a time, to all trackers.
const AT_A_TIME: usize = 4;
/// As often a request is sent before it is given up.
const ATTEMPTS: u32 = 3;
/// A pause that is longer is not waited for: what is left is for another run.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Nobody is left alone for longer than that.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Of who asks for a pause without saying how long.
const UNNAMED_PAUSE: Duration = Duration::from_mins(1);
/// As many redirects are followed, and those inside the tracker alone.
const MOST_REDIRECTS: usize = 3;
/// As many answers are remembered. When there are more, all are forgotten.
const REMEMBERED: usize = 20_000;

/// What this process remembers of trackers.
#[derive(Debug)]
pub struct TrackerMemory {
    answers: Mutex<HashMap<String, Remembered>>,
    /// Until when each tracker wants to be left alone.
    pauses: Mutex<HashMap<&'static str, DateTime<Utc>>>,
    slots: Semaphore,
}

#[derive(Clone, Debug)]
struct Remembered {
    tag: HeaderValue,
    /// What was understood of the answer, as JSON.
    content: String,
}

impl Default for TrackerMemory {
    fn default() -> Self {
        Self { answers: Mutex::default(), pauses: Mutex::default(), slots: Semaphore::new(AT_A_TIME) }
    }
}

/// Why a tracker says nothing of an issue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackerError {
    /// It does not know the issue, or does not show it to us.
    #[error("{0}")]
    Refused(String),
    /// It could not be reached, or failed, again and again.
    #[error("{0}")]
    Unavailable(String),
    /// It wants to be left alone for so long.
    #[error("it asks for a pause of {} s", .0.as_secs())]
    Busy(Duration),
    /// It lets us in not at all.
    #[error("{0}")]
    Closed(String),
}

/// One tracker, as it is asked during one run.
#[derive(Clone)]
pub struct Tracker<'a> {
    /// Its name.
    pub name: &'static str,
    /// Its web service.
    pub base: Url,
    /// What calls it.
    pub http: &'a HttpClient,
    /// What is remembered of it.
    pub memory: &'a TrackerMemory,
    /// The clock.
    pub clock: &'a Clock,
    /// How long to wait before a request that failed is sent again; the next time twice as long.
    pub retry_pause: Duration,
}

enum Attempt {
    Answered(HttpResponse),
    Failed(String),
    Pause(Duration),
}

impl Tracker<'_> {
    /// An address below the base.
    pub fn url<'s>(&self, segments: impl IntoIterator<Item = &'s str>) -> Result<Url, TrackerError> {
        let mut url = self.base.clone();
        let no_base = |()| TrackerError::Closed(format!("'{}' is no address of a web service", self.base));
        url.path_segments_mut().map_err(no_base)?.pop_if_empty().extend(segments);
        Ok(url)
    }

    /// What is at an address. It is not sent again when it has not changed since it was asked for.
    pub async fn get<T: Serialize + DeserializeOwned>(
        &self,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<T, TrackerError> {
        let known = self.recall(url.as_str());
        let mut headers = headers.clone();
        if let Some(known) = &known {
            headers.insert(header::IF_NONE_MATCH, known.tag.clone());
        }
        let answer = self.follow(url, &headers).await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            let content = known.map(|known| known.content).unwrap_or_default();
            return serde_json::from_str(&content).map_err(|error| not_understood(&error));
        }
        let content = self.read(&answer, &headers)?;
        if let Some(tag) = answer.headers().get(header::ETAG) {
            self.remember(url.as_str(), tag, &content);
        }
        Ok(content)
    }

    /// What it answers to a request.
    pub async fn call<T: DeserializeOwned>(&self, request: &HttpRequest) -> Result<T, TrackerError> {
        self.read(&self.send(request).await?, request.headers())
    }

    /// What an answer to a request with these headers says; of what is no success, why.
    fn read<T: DeserializeOwned>(&self, answer: &HttpResponse, asked: &HeaderMap) -> Result<T, TrackerError> {
        let status = answer.status();
        if status.is_success() {
            return serde_json::from_slice(answer.body()).map_err(|error| not_understood(&error));
        }
        let reason = format!("{} answers with the status {}", self.name, status.as_u16());
        // To who shows no key it is about the issue alone: not everybody may see it.
        let is_shut_out = status == StatusCode::UNAUTHORIZED && asked.contains_key(header::AUTHORIZATION);
        Err(if is_shut_out { TrackerError::Closed(reason) } else { TrackerError::Refused(reason) })
    }

    /// Goes where redirects lead: an issue may have moved. Not to other servers, which would be shown our key.
    async fn follow(&self, url: &Url, headers: &HeaderMap) -> Result<HttpResponse, TrackerError> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let mut request = HttpRequest::new(Vec::new());
            *request.uri_mut() =
                url.as_str().parse().map_err(|_| TrackerError::Refused(format!("'{url}' is no address")))?;
            request.headers_mut().clone_from(headers);
            let answer = self.send(&request).await?;
            if !answer.status().is_redirection() || answer.status() == StatusCode::NOT_MODIFIED {
                return Ok(answer);
            }
            let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
            let next = place.and_then(|place| url.join(place).ok()).filter(|next| next.origin() == self.base.origin());
            url = next.ok_or_else(|| TrackerError::Refused(format!("{} says it is elsewhere", self.name)))?;
        }
        Err(TrackerError::Refused(format!("{} leads in a circle", self.name)))
    }

    /// Sends a request, several times if need be. Answers that say no are answers.
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TrackerError> {
        let mut last = TrackerError::Unavailable(String::new());
        for attempt in 0..ATTEMPTS {
            let pause = self.pause_left();
            if pause > LONGEST_WAIT {
                return Err(TrackerError::Busy(pause));
            }
            tokio::time::sleep(pause).await;
            match self.attempt(request).await {
                Attempt::Answered(answer) => return Ok(answer),
                Attempt::Pause(pause) => {
                    self.pause(pause);
                    last = TrackerError::Busy(pause);
                }
                Attempt::Failed(reason) => {
                    last = TrackerError::Unavailable(format!("{}: {reason}", self.name));
                    if attempt + 1 < ATTEMPTS {
                        tokio::time::sleep(self.retry_pause * 2_u32.pow(attempt)).await;
                    }
                }
            }
        }
        Err(last)
    }

    async fn attempt(&self, request: &HttpRequest) -> Attempt {
        let _slot = self.memory.slots.acquire().await;
        let answer = match self.http.exchange(request.clone()).await {
            Ok(answer) => answer,
            Err(error) => return Attempt::Failed(explain(&error)),
        };
        if let Some(pause) = wanted_pause(&answer, self.clock.now()) {
            return Attempt::Pause(pause.min(LONGEST_PAUSE));
        }
        if answer.status().is_server_error() {
            return Attempt::Failed(format!("the answer has the status {}", answer.status().as_u16()));
        }
        Attempt::Answered(answer)
    }

    fn pause_left(&self) -> Duration {
        let pauses = self.memory.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let left = pauses.get(self.name).map(|until| *until - self.clock.now());
        left.and_then(|left| left.to_std().ok()).unwrap_or_default()
    }

    fn pause(&self, pause: Duration) {
        let until = self.clock.now() + TimeDelta::from_std(pause).unwrap_or_default();
        let mut pauses = self.memory.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = pauses.get(self.name).map_or(until, |known| until.max(*known));
        pauses.insert(self.name, latest);
    }

    fn recall(&self, url: &str) -> Option<Remembered> {
        self.memory.answers.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    fn remember<T: Serialize>(&self, url: &str, tag: &HeaderValue, content: &T) {
        let Ok(content) = serde_json::to_string(content) else { return };
        let mut answers = self.memory.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= REMEMBERED {
            answers.clear();
        }
        answers.insert(url.to_owned(), Remembered { tag: tag.clone(), content });
    }
}

fn not_understood(error: &serde_json::Error) -> TrackerError {
    TrackerError::Refused(format!("an answer that is not understood: {error}"))
}

/// How long the tracker wants to be left alone, if it does.
fn wanted_pause(answer: &HttpResponse, now: DateTime<Utc>) -> Option<Duration> {
    let status = answer.status();
    let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let retry_after = text("retry-after").map(|text| read_retry_after(text, now).unwrap_or(UNNAMED_PAUSE));
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN => {
            let is_used_up = text("x-ratelimit-remaining") == Some("0");
            let reset = text("x-ratelimit-reset").filter(|_| is_used_up).and_then(|text| read_reset(text, now));
            let is_limit = status == StatusCode::TOO_MANY_REQUESTS
                || is_used_up
                || String::from_utf8_lossy(answer.body()).to_lowercase().contains("rate limit");
            retry_after.or(reset).or_else(|| is_limit.then_some(UNNAMED_PAUSE))
        }
        status if status.is_server_error() => retry_after,
        _ => None,
    }
}

/// A number of seconds, or a date.
fn read_retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

/// The second in which it begins anew, and one more.
fn read_reset(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let reset = DateTime::from_timestamp(text.parse().ok()?, 0)? + TimeDelta::seconds(1);
    Some((reset - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{HeaderName, HeaderValue, StatusCode};
    use chrono::{DateTime, Utc};

    use super::{HttpResponse, wanted_pause};

    #[test]
    fn a_pause_is_as_long_as_the_tracker_says() {
        let now: DateTime<Utc> = "2031-05-04T03:02:01Z".parse().unwrap();
        let reset = (now.timestamp() + 90).to_string();
        for (status, headers, body, expected) in [
            (429, &[][..], "", Some(60)),
            (429, &[("retry-after", "7")][..], "", Some(7)),
            (429, &[("retry-after", "Sun, 04 May 2031 03:02:31 GMT")][..], "", Some(30)),
            (429, &[("retry-after", "soon")][..], "", Some(60)),
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())][..], "", Some(91)),
            (403, &[("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", reset.as_str())][..], "", None),
            (403, &[][..], "You have exceeded a secondary rate limit.", Some(60)),
            (403, &[][..], "Resource not accessible by integration", None),
            (503, &[("retry-after", "5")][..], "", Some(5)),
            (503, &[][..], "", None),
            (200, &[("x-ratelimit-remaining", "0")][..], "", None),
        ] {
            let mut answer = HttpResponse::new(body.as_bytes().to_vec());
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                answer.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
            }
            let expected = expected.map(Duration::from_secs);
            assert_eq!(wanted_pause(&answer, now), expected, "{status} {headers:?} {body}");
        }
    }
}
