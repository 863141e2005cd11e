//! Which issue of which tracker an address names.

use app::api::IssueSource;
use url::Url;

/// What makes an issue the same one again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueAddress {
    /// The tracker.
    pub source: IssueSource,
    /// The tracker's project, in the case that its tracker shows.
    pub project: String,
    /// The number inside the project, as it is written.
    pub key: String,
}

/// Why an address names no issue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueUrlError {
    /// It is none of an issue in a tracker that people here use.
    #[error(
        "Unrecognized issue URL format:\n  host = '{host}'\n  path = '{path}'\n\nExpected formats:\n  \
         GitHub:     https://github.com/<owner>/<repo>/issues/<number>\n  \
         JIRA:       https://warthogs.atlassian.net/browse/<PROJECT-123>\n  \
         Launchpad:  https://bugs.launchpad.net/<project>/+bug/<number>"
    )]
    Unrecognised {
        /// The host, normalised.
        host: String,
        /// The path, normalised.
        path: String,
    },
    /// It is too long to be kept.
    #[error("The project and the number of an issue have at most {} characters each", LONGEST_PART)]
    TooLong,
}

/// The longest project, and the longest key, in characters.
const LONGEST_PART: usize = 200;

/// Reads the address of an issue. Who logs in, through which port, and what follows the path does not matter.
pub fn parse_issue_url(text: &str) -> Result<IssueAddress, IssueUrlError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let path = url.as_ref().map(Url::path).unwrap_or_default();
    let address = read_path(host, path)
        .ok_or_else(|| IssueUrlError::Unrecognised { host: host.to_owned(), path: path.to_owned() })?;
    // The path is percent-encoded: its bytes are its characters.
    if address.project.len() > LONGEST_PART || address.key.len() > LONGEST_PART {
        return Err(IssueUrlError::TooLong);
    }
    Ok(address)
}

fn read_path(host: &str, path: &str) -> Option<IssueAddress> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let (source, project, key) = match (host, segments.as_slice()) {
        ("github.com", [owner, repository, "issues", key]) if !owner.is_empty() && !repository.is_empty() => {
            (IssueSource::Github, format!("{owner}/{repository}").to_ascii_lowercase(), *key)
        }
        ("warthogs.atlassian.net", ["browse", ticket]) => {
            let (project, key) = ticket.split_once('-')?;
            if !project.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return None;
            }
            (IssueSource::Jira, project.to_ascii_uppercase(), key)
        }
        ("bugs.launchpad.net", [project, "+bug", key]) => (IssueSource::Launchpad, project.to_ascii_lowercase(), *key),
        // A bug is the project's, whichever of its packages has it.
        ("bugs.launchpad.net", [project, "+source", package, "+bug", key]) if !package.is_empty() => {
            (IssueSource::Launchpad, project.to_ascii_lowercase(), *key)
        }
        _ => return None,
    };
    let is_number = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    (!project.is_empty() && is_number).then(|| IssueAddress { source, project, key: key.to_owned() })
}

#[cfg(test)]
mod tests {
    use app::api::IssueSource::{Github, Jira, Launchpad};

    use super::{IssueUrlError, parse_issue_url};

