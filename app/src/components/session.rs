//! Who is looking at the page, and what they may do: known from the first rendering on, so that controls need not be tried.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{Permission, SessionResponse, SignInMethod, UserResponse},
    client::Client,
};

/// The element that brings the session from the server to the browser.
pub(crate) const ELEMENT: &str = "session";

/// The session of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session(RwSignal<SessionResponse>);

/// Whether the visitor may do something, and what is missing where not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Go on.
    Granted,
    /// Nobody has signed in: that comes first.
    SignIn,
    /// An administrator has to give this.
    Missing(Permission),
}

impl Permit {
    /// What stands in the way, for a tooltip; nothing where nothing does.
    pub(crate) fn reason(self) -> Option<String> {
        match self {
            Self::Granted => None,
            Self::SignIn => Some("Sign in to do this.".to_owned()),
            Self::Missing(permission) => {
                Some(format!("This needs the permission {permission}. Ask an administrator for a team that has it."))
            }
        }
    }
}

impl Session {
    /// Takes over what the server found out, for every part of the page.
    pub(crate) fn provide() -> Self {
        let session = Self(RwSignal::new(sent().unwrap_or_default()));
        provide_context(session);
        session
    }

    /// What the server says about the visitor.
    pub(crate) fn get(self) -> SessionResponse {
        self.0.get()
    }

    /// The person who has signed in.
    pub(crate) fn user(self) -> Option<UserResponse> {
        self.0.with(|session| session.user.clone())
    }

    /// Whether the visitor may do something.
    pub(crate) fn permit(self, permission: Permission) -> Permit {
        self.0.with(|session| {
            let can_sign_in = session.user.is_none() && !session.sign_in_methods.is_empty();
            match session.permissions.contains(&permission) {
                true => Permit::Granted,
                false if can_sign_in => Permit::SignIn,
                false => Permit::Missing(permission),
            }
        })
    }

    /// The same, to be followed.
    pub(crate) fn permit_signal(self, permission: Permission) -> Signal<Permit> {
        Signal::derive(move || self.permit(permission))
    }

    /// Asks the server again, after something that changes the session, such as a notification that was read.
    pub(crate) fn refresh(self) {
        let answer = Client::current().get::<SessionResponse>("/v1/session");
        spawn_local(async move {
            // What is known stays when the server is away.
            if let Ok(session) = answer.await {
                self.0.set(session);
            }
        });
    }
}

/// The session of the page.
pub(crate) fn use_session() -> Session {
    use_context().unwrap_or_else(Session::provide)
}

/// The page to sign in on, which leads back to where the visitor is.
pub(crate) fn sign_in_address(path_and_query: &str) -> String {
    let query: leptos_router::params::ParamsMap =
        [("returnTo".to_owned(), path_and_query.to_owned())].into_iter().collect();
    format!("/login{}", query.to_query_string())
}

/// Where a way to sign in begins; a password is entered on the page itself.
pub(crate) fn sign_in_start(method: SignInMethod) -> Option<&'static str> {
    match method {
        SignInMethod::Oidc => Some("/v1/auth/oidc/login"),
        SignInMethod::Saml => Some("/v1/auth/saml/login"),
        SignInMethod::Local => None,
    }
}

#[cfg(feature = "ssr")]
fn sent() -> Option<SessionResponse> {
    use_context()
}

#[cfg(not(feature = "ssr"))]
fn sent() -> Option<SessionResponse> {
    crate::client::read(&document().get_element_by_id(ELEMENT)?.text_content()?).ok()
}
