//! Which known people, projects and things a situation names, and where a name fits several people.
//!
//! Two passes: the whole name first, then one word of it ("Adam"), then a name spelt nearly like it. A word that several
//! bear is settled by what else is said: the full name, what the session knows, the conversation before. What is left is
//! ambiguous, and all bearers are candidates until it is known whether the difference matters.

use super::Query;
use crate::entity::{self, Called};
use crate::model::{EntityId, EntityKind};
use crate::store::{Bearer, KnownEntity, RecallStore, Result, SessionName};

/// Misspelt names that are looked for in one prompt; each is a search.
const MOST_MISSPELT: usize = 3;

/// What a situation names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Named {
    /// Every entity whose memories are candidates, each once.
    pub(super) entities: Vec<KnownEntity>,
    /// Names that fit several of them.
    pub(super) ambiguous: Vec<Ambiguous>,
    /// What a name was just found to mean, to be remembered for the session.
    pub(super) learned: Vec<(String, EntityId)>,
}

/// A name that fits several entities.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ambiguous {
    /// The word, lower-cased.
    pub(super) word: String,
    /// Whom it fits, most mentioned first.
    pub(super) bearers: Vec<Bearer>,
}

impl Named {
    /// Among how many bearers of one name an entity is one: 1 unless it is ambiguous.
    pub(super) fn alternatives(&self, entity: EntityId) -> usize {
        let of = |ambiguous: &&Ambiguous| ambiguous.bearers.iter().any(|bearer| id(bearer) == entity);
        self.ambiguous.iter().find(of).map_or(1, |ambiguous| ambiguous.bearers.len())
    }

    fn add(&mut self, entity: &KnownEntity) {
        if !self.entities.iter().any(|known| known.id == entity.id) {
            self.entities.push(entity.clone());
        }
    }
}

/// The entities of a prompt or failure.
pub(super) fn in_text(query: &Query, store: &dyn RecallStore) -> Result<Named> {
    let mut named = Named::default();
    for entity in store.known_entities(&query.names())? {
        named.add(&entity);
    }
    if !query.moment.is_said() {
        return Ok(named);
    }
    let said = entity::called(&query.text);
    let mut called = said.clone();
    let before: Vec<Called> = query.window.iter().flat_map(|message| entity::called(&message.text)).collect();
    for word in query.counted_window().flat_map(|message| entity::called(&message.text)) {
        if !called.iter().any(|known| known.word == word.word) {
            called.push(word);
        }
    }
    let words: Vec<String> = called.iter().map(|called| called.word.clone()).collect();
    let mut bearers = store.bearers(&words)?;
    bearers.extend(misspelt(&called, &bearers, &named, store)?);
    if bearers.is_empty() {
        return Ok(named);
    }
    let settled = match &query.session {
        Some(session) => store.session_names(session)?,
        None => Vec::new(),
    };
    for word in words {
        // Of a word that many bear the store gives the most mentioned; another word of the name may have brought more.
        let mut of_word: Vec<Bearer> = Vec::new();
        for bearer in bearers.iter().filter(|bearer| bearer.word == word || name_words(&bearer.entity).contains(&word))
        {
            if !of_word.iter().any(|known| id(known) == id(bearer)) {
                of_word.push(bearer.clone());
            }
        }
        settle(&word, of_word, &said, &before, &settled, &mut named, store)?;
    }
    Ok(named)
}

