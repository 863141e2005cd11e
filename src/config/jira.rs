//! What the operator says about Jira.

use url::Url;

use super::{ConfigError, read_safe_url};
use crate::integrations::jira::{DEFAULT_API_URL, JiraSettings};

/// Reads the variables; nothing unless everything that it takes is said.
pub(super) fn read_jira(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<JiraSettings>, ConfigError> {
    let said = |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let api_url = read_safe_url("JIRA_API_URL", said("JIRA_API_URL").unwrap_or_else(|| DEFAULT_API_URL.to_owned()))?;
    let (Some(cloud_id), Some(email), Some(token)) =
        (said("JIRA_CLOUD_ID"), said("JIRA_EMAIL"), said("JIRA_API_TOKEN"))
    else {
        return Ok(None);
    };
    let problem = || ConfigError::new("JIRA_API_URL", format!("'{api_url}' is no http or https address"));
    let mut base = Url::parse(&api_url).map_err(|_| problem())?;
    base.path_segments_mut().map_err(|()| problem())?.pop_if_empty().push(&cloud_id);
    Ok(Some(JiraSettings { base: base.into(), email, token }))
}

#[cfg(test)]
mod tests {
    use super::{ConfigError, JiraSettings, read_jira};

    fn read(variables: &[(&'static str, &str)]) -> Result<Option<JiraSettings>, ConfigError> {
        read_jira(&|name| variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned()))
    }

    const ALL: [(&str, &str); 3] =
        [("JIRA_CLOUD_ID", "abc/d"), ("JIRA_EMAIL", " bot@example.org "), ("JIRA_API_TOKEN", "hunter2")];

    #[test]
    fn there_is_a_jira_where_everything_is_said() {
        assert_eq!(read(&[]), Ok(None));
        for missing in 0..ALL.len() {
            let mut variables = ALL.to_vec();
            variables[missing].1 = " ";
            assert_eq!(read(&variables), Ok(None), "{variables:?}");
        }
        let settings = read(&ALL).unwrap().unwrap();
        assert_eq!(settings.base, "https://api.atlassian.com/ex/jira/abc%2Fd");
        assert_eq!(settings.email, "bot@example.org");
        let shown = format!("{settings:?}");
        assert!(shown.contains("bot@example.org") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn another_address_has_to_be_safe() {
        let at = |url| read(&[ALL[0], ALL[1], ALL[2], ("JIRA_API_URL", url)]);
        let base = |url| at(url).unwrap().unwrap().base;
        assert_eq!(base("http://127.0.0.1:8080/jira/"), "http://127.0.0.1:8080/jira/abc%2Fd");
        assert_eq!(base(""), "https://api.atlassian.com/ex/jira/abc%2Fd");
        for url in ["http://jira.example", "jira.example", "ftp://jira.example"] {
            let error = at(url).unwrap_err().to_string();
            assert!(error.starts_with("JIRA_API_URL") && error.contains(url), "{error}");
        }
    }
}
