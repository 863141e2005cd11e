//! How many streams of events are open, in all and for each client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ServiceError, ServiceResult};

/// The open streams of this process by whose they are.
#[derive(Debug, Default)]
pub(super) struct EventSlots(Mutex<HashMap<String, u32>>);

/// The place of an open stream; free again when it is dropped.
#[derive(Debug)]
pub(super) struct EventSlot {
    slots: Arc<EventSlots>,
    client: String,
}

impl EventSlots {
    /// Takes a place for a client: of `all` there are, `per_client` at most for each.
    pub(super) fn take(self: &Arc<Self>, client: &str, all: u32, per_client: u32) -> ServiceResult<EventSlot> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<u32>() >= all {
            return Err(ServiceError::Busy("All streams of events are taken; try again later".to_owned(), 30));
        }
        let own = open.get(client).copied().unwrap_or_default();
        if own >= per_client {
            return Err(ServiceError::TooManyStreams(per_client));
        }
        open.insert(client.to_owned(), own + 1);
        Ok(EventSlot { slots: self.clone(), client: client.to_owned() })
    }
}

impl Drop for EventSlot {
    fn drop(&mut self) {
        let mut open = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.client).copied().unwrap_or_default().saturating_sub(1);
        // Clients that are gone are not remembered.
        if left == 0 {
            open.remove(&self.client);
        } else {
            open.insert(self.client.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{EventSlots, ServiceError};

    #[test]
    fn places_are_few_for_each_and_bounded_for_all() {
        let slots = Arc::new(EventSlots::default());
        let first = slots.take("a", 3, 2).unwrap();
        let second = slots.take("a", 3, 2).unwrap();
        assert!(matches!(slots.take("a", 3, 2), Err(ServiceError::TooManyStreams(2))));
        let third = slots.take("b", 3, 2).unwrap();
        assert!(matches!(slots.take("c", 3, 2), Err(ServiceError::Busy(..))));
        drop(first);
        let fourth = slots.take("c", 3, 2).unwrap();
        drop((second, third, fourth));
        assert!(slots.0.lock().unwrap().is_empty());
    }
}
