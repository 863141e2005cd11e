//! Events: what use cases announce, and how somebody follows them.

use std::collections::BTreeSet;

use app::api::{EventKind, FamilyName, Permission};
use tokio::sync::watch;
use tokio::time::Instant;

use super::event_slots::EventSlot;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Caller, Credentials};
use crate::domain::attempts::place_of;
use crate::domain::event_log::{EventLog, KeptEvent, Reading};
use crate::domain::events::{Event, EventFilter};
use crate::store::{StoreResult, Tx, events};

/// What somebody wants to hear of.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// Of these kinds; when it is empty, of all that the caller may see.
    pub kinds: Vec<EventKind>,
    /// About this artefact.
    pub artefact_id: Option<i64>,
    /// About artefacts of this family.
    pub family: Option<FamilyName>,
}

/// Who follows events, and how they showed it: it is looked at again while they do.
#[derive(Clone, Debug)]
pub struct Follower {
    /// Who it was at the start.
    pub caller: Caller,
    /// What the request showed.
    pub credentials: Credentials,
    /// Where it came from.
    pub address: String,
}

/// What a stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It begins; whoever is cut off before the next event can say that it was here.
    Begin(String),
    /// Something changed.
    Changed(KeptEvent),
    /// Events may have been missed: anything may have changed. The name of this moment.
    Refresh(String),
}

/// Events as one client hears them.
pub struct EventStream {
    service: Service,
    follower: Follower,
    query: EventQuery,
    filter: EventFilter,
    log: watch::Receiver<EventLog>,
    place: u64,
    first: Option<Signal>,
    checked_at: Instant,
    _slot: EventSlot,
}

enum Step {
    Say(Signal),
    Wait,
    End,
}

impl Service {
    /// Refuses callers who may hear of nothing at all.
    pub fn check_may_follow(&self, caller: &Caller) -> ServiceResult<()> {
        let may = EventKind::ALL.iter().any(|kind| self.may_hear_of(caller, *kind));
        if may { Ok(()) } else { Err(ServiceError::InsufficientPermissions) }
    }

    /// Begins a stream of events. `last_seen` is the name of the last event that the client has heard: what came behind it is
    /// told first, or that this is not known any longer.
    pub async fn follow_events(
        &self,
        follower: Follower,
        query: EventQuery,
        last_seen: Option<&str>,
    ) -> ServiceResult<EventStream> {
        let filter = self.filter_for(&follower.caller, &query)?;
        let client = follower.caller.principal(&place_of(&follower.address));
        let settings = &self.settings;
        let slot = self.event_slots.take(&client, settings.event_streams, settings.event_streams_per_client)?;
        let mut log = self.db.follow_events().await?;
        let (place, first) = {
            let events = log.borrow_and_update();
            if events.is_over() {
                return Err(ServiceError::Busy("The server stops; try again soon".to_owned(), 30));
            }
            let id = events.end_id().to_owned();
            match last_seen.map(|seen| (seen, events.find(seen))) {
                Some((seen, Some(place))) => (place, Signal::Begin(seen.to_owned())),
                Some((_, None)) => (events.end(), Signal::Refresh(id)),
                None => (events.end(), Signal::Begin(id)),
            }
        };
        let service = self.clone();
        Ok(EventStream {
            service,
            follower,
            query,
            filter,
            log,
            place,
            first: Some(first),
            checked_at: Instant::now(),
            _slot: slot,
        })
    }

    /// Ends all streams: the server stops, and would wait for them.
    pub fn end_event_streams(&self) {
        self.db.finish_events();
    }

    fn may_hear_of(&self, caller: &Caller, kind: EventKind) -> bool {
        match permission_for(kind) {
            Some(permission) => caller.may(&[permission], &self.settings.ignored_permissions),
            // Everybody reads their own notifications.
            None => caller.user.is_some(),
        }
    }

