//! Webhooks: where messages may go, what they say, and how they are signed.

use std::collections::BTreeSet;

use app::api::{ArtefactStatus, FamilyName, Permission, TestExecutionStatus, Timestamp, WebhookEvent};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use url::{Host, Url};

use super::hosts::{is_loopback_host, is_loopback_url};
use super::public_addresses::is_public;
use super::texts::checksum;

/// A text of others in a sentence is cut behind so many characters.
const LONGEST_QUOTE: usize = 200;

/// What happened, as it is kept until it is told: ids, and what was different at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// A run ended.
    ExecutionCompleted {
        /// The run.
        test_execution_id: i64,
        /// How it ended.
        status: TestExecutionStatus,
    },
    /// Somebody decided about an artefact.
    ArtefactStatusChanged {
        /// What the decision was.
        before: ArtefactStatus,
        /// What it became.
        after: ArtefactStatus,
        /// What people say about the artefact.
        comment: String,
        /// Who decided.
        changed_by: String,
    },
    /// Reruns are asked for.
    RerunRequested {
        /// Of how many runs.
        runs: usize,
    },
    /// People review an artefact from now on.
    ReviewAssigned {
        /// Who.
        user_ids: Vec<i64>,
    },
}

impl Happening {
    /// What it is called.
    pub fn event(&self) -> WebhookEvent {
        match self {
            Self::ExecutionCompleted { .. } => WebhookEvent::ExecutionCompleted,
            Self::ArtefactStatusChanged { .. } => WebhookEvent::ArtefactStatusChanged,
            Self::RerunRequested { .. } => WebhookEvent::RerunRequested,
            Self::ReviewAssigned { .. } => WebhookEvent::ReviewAssigned,
        }
    }
}

/// The same with the artefact that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// The artefact.
    pub artefact_id: i64,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

/// A status that a run ends with, when it had another one before.
pub fn newly_ended(before: Option<TestExecutionStatus>, after: TestExecutionStatus) -> Option<TestExecutionStatus> {
    use TestExecutionStatus::{EndedPrematurely, Failed, Passed};
    (before != Some(after) && matches!(after, Passed | Failed | EndedPrematurely)).then_some(after)
}

/// What it takes to look at what these events tell.
pub fn permissions_for(events: &[WebhookEvent]) -> Vec<Permission> {
    let of_event = |event: &WebhookEvent| match event {
        WebhookEvent::ExecutionCompleted => vec![Permission::ViewArtefact, Permission::ViewTest],
        WebhookEvent::RerunRequested => vec![Permission::ViewArtefact, Permission::ViewRerun],
        WebhookEvent::ArtefactStatusChanged | WebhookEvent::ReviewAssigned => vec![Permission::ViewArtefact],
    };
    events.iter().flat_map(of_event).collect()
}

/// An artefact, as messages tell it.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ToldArtefact {
    pub id: i64,
    pub name: String,
    pub version: String,
    pub family: FamilyName,
    pub stage: String,
    pub status: ArtefactStatus,
    /// Its page.
    pub url: String,
}

/// A run, as messages tell it.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ToldExecution {
    pub id: i64,
    pub test_plan: String,
    pub environment: String,
    pub architecture: String,
    pub ci_link: Option<String>,
    pub passed_count: i64,
    pub failed_count: i64,
    pub skipped_count: i64,
}

/// A message with everything it tells.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: i64,
    /// When it happened.
    pub created_at: Timestamp,
    /// What happened.
    pub happened: Happened,
    /// The artefact it is about.
    pub artefact: ToldArtefact,
    /// The run it is about.
    pub execution: Option<ToldExecution>,
    /// Ids and names of the people it is about.
    pub people: Vec<(i64, String)>,
}

