//! The tree of entries, taken apart into the path to the last one and the branches that were left.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::trace::fields::text;

/// One line of a session.
pub(super) struct Entry {
    pub(super) record: Value,
    pub(super) line: u64,
    /// Position of the entry it follows.
    pub(super) parent: Option<usize>,
}

/// A path from a first entry to a last one, as positions in the file.
pub(super) struct Branch {
    pub(super) entries: Vec<usize>,
    /// How many of them, from the front, belong to the branch that it left.
    pub(super) shared: usize,
    /// Which of the branches before this one it left; none for the conversation itself.
    pub(super) parent: Option<usize>,
}

/// Reads the entries' links. An entry without an id, or whose parent is nowhere, follows the one before it: so it is in
/// version 1, and so a damaged line costs nothing but itself.
pub(super) fn entries(records: Vec<(Value, u64)>) -> Vec<Entry> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut entries: Vec<Entry> = Vec::with_capacity(records.len());
    for (place, (record, line)) in records.into_iter().enumerate() {
        let before = place.checked_sub(1);
        let parent = match (text(&record, "id"), record.get("parentId")) {
            (None, _) | (_, None) => before,
            (_, Some(Value::Null)) => None,
            (_, Some(parent)) => parent.as_str().and_then(|parent| places.get(parent).copied()).or(before),
        };
        if let Some(id) = text(&record, "id") {
            places.insert(id.to_owned(), place);
        }
        entries.push(Entry { record, line, parent });
    }
    entries
}

/// The conversation first, then the branches that were left, those left last first.
pub(super) fn branches(entries: &[Entry]) -> Vec<Branch> {
    let mut has_child = HashSet::new();
    has_child.extend(entries.iter().filter_map(|entry| entry.parent));
    let mut owner: HashMap<usize, usize> = HashMap::new();
    let mut branches: Vec<Branch> = Vec::new();
    // Parents stand before their children, so the last entry is the end of a path and walking up ends.
    for leaf in (0..entries.len()).rev().filter(|place| !has_child.contains(place)) {
        let mut path: Vec<usize> = std::iter::successors(Some(leaf), |&place| entries[place].parent).collect();
        path.reverse();
        let shared = path.iter().take_while(|place| owner.contains_key(place)).count();
        let parent = shared.checked_sub(1).and_then(|last| owner.get(&path[last]).copied());
        owner.extend(path[shared..].iter().map(|&place| (place, branches.len())));
        let parent = if branches.is_empty() { None } else { parent.or(Some(0)) };
        branches.push(Branch { entries: path, shared, parent });
    }
    branches
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Entries as `id<parent`, `id` alone for one without a parent member, `id<` for a first one.
    fn check(lines: &[&str], expected: &[(&str, usize, Option<usize>)]) {
        let records = lines.iter().enumerate().map(|(line, link)| {
            let record = match link.split_once('<') {
                Some((id, "")) => json!({"id": id, "parentId": null}),
                Some((id, parent)) => json!({"id": id, "parentId": parent}),
                None => json!({"said": link}),
            };
            (record, line as u64)
        });
        let entries = entries(records.collect());
        let name = |place: &usize| lines[*place].split('<').next().unwrap();
        let found: Vec<(String, usize, Option<usize>)> = branches(&entries)
            .iter()
            .map(|branch| (branch.entries.iter().map(name).collect(), branch.shared, branch.parent))
            .collect();
        let found: Vec<_> = found.iter().map(|(path, shared, parent)| (path.as_str(), *shared, *parent)).collect();
        assert_eq!(found, expected, "{lines:?}");
    }

    #[test]
    fn the_last_entry_is_the_end_of_the_conversation() {
        check(&["a<", "b<a", "c<b"], &[("abc", 0, None)]);
        check(&["a<", "b<a", "c<b", "d<a", "e<d"], &[("ade", 0, None), ("abc", 1, Some(0))]);
        check(&["a<", "b<a", "c<a", "d<b"], &[("abd", 0, None), ("ac", 1, Some(0))]);
        check(&["a<", "b<a", "c<b", "d<b", "e<a"], &[("ae", 0, None), ("abd", 1, Some(0)), ("abc", 2, Some(1))]);
        check(&["a<", "b<a", "c<"], &[("c", 0, None), ("ab", 0, Some(0))]);
        check(&[], &[]);
    }

    #[test]
    fn lists_and_broken_links_go_on_from_the_line_before() {
        check(&["a", "b", "c"], &[("abc", 0, None)]);
        check(&["a<", "b<lost", "c<b"], &[("abc", 0, None)]);
    }
}
