//! `/login`: the ways to sign in, and back to where the visitor came from.

mod password;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_query_map, params::ParamsMap};

use crate::erase::Erase;
use crate::{
    api::SignInMethod,
    components::session::{sign_in_start, use_session},
};
use password::PasswordForm;

/// `/login`.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let session = use_session();
    let return_to = use_query_map().with_untracked(|query| own_path(query.get_str("returnTo")));
    if session.user().is_some() {
        return view! { <Redirect path=return_to/> }.erase();
    }
    let methods = session.get().sign_in_methods;
    let has_password = methods.contains(&SignInMethod::Local);
    let elsewhere = methods.iter().filter_map(|method| Some((*method, sign_in_start(*method)?)));
    let links =
        elsewhere.map(|(method, start)| view! { <ElsewhereLink method start return_to=return_to.clone()/> }.erase());
    let links = links.collect_view();
    view! {
        <Title text="Log in"/>
        <div class="sign-in">
            <h1>{if session.get().require_authentication { "Login required" } else { "Log in" }}</h1>
            {session
                .get()
                .require_authentication
                .then(|| view! { <p>"You need to log in before accessing this page."</p> }.erase())}
            {links}
            {has_password.then(|| view! { <PasswordForm return_to=return_to.clone()/> }.erase())}
            {if methods.is_empty() {
                view! { <NoWay/> }.erase()
            } else {
                view! { <p class="quiet">"Test Observer shows how software was tested and whether it may ship. If you have no account, ask an administrator for one."</p> }
                    .erase()
            }}
        </div>
    }
    .erase()
}

/// A button that leads to where one signs in.
#[component]
fn ElsewhereLink(method: SignInMethod, start: &'static str, return_to: String) -> impl IntoView {
    let query: ParamsMap = [("return_to".to_owned(), return_to)].into_iter().collect();
    let label = match method {
        SignInMethod::Oidc => "Log in with your organisation’s account",
        SignInMethod::Saml | SignInMethod::Local => "Log in",
    };
    view! {
        <a class="button button-primary" href=format!("{start}{}", query.to_query_string()) rel="external">
            {label}
        </a>
    }
}

/// Nobody can sign in: what an operator does about it.
#[component]
fn NoWay() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"Nobody can sign in here yet"</p>
            <p>
                "An operator of this installation sets up a way: an OpenID Connect provider ("
                <code>"OIDC_ISSUER_URL"</code> "), SAML (" <code>"SAML_IDP_METADATA_URL"</code> "), or local accounts ("
                <code>"LOCAL_ACCOUNTS=true"</code> ")."
            </p>
        </div>
    }
}

/// Where to go afterwards: a path of this site, else its front door. What begins like another host is none, also where the
/// segments before that cancel each other out.
fn own_path(wanted: Option<&str>) -> String {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.split(['?', '#']).next().is_some_and(|path| path.contains("//"))
            && !path.contains('\\')
            && !path.contains(char::is_control)
            && !path.starts_with("/login")
    };
    wanted.filter(is_own).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_paths_of_this_site_are_gone_back_to() {
        for (wanted, expected) in [
            (Some("/snaps/12?q=a#b"), "/snaps/12?q=a#b"),
            (Some("/search?issue=https://bugs.example/1#//x"), "/search?issue=https://bugs.example/1#//x"),
            (Some("//evil.example"), "/"),
            (Some("/..//evil.example"), "/"),
            (Some("/.//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("javascript:alert(1)"), "/"),
            (Some("/\t/evil.example"), "/"),
            (Some("/login?returnTo=/snaps"), "/"),
            (Some(""), "/"),
            (None, "/"),
        ] {
            assert_eq!(own_path(wanted), expected, "{wanted:?}");
        }
    }
}
