//! How far a snap is: what the snap store says of its channels.

use std::collections::BTreeSet;

use app::api::SnapStage;
use serde::Deserialize;

use super::Finding;

/// As many characters of a refusal are repeated.
const LONGEST_REFUSAL: usize = 300;

/// A version that the store has in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Entry")]
pub struct Release {
    /// The channel's track.
    pub track: String,
    /// The channel's stage.
    pub risk: SnapStage,
    /// What the version is built for.
    pub architecture: String,
    /// The version.
    pub version: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "channel-map")]
    channel_map: Vec<Release>,
}

#[derive(Deserialize)]
struct Entry {
    channel: Channel,
    version: String,
}

#[derive(Deserialize)]
struct Channel {
    track: String,
    risk: SnapStage,
    architecture: String,
}

impl From<Entry> for Release {
    fn from(Entry { channel, version }: Entry) -> Self {
        Self { track: channel.track, risk: channel.risk, architecture: channel.architecture, version }
    }
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "error-list")]
    error_list: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    message: String,
}

/// Reads the store's answer about a snap. One entry that is not understood leaves the whole answer in doubt.
pub fn read_channel_map(answer: &[u8]) -> Result<Vec<Release>, String> {
    let answer: Answer = serde_json::from_slice(answer)
        .map_err(|error| format!("the store gives an answer that is not understood: {error}"))?;
    Ok(answer.channel_map)
}

/// What the store says where it has no answer, if it says anything.
pub fn read_refusal(answer: &[u8]) -> Option<String> {
    let refusal: Refusal = serde_json::from_slice(answer).ok()?;
    let message = refusal.error_list.into_iter().next()?.message;
    Some(message.chars().take(LONGEST_REFUSAL).collect())
}

/// Where a snap is: in the highest stage of its track that has its version for one of its architectures, else gone.
pub fn find_snap(releases: &[Release], track: &str, version: &str, architectures: &BTreeSet<String>) -> Finding {
    let matching = releases.iter().filter(|release| {
        release.track == track && release.version == version && architectures.contains(&release.architecture)
    });
    matching.map(|release| release.risk).max().map_or(Finding::Gone, |risk| Finding::At(risk.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn entry(track: &str, risk: &str, architecture: &str, version: &str) -> Value {
        json!({
            "channel": {
                "architecture": architecture, "name": risk, "released-at": "2031-03-09T01:02:03.456789+00:00",
                "risk": risk, "track": track,
            },
            "created-at": "2031-03-09T01:02:03.456789+00:00", "download": {"size": 1, "deltas": []}, "revision": 7,
            "type": "app", "version": version,
        })
    }

    fn answer(entries: &[Value]) -> Vec<u8> {
        json!({
            "channel-map": entries, "default-track": null, "name": "core22", "snap": {"license": "x"}, "snap-id": "y",
        })
        .to_string()
        .into_bytes()
    }

    fn find(entries: &[Value], architectures: &[&str]) -> Finding {
        let releases = read_channel_map(&answer(entries)).unwrap();
        let architectures = architectures.iter().map(|name| (*name).to_owned()).collect();
        find_snap(&releases, "22", "1", &architectures)
    }

    #[test]
    fn a_snap_is_in_the_highest_stage_that_has_it() {
        let at = |risk| entry("22", risk, "amd64", "1");
        for (entries, expected) in [
            (vec![at("beta")], Finding::At("beta")),
            (vec![at("beta"), at("edge")], Finding::At("beta")),
            (vec![at("edge"), at("beta")], Finding::At("beta")),
            (vec![at("stable")], Finding::At("stable")),
            (vec![at("candidate"), at("stable"), at("beta")], Finding::At("stable")),
            (vec![at("edge")], Finding::At("edge")),
            (vec![], Finding::Gone),
            (vec![entry("latest", "stable", "amd64", "1"), at("edge")], Finding::At("edge")),
            (vec![entry("22", "stable", "amd64", "2"), at("edge")], Finding::At("edge")),
            (vec![entry("22", "stable", "s390x", "1"), at("edge")], Finding::At("edge")),
            (vec![entry("latest", "stable", "amd64", "1")], Finding::Gone),
            (vec![entry("22", "stable", "amd64", "2")], Finding::Gone),
            (vec![entry("22", "stable", "s390x", "1")], Finding::Gone),
        ] {
            assert_eq!(find(&entries, &["amd64", "arm64"]), expected, "{entries:?}");
        }
    }

    #[test]
    fn any_build_will_do_and_one_there_has_to_be() {
        let entries = [entry("22", "beta", "amd64", "1"), entry("22", "candidate", "arm64", "1")];
        for (architectures, expected) in [
            (&["amd64", "arm64"][..], Finding::At("candidate")),
            (&["amd64"], Finding::At("beta")),
            (&["armhf"], Finding::Gone),
            (&[], Finding::Gone),
        ] {
            assert_eq!(find(&entries, architectures), expected, "{architectures:?}");
        }
    }

    #[test]
    fn an_answer_with_something_strange_is_no_answer() {
        let strange = entry("22", "insane", "amd64", "1");
        for text in [
            answer(&[entry("22", "beta", "amd64", "1"), strange]),
            answer(&[json!({"channel": {"architecture": "amd64", "risk": "beta"}, "version": "1"})]),
            json!({"channel_map": []}).to_string().into_bytes(),
            b"<html>".to_vec(),
            Vec::new(),
        ] {
            assert!(read_channel_map(&text).is_err(), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_refusal_is_told_as_far_as_it_goes() {
        let long = "x".repeat(1_000);
        for (answer, expected) in [
            (
                json!({"error-list": [{"code": "resource-not-found", "message": "No snap named 'x'"}, {"message": "y"}]}),
                Some("No snap named 'x'"),
            ),
            (json!({"error-list": []}), None),
            (json!({"error-list": [{"code": "x"}]}), None),
            (json!({"error-list": [{"message": long}]}), Some(&long[..LONGEST_REFUSAL])),
        ] {
            assert_eq!(read_refusal(answer.to_string().as_bytes()).as_deref(), expected, "{answer}");
        }
        assert_eq!(read_refusal(b"<html>"), None);
    }
}