    /// What of the events that are asked for the caller may hear. Whoever names kinds may have to hear of all of them; whoever
    /// names none hears of some.
    fn filter_for(&self, caller: &Caller, query: &EventQuery) -> ServiceResult<EventFilter> {
        let asked: BTreeSet<EventKind> = query.kinds.iter().copied().collect();
        let kinds: BTreeSet<EventKind> =
            EventKind::ALL.iter().copied().filter(|kind| self.may_hear_of(caller, *kind)).collect();
        let is_enough = if asked.is_empty() {
            kinds.iter().any(|kind| permission_for(*kind).is_some())
        } else {
            asked.is_subset(&kinds)
        };
        if !is_enough {
            return Err(ServiceError::InsufficientPermissions);
        }
        Ok(EventFilter {
            kinds: if asked.is_empty() { kinds } else { asked },
            artefact_id: query.artefact_id,
            family: query.family,
            user_id: caller.user.as_ref().map(|user| user.id),
        })
    }
}

/// What it takes to read such a thing; nothing where it depends on whose it is.
fn permission_for(kind: EventKind) -> Option<Permission> {
    match kind {
        EventKind::Artefact => Some(Permission::ViewArtefact),
        EventKind::TestExecution | EventKind::TestResult => Some(Permission::ViewTest),
        EventKind::EnvironmentReview => Some(Permission::ViewEnvironmentReview),
        EventKind::Issue => Some(Permission::ViewIssue),
        EventKind::RerunRequest => Some(Permission::ViewRerun),
        EventKind::Notification => None,
    }
}

impl EventStream {
    /// What to say next; nothing when the stream ends, as the server stops or the client may not hear the same any longer.
    pub async fn next(&mut self) -> Option<Signal> {
        let recheck = self.service.settings.event_recheck;
        loop {
            if self.checked_at.elapsed() >= recheck && !self.is_still_allowed().await {
                return None;
            }
            match self.read() {
                Step::Say(signal) => return Some(signal),
                Step::End => return None,
                Step::Wait => {}
            }
            tokio::select! {
                changed = self.log.changed() => changed.ok()?,
                () = tokio::time::sleep_until(self.checked_at + recheck) => {}
            }
        }
    }

    fn read(&mut self) -> Step {
        if let Some(first) = self.first.take() {
            return Step::Say(first);
        }
        let log = self.log.borrow_and_update();
        if log.is_over() {
            return Step::End;
        }
        loop {
            match log.read(self.place) {
                Reading::Next(kept) => {
                    self.place += 1;
                    if self.filter.admits(&kept.event) {
                        let mut kept = kept.clone();
                        kept.event.about.is_own = self.filter.user_id.map(|user| kept.by == Some(user));
                        return Step::Say(Signal::Changed(kept));
                    }
                }
                Reading::UpToDate => return Step::Wait,
                Reading::Missed => {
                    self.place = log.end();
                    return Step::Say(Signal::Refresh(log.end_id().to_owned()));
                }
            }
        }
    }

    /// Whether who follows is who it was, and may hear what they could.
    async fn is_still_allowed(&mut self) -> bool {
        self.checked_at = Instant::now();
        let Ok(caller) = self.service.find_caller(&self.follower.credentials).await else { return false };
        let is_same = caller.principal("") == self.follower.caller.principal("");
        is_same && self.service.filter_for(&caller, &self.query).is_ok_and(|filter| filter == self.filter)
    }
}

/// Announces that an issue was attached to results, or detached from them.
pub(super) async fn announce_attachments(tx: &mut Tx, issue_id: i64, result_ids: &[i64]) -> StoreResult<()> {
    if result_ids.is_empty() {
        return Ok(());
    }
    tx.announce(Event::of_issue(issue_id));
    for execution in events::list_executions_of_results(tx, result_ids).await? {
        tx.announce(execution.event(EventKind::TestResult));
    }
    Ok(())
}

/// Announces that reruns of these builds are asked for, or not any longer.
pub(super) async fn announce_reruns(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<()> {
    if build_ids.is_empty() {
        return Ok(());
    }
    for (artefact_id, family) in events::list_artefacts_of_builds(tx, build_ids).await? {
        tx.announce(Event::of_artefact(EventKind::RerunRequest, artefact_id, family));
    }
    Ok(())
}
