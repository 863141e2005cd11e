//! What the operator says about an OpenID Connect provider.

use url::Url;

use super::{ConfigError, read_boolean, read_names, read_safe_url};
use crate::integrations::oidc::{OidcSettings, UnverifiedEmail};

/// What is asked for when the operator says nothing else.
const DEFAULT_SCOPES: &str = "openid email profile";
/// Where the provider sends people back to, below the address of the dashboard.
const CALLBACK: &str = "/v1/auth/oidc/callback";

/// Reads the variables; nothing without an issuer.
pub(super) fn read_oidc(
    frontend_url: &str,
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<OidcSettings>, ConfigError> {
    let said = |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let Some(issuer_url) = said("OIDC_ISSUER_URL") else { return Ok(None) };
    let issuer_url = read_safe_url("OIDC_ISSUER_URL", issuer_url)?;
    let needs_id = || ConfigError::new("OIDC_CLIENT_ID", "an identity provider in OIDC_ISSUER_URL needs it");
    let client_id = said("OIDC_CLIENT_ID").ok_or_else(needs_id)?;
    let redirect_url = match said("OIDC_REDIRECT_URL") {
        Some(url) => url,
        None => beside_dashboard(frontend_url),
    };
    let redirect_url = read_safe_url("OIDC_REDIRECT_URL", redirect_url)?;
    let trusts_email =
        variable("OIDC_TRUST_EMAIL").map_or(Ok(false), |text| read_boolean("OIDC_TRUST_EMAIL", &text))?;
    let scopes = said("OIDC_SCOPES").unwrap_or_else(|| DEFAULT_SCOPES.to_owned());
    Ok(Some(OidcSettings {
        issuer_url,
        client_id,
        client_secret: said("OIDC_CLIENT_SECRET"),
        redirect_url,
        scopes: scopes.split_whitespace().filter(|scope| *scope != "openid").map(str::to_owned).collect(),
        groups_claim: said("OIDC_GROUPS_CLAIM"),
        teams: read_names(&said("OIDC_TEAMS").unwrap_or_default()),
        unverified_email: if trusts_email { UnverifiedEmail::Taken } else { UnverifiedEmail::Refused },
    }))
}

/// The callback at the dashboard's origin: the server has both.
fn beside_dashboard(frontend_url: &str) -> String {
    let origin = Url::parse(frontend_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    format!("{origin}{CALLBACK}")
}

#[cfg(test)]
mod tests {
    use super::{ConfigError, OidcSettings, UnverifiedEmail, read_oidc};

    fn read(variables: &[(&'static str, &str)]) -> Result<Option<OidcSettings>, ConfigError> {
        let variables: std::collections::HashMap<_, _> = variables.iter().copied().collect();
        read_oidc("https://to.example/app", &|name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn without_an_issuer_there_is_no_provider() {
        for variables in [vec![], vec![("OIDC_ISSUER_URL", " ")], vec![("OIDC_CLIENT_ID", "x")]] {
            assert_eq!(read(&variables), Ok(None), "{variables:?}");
        }
    }

    #[test]
    fn what_is_not_said_follows_from_the_rest() {
        let settings = read(&[("OIDC_ISSUER_URL", "https://id.example"), ("OIDC_CLIENT_ID", "to")]).unwrap().unwrap();
        assert_eq!(settings.redirect_url, "https://to.example/v1/auth/oidc/callback");
        assert_eq!(settings.scopes, ["email", "profile"]);
        assert_eq!((settings.client_secret, settings.groups_claim), (None, None));
        assert!(settings.teams.is_empty());
        assert_eq!(settings.unverified_email, UnverifiedEmail::Refused);
    }

    #[test]
    fn everything_can_be_said() {
        let settings = read(&[
            ("OIDC_ISSUER_URL", "http://127.0.0.1:8080/realms/x"),
            ("OIDC_CLIENT_ID", "to"),
            ("OIDC_CLIENT_SECRET", "hunter2"),
            ("OIDC_REDIRECT_URL", "http://localhost:30000/v1/auth/oidc/callback"),
            ("OIDC_SCOPES", "email  openid groups"),
            ("OIDC_GROUPS_CLAIM", "groups"),
            ("OIDC_TEAMS", "kernel, ,snap crew,"),
            ("OIDC_TRUST_EMAIL", "True"),
        ]);
        let settings = settings.unwrap().unwrap();
        assert_eq!(settings.scopes, ["email", "groups"]);
        assert_eq!(settings.teams.iter().collect::<Vec<_>>(), ["kernel", "snap crew"]);
        assert_eq!(settings.client_secret.as_deref(), Some("hunter2"));
        assert_eq!(settings.unverified_email, UnverifiedEmail::Taken);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let issuer = ("OIDC_ISSUER_URL", "https://id.example");
        let client = ("OIDC_CLIENT_ID", "to");
        for (variables, expected) in [
            (vec![("OIDC_ISSUER_URL", "id.example"), client], "OIDC_ISSUER_URL: 'id.example' is no address"),
            (
                vec![("OIDC_ISSUER_URL", "http://id.example"), client],
                "OIDC_ISSUER_URL: 'http://id.example' is not safe",
            ),
            (vec![("OIDC_ISSUER_URL", "ftp://id.example"), client], "OIDC_ISSUER_URL: 'ftp://id.example' is no http"),
            (vec![issuer], "OIDC_CLIENT_ID: "),
            (vec![issuer, client, ("OIDC_REDIRECT_URL", "/x")], "OIDC_REDIRECT_URL: '/x' is no address"),
            (vec![issuer, client, ("OIDC_TRUST_EMAIL", "yes")], "OIDC_TRUST_EMAIL: 'yes' is neither true nor false"),
        ] {
            let error = read(&variables).unwrap_err().to_string();
            assert!(error.starts_with(expected) && error.lines().count() == 1, "{error}");
        }
    }
}