impl Message {
    /// For programs.
    pub fn object(&self) -> Value {
        let mut object = json!({
            "id": self.id, "event": self.happened.what.event(), "created_at": self.created_at, "artefact": self.artefact,
        });
        let more = match &self.happened.what {
            Happening::ExecutionCompleted { status, .. } => {
                let mut execution = json!(self.execution);
                execution["status"] = json!(status);
                json!({"test_execution": execution})
            }
            Happening::ArtefactStatusChanged { before, after, comment, changed_by } => {
                json!({"before": before, "after": after, "comment": comment, "changed_by": changed_by})
            }
            Happening::RerunRequested { runs } => json!({"runs": runs}),
            Happening::ReviewAssigned { .. } => {
                let people = self.people.iter().map(|(id, name)| json!({"id": id, "name": name}));
                json!({"reviewers": people.collect::<Vec<_>>()})
            }
        };
        if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
            object.extend(more);
        }
        object
    }

    /// For people in a chat room.
    pub fn sentence(&self) -> String {
        let artefact = &self.artefact;
        let mut about = format!("{} {} ({}", quote(&artefact.name), quote(&artefact.version), artefact.family);
        if !artefact.stage.is_empty() {
            about.push_str(", ");
            about.push_str(&quote(&artefact.stage));
        }
        let what = match &self.happened.what {
            Happening::ExecutionCompleted { status, .. } => self.describe_run(*status),
            Happening::ArtefactStatusChanged { after, comment, changed_by, .. } => {
                let by = if changed_by.is_empty() { String::new() } else { format!(" by {}", quote(changed_by)) };
                let why = if comment.is_empty() { String::new() } else { format!(": {}", quote(comment)) };
                format!("{}{by}{why}", decision(*after))
            }
            Happening::RerunRequested { runs: 1 } => "a rerun is asked for".to_owned(),
            Happening::RerunRequested { runs } => format!("reruns of {runs} runs are asked for"),
            Happening::ReviewAssigned { .. } => {
                let names: Vec<String> = self.people.iter().map(|(_, name)| quote(name)).collect();
                let review = if names.len() == 1 { "reviews it" } else { "review it" };
                format!("{} {review}", names.join(", "))
            }
        };
        format!("{about}): {what} {}", artefact.url)
    }

    fn describe_run(&self, status: TestExecutionStatus) -> String {
        let Some(run) = &self.execution else { return "a run ended".to_owned() };
        let all = run.passed_count + run.failed_count + run.skipped_count;
        let how = match status {
            TestExecutionStatus::Passed => format!("passed ({all} tests)"),
            TestExecutionStatus::Failed => format!("failed ({} of {all} tests)", run.failed_count),
            _ => "ended prematurely".to_owned(),
        };
        format!("{} on {} ({}) {how}", quote(&run.test_plan), quote(&run.environment), quote(&run.architecture))
    }
}

fn decision(status: ArtefactStatus) -> &'static str {
    match status {
        ArtefactStatus::Approved => "approved",
        ArtefactStatus::MarkedAsFailed => "rejected",
        ArtefactStatus::Undecided => "the decision was taken back",
    }
}

/// A text of others as part of a sentence: in one line, not too long, and without what chat rooms take for links, mentions of
/// people or markup.
fn quote(text: &str) -> String {
    let mut quoted: String = text
        .chars()
        .map(|c| match c {
            '<' => '‹',
            '>' => '›',
            '[' => '(',
            ']' => ')',
            '@' => '＠',
            '`' | '*' => '\'',
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        })
        .take(LONGEST_QUOTE)
        .collect();
    if text.chars().count() > LONGEST_QUOTE {
        quoted.push('…');
    }
    quoted
}