    #[test]
    fn an_issue_is_named_by_its_tracker_its_project_and_its_number() {
        for (text, source, project, key) in [
            ("https://github.com/acme/radio/issues/71", Github, "acme/radio", "71"),
            ("http://github.com/acme/radio/issues/71", Github, "acme/radio", "71"),
            ("HTTPS://GitHub.COM/Acme/Radio_2.0/issues/71", Github, "acme/radio_2.0", "71"),
            ("https://github.com/a/b/issues/2?x=1#y", Github, "a/b", "2"),
            ("https://github.com:8443/a/b/issues/2", Github, "a/b", "2"),
            ("https://me:secret@github.com/a/b/issues/2", Github, "a/b", "2"),
            ("https://github.com/x/../a/./b/issues/2", Github, "a/b", "2"),
            ("https://github.com/a/b c/issues/2", Github, "a/b%20c", "2"),
            ("https://github.com/a/\u{c9}/issues/2", Github, "a/%c3%89", "2"),
            ("https://github.com/a/b/issues/0071", Github, "a/b", "0071"),
            ("https://warthogs.atlassian.net/browse/TO-142", Jira, "TO", "142"),
            ("https://warthogs.atlassian.net/browse/ts-14", Jira, "TS", "14"),
            ("https://Warthogs.Atlassian.net/browse/aBc-007?focus=1", Jira, "ABC", "007"),
            ("https://bugs.launchpad.net/abc/+bug/123", Launchpad, "abc", "123"),
            ("https://bugs.launchpad.net/Some-Project/+bug/123#c4", Launchpad, "some-project", "123"),
            ("https://bugs.launchpad.net/ubuntu/+source/linux-meta/+bug/99", Launchpad, "ubuntu", "99"),
        ] {
            let read = parse_issue_url(text).map(|it| (it.source, it.project, it.key));
            assert_eq!(read, Ok((source, project.to_owned(), key.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_names_no_issue_is_refused() {
        for text in [
            "https://example.org/x",
            "https://www.github.com/a/b/issues/2",
            "https://gist.github.com/a/b/issues/2",
            "https://github.example.org/a/b/issues/2",
            "https://github.com./a/b/issues/2",
            "https://github.com@example.org/a/b/issues/2",
            "https://example.org/github.com/a/b/issues/2",
            "https://github.com/",
            "https://github.com/a/b/issues/2/",
            "https://github.com/a/b/issues/2/x",
            "https://github.com/a/b/issues/",
            "https://github.com/a/b/issues",
            "https://github.com/a/b/issues/2x",
            "https://github.com/a/b/issues/-2",
            "https://github.com/a/b/issues/\u{0662}",
            "https://github.com/a/b/Issues/2",
            "https://github.com/a/b/pull/2",
            "https://github.com/b/issues/2",
            "https://github.com//b/issues/2",
            "https://github.com/a//issues/2",
            "https://github.com/a/b/c/issues/2",
            "https://github.com/a/../b/issues/2",
            "https://warthogs.atlassian.net/browse/T2O-1",
            "https://warthogs.atlassian.net/browse/000-142",
            "https://warthogs.atlassian.net/browse/T_O-1",
            "https://warthogs.atlassian.net/browse/\u{c9}-1",
            "https://warthogs.atlassian.net/browse/TO-",
            "https://warthogs.atlassian.net/browse/TO-x",
            "https://warthogs.atlassian.net/browse/TO-1-2",
            "https://warthogs.atlassian.net/browse/-1",
            "https://warthogs.atlassian.net/browse/TO1",
            "https://warthogs.atlassian.net/browse/TO-1/",
            "https://warthogs.atlassian.net/x/browse/TO-1",
            "https://warthogs.atlassian.net/TO-1",
            "https://other.atlassian.net/browse/TO-1",
            "https://launchpad.net/bugs/1",
            "https://bugs.launchpad.net/bugs/1",
            "https://bugs.launchpad.net/+bug/1",
            "https://bugs.launchpad.net//+bug/1",
            "https://bugs.launchpad.net/abc/+bug/1/",
            "https://bugs.launchpad.net/abc/+bug/x",
            "https://bugs.launchpad.net/abc/def/+bug/1",
            "https://bugs.launchpad.net/ubuntu/+source/+bug/1",
            "https://bugs.launchpad.net/ubuntu/+source//+bug/1",
            "https://bugs.launchpad.net/ubuntu/+source/a/b/+bug/1",
            "https://bugs.launchpad.net/ubuntu/noble/+source/a/+bug/1",
            "ftp://github.com/a/b/issues/2",
            "not an address",
            "",
        ] {
            let read = parse_issue_url(text);
            assert!(matches!(read, Err(IssueUrlError::Unrecognised { .. })), "{text}: {read:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_understood_and_what_is_expected() {
        let refusal = parse_issue_url("https://Example.org:8443/a/../x y?z").unwrap_err();
        let text = "Unrecognized issue URL format:\n  host = 'example.org'\n  path = '/x%20y'\n\nExpected formats:\n  \
                    GitHub:     https://github.com/<owner>/<repo>/issues/<number>\n  \
                    JIRA:       https://warthogs.atlassian.net/browse/<PROJECT-123>\n  \
                    Launchpad:  https://bugs.launchpad.net/<project>/+bug/<number>";
        assert_eq!(refusal.to_string(), text);
    }

    #[test]
    fn parts_that_are_too_long_are_refused() {
        let (longest, too_long) = ("7".repeat(200), "7".repeat(201));
        let github = |key: &str| parse_issue_url(&format!("https://github.com/a/b/issues/{key}"));
        let launchpad = |project: &str| parse_issue_url(&format!("https://bugs.launchpad.net/{project}/+bug/1"));
        assert_eq!(github(&longest).map(|it| it.key), Ok(longest.clone()));
        assert_eq!(launchpad(&longest).map(|it| it.project), Ok(longest));
        assert_eq!(github(&too_long), Err(IssueUrlError::TooLong));
        assert_eq!(launchpad(&too_long), Err(IssueUrlError::TooLong));
    }

    #[test]
    fn the_address_of_an_issue_names_it_again() {
        for (source, project, key) in [(Github, "acme/radio", "71"), (Jira, "TO", "142"), (Launchpad, "abc", "123")] {
            let read = parse_issue_url(&source.issue_url(project, key)).unwrap();
            assert_eq!((read.source, read.project.as_str(), read.key.as_str()), (source, project, key));
        }
    }
}
