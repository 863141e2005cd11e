//! Answers that have not changed since they were asked for are not sent again: this process remembers what it has understood of them, and
//! by which marks the other side knows them again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// What is remembered of answers, by the questions.
#[derive(Debug)]
pub struct Memory<Q, A>(Mutex<HashMap<Q, Remembered<A>>>);

#[derive(Debug)]
pub(crate) struct Remembered<A> {
    marks: Marks,
    /// What was understood of the answer.
    pub(crate) content: Arc<A>,
}

/// What the other side knows an answer again by: at least one of both.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    tag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
}

impl<Q, A> Default for Memory<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

// Not derived: it is the content's holder that is cloned.
impl<A> Clone for Remembered<A> {
    fn clone(&self) -> Self {
        Self { marks: self.marks.clone(), content: self.content.clone() }
    }
}

impl<Q: Eq + Hash, A> Memory<Q, A> {
    /// What is remembered of the last answer to a question.
    pub(crate) fn recall(&self, question: &Q) -> Option<Remembered<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(question).cloned()
    }

    /// Remembers what was understood of an answer, if the other side would know it again.
    pub(crate) fn remember(&self, question: Q, marks: Option<Marks>, content: &Arc<A>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match marks {
            Some(marks) => answers.insert(question, Remembered { marks, content: content.clone() }),
            None => answers.remove(&question),
        };
    }

    /// Forgets the answers to all questions but those.
    pub(crate) fn keep(&self, is_asked: impl Fn(&Q) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|question, _| is_asked(question));
    }
}

impl<A> Remembered<A> {
    /// Asks for an answer only if it is another one than this.
    pub(crate) fn condition(&self, headers: &mut HeaderMap) {
        let Marks { tag, modified } = &self.marks;
        if let Some(tag) = tag {
            headers.insert(header::IF_NONE_MATCH, tag.clone());
        }
        if let Some(modified) = modified {
            headers.insert(header::IF_MODIFIED_SINCE, modified.clone());
        }
    }

    /// Its content, if the status of the new answer says that it is still right.
    pub(crate) fn confirmed(self, status: StatusCode) -> Option<Arc<A>> {
        (status == StatusCode::NOT_MODIFIED).then_some(self.content)
    }
}

impl Marks {
    /// The marks of an answer, if it has any.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let (tag, modified) = (headers.get(header::ETAG).cloned(), headers.get(header::LAST_MODIFIED).cloned());
        (tag.is_some() || modified.is_some()).then_some(Self { tag, modified })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 09 Mar 2031 01:02:03 GMT";

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn an_answer_is_asked_for_again_by_the_marks_that_it_had() {
        let (tag, date) = ((header::ETAG, "\"a\""), (header::LAST_MODIFIED, DATE));
        let (none_match, since) = ((header::IF_NONE_MATCH, "\"a\""), (header::IF_MODIFIED_SINCE, DATE));
        for (answer, question) in [
            (vec![tag.clone()], vec![none_match.clone()]),
            (vec![date.clone()], vec![since.clone()]),
            (vec![tag, date], vec![none_match, since]),
        ] {
            let memory = Memory::default();
            memory.remember("question", Marks::of(&headers(&answer)), &Arc::new("content"));
            let mut asked = HeaderMap::new();
            let known = memory.recall(&"question").unwrap();
            known.condition(&mut asked);
            assert_eq!(asked, headers(&question));
            assert_eq!(known.clone().confirmed(StatusCode::OK), None);
            assert_eq!(known.confirmed(StatusCode::NOT_MODIFIED).as_deref(), Some(&"content"));
        }
    }

    #[test]
    fn what_has_no_mark_or_is_not_asked_for_is_forgotten() {
        let memory = Memory::default();
        let marks = || Marks::of(&headers(&[(header::ETAG, "\"a\"")]));
        for question in ["without a mark", "not asked for", "kept"] {
            memory.remember(question, marks(), &Arc::new(()));
        }
        memory.remember("without a mark", Marks::of(&HeaderMap::new()), &Arc::new(()));
        memory.keep(|question| *question != "not asked for");
        for (question, is_known) in [("without a mark", false), ("not asked for", false), ("kept", true)] {
            assert_eq!(memory.recall(&question).is_some(), is_known, "{question}");
        }
    }
}
