//! `/users`: who is known here, what they belong to, and who may do everything.

mod manage;
mod table;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use serde::{Deserialize, Serialize};

use crate::erase::Erase;
use crate::{
    api::{Permission, UserResponse, UsersResponse},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorContent,
        load::{load_for, loading},
        nothing_matches::NothingMatches,
        page_head::PageHead,
        pager::Pager,
        rows::{Listed, Rows},
        search_box::SearchBox,
        selection::{SelectionDialog, use_selection},
        session::{Permit, use_session},
    },
    text::api_address::api_address,
};
use manage::Manage;
use table::UserTable;

const PER_PAGE: i64 = 50;

/// A user as the list shows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UserRow {
    id: i64,
    name: String,
    email: String,
    launchpad: Option<String>,
    /// Ids and names.
    teams: Vec<(i64, String)>,
    is_admin: bool,
}

impl From<UserResponse> for UserRow {
    fn from(user: UserResponse) -> Self {
        Self {
            id: user.id,
            name: user.name,
            email: user.email,
            launchpad: user.launchpad_handle,
            teams: user.teams.into_iter().map(|team| (team.id, team.name)).collect(),
            is_admin: user.is_admin,
        }
    }
}

impl Listed for UserRow {
    fn id(&self) -> i64 {
        self.id
    }
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    users: Vec<UserRow>,
    count: i64,
    offset: i64,
}

/// What the address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    words: String,
    offset: i64,
}

impl Wanted {
    fn from_query(query: &ParamsMap) -> Self {
        Self {
            words: query.get_str("q").unwrap_or_default().trim().to_owned(),
            offset: query.get_str("offset").and_then(|text| text.parse::<i64>().ok()).unwrap_or_default().max(0),
        }
    }

    fn address(&self) -> String {
        let (limit, offset) = (PER_PAGE.to_string(), self.offset.to_string());
        let mut parameters = vec![("limit", limit.as_str()), ("offset", offset.as_str())];
        if !self.words.is_empty() {
            parameters.push(("q", &self.words));
        }
        api_address("/v1/users", &parameters)
    }
}

/// `/users`.
#[component]
pub(crate) fn UsersPage() -> impl IntoView {
    let session = use_session();
    let parameters = use_query_map();
    let wanted = Memo::new(move |_| parameters.with(Wanted::from_query));
    let page = load_for(move || wanted.get(), fetch);
    view! {
        <Title text="Users"/>
        <PageHead title="Users"/>
        <div hidden=move || session.permit(Permission::ViewUser) != Permit::Granted>
            <SearchBox page="/users" label="Search users" placeholder="Name or mail address"/>
        </div>
        {page.view(loading, move |answer| match answer {
            Err(error) => view! { <ErrorContent error/> }.erase(),
            Ok(page) => view! { <List page is_filtered=wanted.with_untracked(|wanted| !wanted.words.is_empty())/> }.erase(),
        })}
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a resource hands over what it depends on")]
fn fetch(wanted: Wanted) -> impl Future<Output = Result<Page, ClientError>> + Send + use<> {
    let answer = Client::current().get::<UsersResponse>(&wanted.address());
    async move {
        let UsersResponse { users, count, offset, .. } = answer.await?;
        Ok(Page { users: users.into_iter().map(UserRow::from).collect(), count, offset })
    }
}

#[component]
fn List(page: Page, is_filtered: bool) -> impl IntoView {
    let Page { users, count, offset } = page;
    let rows = Rows::new(users);
    let count = RwSignal::new(count);
    let selection = use_selection::<UserResponse>("/users", "user", "/v1/users");
    let words = move || match count.get() {
        1 => "1 user".to_owned(),
        count => format!("{count} users"),
    };
    let form = Callback::new(move |user: UserResponse| view! { <Manage user rows count selection/> }.erase());
    view! {
        <p class="count" role="status">
            {words}
        </p>
        <div hidden=move || rows.count() == 0>
            <UserTable rows selection/>
        </div>
        <div hidden=move || rows.count() != 0>
            {if is_filtered { view! { <NothingMatches title="No such user" words="Every word has to occur in the name, the mail address or the name at Launchpad. Who has never signed in is not known here." everything="/users" label="All users"/> }.erase() } else { view! { <NoUsersYet/> }.erase() }}
        </div>
        <Pager offset limit=PER_PAGE count/>
        <SelectionDialog selection title=|user: &UserResponse| user.name.clone() form/>
    }
}

#[component]
fn NoUsersYet() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No users yet"</p>
            <p>
                "Users appear here when they sign in. An operator adds the first one on the server: "
                <code>"test-observer user add ana@example.org"</code>", then "
                <code>"test-observer user promote ana@example.org"</code>"."
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::Wanted;

    fn address(pairs: &[(&str, &str)]) -> String {
        let query: ParamsMap = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Wanted::from_query(&query).address()
    }

    #[test]
    fn the_api_is_asked_for_what_the_address_says() {
        assert_eq!(address(&[]), "/v1/users?limit=50&offset=0");
        assert_eq!(address(&[("q", " "), ("offset", "-5"), ("user", "12")]), "/v1/users?limit=50&offset=0");
        assert_eq!(address(&[("q", "ana b"), ("offset", "50")]), "/v1/users?limit=50&offset=50&q=ana%20b");
    }
}
