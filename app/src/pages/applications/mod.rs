//! `/applications`: programs that act with a key, and what they may do.

mod create;
mod edit;
mod expiry;
mod new_key;
mod table;

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::erase::Erase;
use crate::{
    api::ApplicationResponse,
    client::{Client, ClientError},
    components::{
        error_notice::ErrorContent,
        load::{load, loading_page},
        page_head::PageHead,
        rows::{Listed, Rows},
        selection::{SelectionDialog, use_selection},
    },
    order,
    text::date::{Day, today},
};
use create::CreateApplication;
use edit::EditApplication;
use new_key::{Key, NewKey};
use table::ApplicationTable;

impl Listed for ApplicationResponse {
    fn id(&self) -> i64 {
        self.id
    }
}

/// What the page shows. Today is part of it, so that server and browser agree about what has expired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    applications: Vec<ApplicationResponse>,
    today: Day,
}

/// `/applications`.
#[component]
pub(crate) fn ApplicationsPage() -> impl IntoView {
    let page = load(fetch);
    view! {
        <Title text="Applications"/>
        {page.view(|| loading_page("Applications"), move |answer| match answer {
            Err(error) => view! { <ErrorContent title="Applications" error/> }.erase(),
            Ok(page) => view! { <List page/> }.erase(),
        })}
    }
}

fn fetch() -> impl Future<Output = Result<Page, ClientError>> + Send {
    let answer = Client::current().get::<Vec<ApplicationResponse>>("/v1/applications");
    async move {
        let mut applications = answer.await?;
        order::sort_by_key(&mut applications, |application| application.name.to_lowercase());
        Ok(Page { applications, today: today() })
    }
}

#[component]
fn List(page: Page) -> impl IntoView {
    let Page { applications, today } = page;
    let rows = Rows::new(applications);
    let key = RwSignal::new(None::<Key>);
    let selection = use_selection::<ApplicationResponse>("/applications", "application", "/v1/applications");
    let words = move || match rows.count() {
        1 => "1 application".to_owned(),
        count => format!("{count} applications"),
    };
    let form = Callback::new(move |application: ApplicationResponse| {
        view! { <EditApplication application rows key selection/> }.erase()
    });
    view! {
        <PageHead title="Applications" count=Signal::derive(words)>
            <CreateApplication rows key/>
        </PageHead>
        <NewKey key/>
        <div hidden=move || rows.count() == 0>
            <ApplicationTable rows today selection/>
        </div>
        <div hidden=move || rows.count() != 0>
            <NoApplicationsYet/>
        </div>
        <SelectionDialog selection title=|application: &ApplicationResponse| format!("Application {}", application.name) form/>
    }
}

#[component]
fn NoApplicationsYet() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No applications yet"</p>
            <p>"A runner, a laboratory or a script proves itself with the key of an application. Create one for each, with no more permissions than it needs: then it can be stopped without the others."</p>
            <p>
                <a class="button" href="/getting-started">
                    "Getting started"
                </a>
            </p>
        </div>
    }
}