/// Decides what one word means.
fn settle(
    word: &str,
    bearers: Vec<Bearer>,
    said: &[Called],
    before: &[Called],
    settled: &[SessionName],
    named: &mut Named,
    store: &dyn RecallStore,
) -> Result<()> {
    // Only people are asked about; two projects of one name are told apart by the project that is asked in.
    let (bearers, others): (Vec<Bearer>, Vec<Bearer>) =
        bearers.into_iter().partition(|bearer| bearer.entity.kind == EntityKind::Person);
    others.iter().for_each(|bearer| named.add(&bearer.entity));
    if let [] | [_] = bearers[..] {
        bearers.iter().for_each(|bearer| named.add(&bearer.entity));
        return Ok(());
    }
    let mut whole = by_whole_name(&bearers, said);
    if whole.is_empty() {
        let of_session = settled.iter().find(|known| known.name == word).and_then(|known| known.entity);
        if let Some(meant) = bearers.iter().find(|bearer| Some(bearer.entity.id) == of_session) {
            named.add(&meant.entity);
            return Ok(());
        }
        // A further name that a person gave to one of them settles it.
        let by_alias = store.known_entities(&[word.to_owned()])?;
        let is_bearer = |entity: &KnownEntity| bearers.iter().any(|bearer| bearer.entity.id == entity.id);
        if let Some(meant) = by_alias.iter().find(|entity| is_bearer(entity)) {
            named.add(meant);
            return Ok(());
        }
        whole = by_whole_name(&bearers, before);
    }
    if let [one] = whole[..] {
        if settled.iter().all(|known| known.name != word || known.entity != Some(one.entity.id)) {
            named.learned.push((word.to_owned(), one.entity.id));
        }
        named.add(&one.entity);
        return Ok(());
    }
    let fitting: Vec<Bearer> = if whole.is_empty() { bearers } else { whole.into_iter().cloned().collect() };
    fitting.iter().for_each(|bearer| named.add(&bearer.entity));
    // Asked once: whoever goes on without an answer does not want to be asked again.
    let was_asked = settled.iter().any(|known| known.name == word);
    // Words of the same name ("Adam Smith" of two Adam Smiths) are one question.
    let same = |other: &Ambiguous| other.bearers.iter().map(id).eq(fitting.iter().map(id));
    if !was_asked && !named.ambiguous.iter().any(same) {
        named.ambiguous.push(Ambiguous { word: word.to_owned(), bearers: fitting });
    }
    Ok(())
}

fn id(bearer: &Bearer) -> EntityId {
    bearer.entity.id
}

/// Those bearers whose every name stands in the words.
fn by_whole_name<'a>(bearers: &'a [Bearer], words: &[Called]) -> Vec<&'a Bearer> {
    let says = |name: &str| words.iter().any(|called| called.word == name);
    bearers.iter().filter(|bearer| name_words(&bearer.entity).iter().all(|name| says(name))).collect()
}

/// The words of an entity's name, lower-cased.
pub(super) fn name_words(entity: &KnownEntity) -> Vec<String> {
    entity.name.to_lowercase().split([' ', '/']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// People whose names are spelt nearly like words that are written as names and are nobody's.
fn misspelt(called: &[Called], bearers: &[Bearer], named: &Named, store: &dyn RecallStore) -> Result<Vec<Bearer>> {
    let is_known = |word: &str| {
        bearers.iter().any(|bearer| bearer.word == word)
            || named.entities.iter().any(|entity| name_words(entity).iter().any(|name| name == word))
    };
    let unknown: Vec<String> = called
        .iter()
        .filter(|called| called.written_as_name && !is_known(&called.word))
        .map(|called| called.word.clone())
        .take(MOST_MISSPELT)
        .collect();
    if unknown.is_empty() { Ok(Vec::new()) } else { store.bearers_spelt_like(&unknown) }
}

/// The entities that the files at hand stand for: `people/amy.md` for Amy.
pub(super) fn by_files(query: &Query, store: &dyn RecallStore) -> Result<Vec<KnownEntity>> {
    let mut found = store.entities_of_files(&query.files)?;
    let Some(person) = query.files.iter().find_map(|path| entity::person_of_file(path)) else { return Ok(found) };
    let person = person.to_lowercase();
    let people = |entity: &KnownEntity| entity.kind == EntityKind::Person;
    found.extend(store.known_entities(std::slice::from_ref(&person))?.into_iter().filter(people));
    let words: Vec<String> = person.split(' ').map(str::to_owned).collect();
    let bearers = store.bearers(&words)?;
    let whole = |bearer: &&Bearer| {
        let name = name_words(&bearer.entity);
        people(&bearer.entity) && words.iter().all(|word| name.contains(word))
    };
    found.extend(bearers.iter().filter(whole).map(|bearer| bearer.entity.clone()));
    let mut seen = Vec::new();
    found.retain(|entity| {
        !seen.contains(&entity.id) && {
            seen.push(entity.id);
            true
        }
    });
    Ok(found)
}
