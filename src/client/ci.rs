//! What a CI system says about the job that runs in it.

use crate::domain::texts::checksum;

/// The address of the job, if a system says one: GitHub Actions with the attempt, GitLab CI, Jenkins.
pub fn job_link(variable: impl Fn(&'static str) -> Option<String>) -> Option<String> {
    let get = |name| variable(name).filter(|value| !value.trim().is_empty());
    if let (Some(server), Some(repository), Some(run)) =
        (get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), get("GITHUB_RUN_ID"))
    {
        let attempt = get("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned());
        return Some(format!("{server}/{repository}/actions/runs/{run}/attempts/{attempt}"));
    }
    get("CI_JOB_URL").or_else(|| get("BUILD_URL"))
}

/// The link that makes a run of a job the same one again. A job can run several plans in several environments, and jobs of a
/// matrix have one address: what follows the `#`, which leads to the same page, tells them apart.
pub fn run_link(job: &str, coordinates: &[&str]) -> String {
    format!("{job}#{}", checksum(&coordinates.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::{job_link, run_link};

    fn link(variables: &[(&'static str, &str)]) -> Option<String> {
        let variables: std::collections::HashMap<_, _> = variables.iter().copied().collect();
        job_link(|name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn each_system_says_where_its_job_is() {
        let github =
            [("GITHUB_SERVER_URL", "https://git.example"), ("GITHUB_REPOSITORY", "a/b"), ("GITHUB_RUN_ID", "7")];
        assert_eq!(link(&github).unwrap(), "https://git.example/a/b/actions/runs/7/attempts/1");
        let again = [&github[..], &[("GITHUB_RUN_ATTEMPT", "3")]].concat();
        assert_eq!(link(&again).unwrap(), "https://git.example/a/b/actions/runs/7/attempts/3");
        assert_eq!(
            link(&[("CI_JOB_URL", "https://lab.example/a/-/jobs/5")]).unwrap(),
            "https://lab.example/a/-/jobs/5"
        );
        assert_eq!(
            link(&[("BUILD_URL", "http://jenkins.example/job/x/5/")]).unwrap(),
            "http://jenkins.example/job/x/5/"
        );
        assert_eq!(link(&[("CI_JOB_URL", " "), ("CI", "true")]), None);
    }

    #[test]
    fn runs_of_one_job_are_told_apart_and_found_again() {
        let one = run_link("https://x/1", &["snap", "hello", "lab"]);
        assert_eq!(one, run_link("https://x/1", &["snap", "hello", "lab"]));
        assert_ne!(one, run_link("https://x/1", &["snap", "hello", "office"]));
        assert!(one.starts_with("https://x/1#") && one.len() == 28, "{one}");
    }
}
