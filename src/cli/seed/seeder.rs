//! What every part of seeding needs: the use cases at a moment, somebody who may do it, and the counts of what was made.

use app::api::{Permission, Problems};
use chrono::{NaiveTime, TimeDelta};
use deserr::Deserr;
use serde_json::Value;

use super::chance::Chance;
use super::{SeedPlan, Summary};
use crate::clock::Clock;
use crate::domain::access::{Application, Caller, User};
use crate::domain::audit_log::Actor;
use crate::service::Service;
use crate::store::Moment;
use crate::store::audit_log::as_actor;

/// Makes demo data.
pub(super) struct Seeder {
    service: Service,
    pub(super) plan: SeedPlan,
    pub(super) made: Summary,
    application: Option<Application>,
}

impl Seeder {
    pub(super) fn new(service: &Service, plan: SeedPlan) -> Self {
        // Who reviews what is drawn by the use cases.
        let service = service.clone().with_seed(plan.seed);
        Self { service, plan, made: Summary::default(), application: None }
    }

    /// The use cases as if it were another time.
    pub(super) fn at(&self, moment: Moment) -> Service {
        let mut service = self.service.clone();
        service.clock = Clock::from_fn(move || moment);
        service
    }

    /// So many minutes after midnight of a day that many days ago; never later than now.
    pub(super) fn day(&self, age: i64, minutes: i64) -> Moment {
        let midnight = self.plan.now.date_naive().and_time(NaiveTime::MIN).and_utc();
        (midnight - TimeDelta::days(age) + TimeDelta::minutes(minutes)).min(self.plan.now - TimeDelta::minutes(1))
    }

    /// Chance that depends on these words.
    pub(super) fn chance(&self, words: &[&str]) -> Chance {
        Chance::of(self.plan.seed, words)
    }

    /// The application that does what no person does.
    pub(super) fn application(&self) -> Caller {
        Caller { user: None, application: self.application.clone() }
    }

    /// Makes the application that does what no person does. Where it is there, somebody has seeded before.
    pub(super) async fn add_application(&mut self) -> anyhow::Result<()> {
        let name = super::APPLICATION;
        let service = self.at(self.day(400, 0));
        self.made.api_key = service.add_application(name, Permission::ALL).await?;
        let known = service.list_applications().await?.into_iter().find(|application| application.name == name);
        self.application = known.map(|it| Application { id: it.id, name: it.name, permissions: it.permissions });
        Ok(())
    }
}

/// A person as somebody who calls, with the rights that the demo's reviewers have.
pub(super) fn call_as(id: i64, name: &str) -> Caller {
    let permissions = super::people::REVIEWER_PERMISSIONS.to_vec();
    Caller { user: Some(User { id, name: name.to_owned(), is_admin: false, permissions }), application: None }
}

/// Does work whose changes are the caller's.
pub(super) fn as_caller<T>(caller: &Caller, work: impl Future<Output = T>) -> impl Future<Output = T> {
    // Boxed: use cases are large, and seeding is all of them behind each other.
    as_actor(Actor::of(caller, "192.0.2.17".to_owned()), Box::pin(work))
}

/// Reads a request as the API does, so that nothing is stored that no client could send.
pub(super) fn read<T: Deserr<Problems>>(body: Value) -> anyhow::Result<T> {
    deserr::deserialize::<T, _, Problems>(body)
        .map_err(|problems| anyhow::anyhow!("a request of the demo: {problems:?}"))
}
