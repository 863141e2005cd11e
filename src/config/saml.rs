//! What the operator says about a SAML identity provider, and about Launchpad, which knows more of those who sign in there.

use super::{ConfigError, read_boolean, read_names, read_safe_url, read_url};
use crate::domain::saml::{Algorithms, DecryptionKey, Unsolicited};
use crate::integrations::launchpad::DEFAULT_API_URL;
use crate::service::saml::SamlSettings;

/// Reads the variables. The certificate in `SAML_SP_X509_CERT` is for the identity provider alone, so it is not looked at.
pub(super) fn read_saml(variable: &impl Fn(&'static str) -> Option<String>) -> Result<SamlSettings, ConfigError> {
    let said = |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let allows = |name| variable(name).map_or(Ok(false), |text| read_boolean(name, &text));
    let defaults = SamlSettings::default();
    let decryption_key = match said("SAML_SP_KEY") {
        Some(text) => Some(DecryptionKey::read(&text).ok_or_else(unreadable_key)?),
        None => None,
    };
    Ok(SamlSettings {
        sp_base_url: match said("SAML_SP_BASE_URL") {
            Some(url) => read_url("SAML_SP_BASE_URL", url)?,
            None => defaults.sp_base_url,
        },
        // Its keys are in there.
        idp_metadata_url: match said("SAML_IDP_METADATA_URL") {
            Some(url) => Some(read_safe_url("SAML_IDP_METADATA_URL", url)?),
            None => None,
        },
        unsolicited: if allows("SAML_ALLOW_IDP_INITIATED")? { Unsolicited::Taken } else { Unsolicited::Refused },
        algorithms: if allows("SAML_ALLOW_SHA1")? { Algorithms::Sha2AndSha1 } else { Algorithms::Sha2 },
        decryption_key,
        groups_attribute: said("SAML_GROUPS_ATTRIBUTE"),
        teams: read_names(&said("SAML_TEAMS").unwrap_or_default()),
    })
}

/// The value is a secret: it is not repeated.
fn unreadable_key() -> ConfigError {
    ConfigError::new("SAML_SP_KEY", "that is no RSA key in PEM without a passphrase")
}

/// Where Launchpad is asked; nowhere with `USE_LOCAL_LOGIN`.
pub(super) fn read_launchpad(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<String>, ConfigError> {
    let is_local = variable("USE_LOCAL_LOGIN").map_or(Ok(false), |text| read_boolean("USE_LOCAL_LOGIN", &text))?;
    let url = read_launchpad_url(variable)?;
    Ok((!is_local).then_some(url))
}

/// Where Launchpad is asked by whoever wants to ask it.
pub fn read_launchpad_url(variable: &impl Fn(&'static str) -> Option<String>) -> Result<String, ConfigError> {
    let url = variable("LAUNCHPAD_API_URL").filter(|url| !url.trim().is_empty());
    read_safe_url("LAUNCHPAD_API_URL", url.unwrap_or_else(|| DEFAULT_API_URL.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'static str, &'a str)];

    fn value(variables: Variables<'_>, name: &str) -> Option<String> {
        variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
    }

    fn read(variables: Variables<'_>) -> Result<SamlSettings, ConfigError> {
        read_saml(&|name| value(variables, name))
    }

    fn key() -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/saml_keys/sp.key.pem");
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn there_is_a_provider_where_somebody_names_one() {
        assert_eq!(read(&[]), Ok(SamlSettings::default()));
        assert_eq!(read(&[("SAML_IDP_METADATA_URL", " ")]), Ok(SamlSettings::default()));
        let key = key();
        let named = read(&[
            ("SAML_SP_BASE_URL", "https://to.example"),
            ("SAML_IDP_METADATA_URL", "https://idp.example/metadata"),
            ("SAML_SP_KEY", &key),
            ("SAML_ALLOW_IDP_INITIATED", "True"),
            ("SAML_ALLOW_SHA1", "true"),
            ("SAML_GROUPS_ATTRIBUTE", "groups"),
            ("SAML_TEAMS", "kernel, ,snap crew,"),
        ]);
        let expected = SamlSettings {
            sp_base_url: "https://to.example".to_owned(),
            idp_metadata_url: Some("https://idp.example/metadata".to_owned()),
            unsolicited: Unsolicited::Taken,
            algorithms: Algorithms::Sha2AndSha1,
            decryption_key: DecryptionKey::read(&key),
            groups_attribute: Some("groups".to_owned()),
            teams: ["kernel", "snap crew"].map(str::to_owned).into(),
        };
        assert_eq!(named, Ok(expected));
    }

    #[test]
    fn launchpad_is_asked_unless_sign_in_is_local() {
        let launchpad = |variables: Variables<'_>| read_launchpad(&|name| value(variables, name));
        let known = Some(DEFAULT_API_URL.to_owned());
        for (variables, expected) in [
            (&[][..], known.clone()),
            (&[("USE_LOCAL_LOGIN", "false"), ("LAUNCHPAD_API_URL", "")][..], known),
            (&[("LAUNCHPAD_API_URL", "https://qa.example/devel")][..], Some("https://qa.example/devel".to_owned())),
            (&[("USE_LOCAL_LOGIN", "TRUE"), ("LAUNCHPAD_API_URL", "https://qa.example/devel")][..], None),
        ] {
            assert_eq!(launchpad(variables), Ok(expected), "{variables:?}");
        }
    }

    #[test]
    fn what_is_on_this_machine_needs_no_encryption() {
        for name in ["http://127.0.0.1:8080/metadata", "http://localhost/metadata", "http://[::1]/metadata"] {
            let metadata_url = read(&[("SAML_IDP_METADATA_URL", name)]).unwrap().idp_metadata_url;
            assert_eq!(metadata_url.as_deref(), Some(name));
            let variables = [("LAUNCHPAD_API_URL", name)];
            assert_eq!(read_launchpad(&|wanted| value(&variables, wanted)), Ok(Some(name.to_owned())));
        }
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_named() {
        for (name, text) in [
            ("SAML_SP_BASE_URL", "to.example"),
            ("SAML_IDP_METADATA_URL", "/etc/metadata.xml"),
            ("SAML_ALLOW_IDP_INITIATED", "yes"),
            ("SAML_ALLOW_SHA1", "1"),
            ("SAML_SP_KEY", "hunter2"),
            ("USE_LOCAL_LOGIN", "maybe"),
            ("LAUNCHPAD_API_URL", "launchpad"),
            // Whoever is on the way could say anything.
            ("SAML_IDP_METADATA_URL", "http://idp.example/metadata"),
            ("LAUNCHPAD_API_URL", "http://launchpad.example/devel"),
        ] {
            let variables = [(name, text)];
            let variable = |wanted: &'static str| value(&variables, wanted);
            let read = read_saml(&variable).map(drop).and(read_launchpad(&variable).map(drop));
            let error = read.unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
            assert!(name != "SAML_SP_KEY" || !error.contains(text), "{error}");
        }
    }
}
