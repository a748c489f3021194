//! Whether a memory that comes by a name is about what is asked: a mention alone brings nothing.

use std::collections::HashSet;

use super::Query;
use super::candidates::Evidence;
use crate::model::MemoryDraft;
use crate::text;

/// Share of the best cosine among the memories of the named, below which a memory without a word of the topic is about
/// something else.
const SHARE_OF_BEST: f32 = 0.85;

/// What a prompt is about beside the names in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Topic {
    terms: HashSet<String>,
    best: f32,
}

impl Topic {
    /// The query's terms without those of the names.
    pub(super) fn of<'a>(query: &Query, names: impl Iterator<Item = &'a str>) -> Self {
        let names: HashSet<String> = names.flat_map(text::terms).collect();
        if names.is_empty() {
            return Self::default();
        }
        let terms =
            query.search_terms().into_iter().map(|asked| asked.term).filter(|term| !names.contains(term)).collect();
        Self { terms, best: 0.0 }
    }

    /// Takes note of how near a memory of a named entity is.
    pub(super) fn compare(&mut self, evidence: &Evidence) {
        if !evidence.entities.is_empty() {
            self.best = self.best.max(evidence.cosine.unwrap_or(0.0));
        }
    }

    /// Whether a memory names an entity of the prompt, and nothing else of it.
    pub(super) fn is_beside(&self, evidence: &Evidence, draft: &MemoryDraft) -> bool {
        let Some(cosine) = evidence.cosine else { return false };
        if evidence.entities.is_empty() || evidence.file || self.terms.is_empty() || cosine >= SHARE_OF_BEST * self.best
        {
            return false;
        }
        !text::terms(&draft.index_text()).iter().any(|term| self.terms.contains(term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemoryKind, Timestamp};
    use crate::store::Scope;

    #[test]
    fn a_mention_alone_is_beside_the_topic() {
        let scope = Scope { project: None, before: Timestamp(0), not_session: None };
        let query = Query::prompt("What events does Indy Hall have coming up?", scope);
        let mut topic = Topic::of(&query, ["Indy Hall"].into_iter());
        let evidence = |cosine: f32| Evidence {
            cosine: Some(cosine),
            entities: vec!["Indy Hall".to_owned()],
            ..Evidence::default()
        };
        topic.compare(&evidence(0.8));
        let draft = |body: &str| MemoryDraft::new(MemoryKind::Insight, "", body, Timestamp(0));
        assert!(topic.is_beside(&evidence(0.6), &draft("42 check-ins at Indy Hall")));
        assert!(!topic.is_beside(&evidence(0.7), &draft("42 check-ins at Indy Hall")), "near in meaning");
        assert!(!topic.is_beside(&evidence(0.6), &draft("The next event at Indy Hall")), "a word of the topic");
        assert!(!topic.is_beside(&Evidence { file: true, ..evidence(0.6) }, &draft("x")));
        let bare = Topic::of(&Query { text: "Indy Hall".to_owned(), ..query }, ["Indy Hall"].into_iter());
        assert!(!bare.is_beside(&evidence(0.1), &draft("x")), "nothing but the name is asked for");
    }
}