/// The value of the header that signs a message, for who shares the secret: of the time as it is sent along, a dot, and the body.
pub fn sign(secret: &str, timestamp: i64, body: &str) -> Option<String> {
    // Keys of every length are good.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{timestamp}.{body}").as_bytes());
    Some(format!("sha256={}", hexadecimal(&mac.finalize().into_bytes())))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// What may be told of an address where it stays for long: whoever knows the whole address of a chat room can write there.
/// The digest says whether two are the same.
pub fn veil(url: &str) -> String {
    let origin = Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    format!("{origin}/… {}", checksum(url))
}

/// Why messages cannot be posted to an address, as far as the address alone says. Names are looked up when a message is sent.
pub fn objection(url: &Url, hosts: &BTreeSet<String>) -> Option<&'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some("The URL of a webhook must not hold a user or password");
    }
    if url.scheme() != "https" && !is_loopback_url(url) {
        return Some("The URL of a webhook has to begin with https://");
    }
    let is_inside = match url.host() {
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(name)) => is_loopback_host(name),
        None => true,
    };
    let is_listed = url.host_str().is_some_and(|host| is_listed(host, hosts));
    (is_inside && !is_listed).then_some("The URL of a webhook must not lead into the server's own network")
}

/// Whether the operator lets messages go to a host wherever its name leads.
pub fn is_listed(host: &str, hosts: &BTreeSet<String>) -> bool {
    hosts.contains(host.trim_matches(['[', ']']).to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{objection, quote, sign, veil};

    #[test]
    fn a_signature_is_of_the_time_and_the_body() {
        // As `printf '1925000000.{"id":1}' | openssl dgst -sha256 -hmac 0123456789abcdef` writes it.
        let expected = "sha256=467c10505c9d09689cfb2739ea60bde4e573dd55e6943adcab19c68e61d1ea27";
        assert_eq!(sign("0123456789abcdef", 1_925_000_000, r#"{"id":1}"#).as_deref(), Some(expected));
        assert_ne!(sign("0123456789abcdef", 1_925_000_001, r#"{"id":1}"#).as_deref(), Some(expected));
    }

    #[test]
    fn only_encrypted_addresses_outside_are_good_unless_the_operator_lists_them() {
        let listed: BTreeSet<String> = ["127.0.0.1", "::1", "localhost", "10.0.0.7"].map(str::to_owned).into();
        let none = BTreeSet::new();
        for (url, hosts, is_good) in [
            ("https://chat.example/hooks/x", &none, true),
            ("https://1.1.1.1/", &none, true),
            ("http://chat.example/hooks/x", &none, false),
            ("https://kim@chat.example/", &none, false),
            ("https://:x@chat.example/", &none, false),
            ("https://127.0.0.1/", &none, false),
            ("https://127.1/", &none, false),
            ("https://localhost/", &none, false),
            ("http://localhost:1/", &none, false),
            ("https://[::1]/", &none, false),
            ("https://[::ffff:10.0.0.7]/", &none, false),
            ("https://169.254.169.254/latest", &none, false),
            ("https://10.0.0.7/", &none, false),
            ("https://10.0.0.7/", &listed, true),
            ("https://10.0.0.8/", &listed, false),
            ("http://127.0.0.1:8065/", &listed, true),
            ("http://[::1]:8065/", &listed, true),
            ("http://LOCALHOST:8065/", &listed, true),
            // Plain HTTP stays on this machine, whoever is listed.
            ("http://10.0.0.7/", &listed, false),
        ] {
            assert_eq!(objection(&url.parse().unwrap(), hosts).is_none(), is_good, "{url}");
        }
    }

    #[test]
    fn texts_of_others_are_no_markup() {
        for (text, expected) in [
            ("core22", "core22"),
            ("<!channel> <http://evil|x>", "‹!channel› ‹http://evil|x›"),
            ("[x](http://evil)", "(x)(http://evil)"),
            ("@all\n`**x**`", "＠all '''x'''"),
        ] {
            assert_eq!(quote(text), expected);
        }
        assert_eq!(quote(&"x".repeat(201)), "x".repeat(200) + "…");
    }

    #[test]
    fn of_an_address_only_the_host_is_told() {
        let (one, other) = (veil("https://chat.example/hooks/secret"), veil("https://chat.example/hooks/other"));
        assert!(one.starts_with("https://chat.example/… ") && one != other, "{one} {other}");
        assert!(!one.contains("secret"));
        assert_eq!(one, veil("https://chat.example/hooks/secret"));
    }
}
