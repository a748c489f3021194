//! A long text in pages that fit a budget of tokens.

use crate::text::{bytes_of_tokens, tokens};

/// A piece of a text that has a place of its own: a message, a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Item {
    /// Its position among the session's steps; none for headings and sub-agents' steps.
    pub(in crate::cli) seq: Option<u32>,
    /// Whole lines.
    pub(in crate::cli) text: String,
}

/// Consecutive items, or a part of one that is longer than a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Page {
    /// What is on it.
    pub(in crate::cli) text: String,
    /// The steps that begin or go on here.
    pub(in crate::cli) steps: Vec<u32>,
}

impl Page {
    /// About how many tokens it takes.
    pub(in crate::cli) fn tokens(&self) -> usize {
        tokens(&self.text)
    }
}

/// A page of fewer tokens could not hold one character of every script and its marks.
pub(in crate::cli) const FEWEST_TOKENS: usize = 8;

/// Lays items out on pages of at most `budget` tokens (at least [`FEWEST_TOKENS`]); never less than one page.
pub(in crate::cli) fn pages(items: &[Item], budget: usize) -> Vec<Page> {
    let most = bytes_of_tokens(budget.max(FEWEST_TOKENS));
    let mut pages = vec![Page::default()];
    for item in items {
        let mut rest = item.text.as_str();
        while !rest.is_empty() {
            let used = pages.last().map_or(0, |page| page.text.len());
            // What fits a page of its own is not torn apart.
            if used > 0 && used + rest.len() > most {
                pages.push(Page::default());
            }
            let piece = piece_of(rest, most);
            if let Some(page) = pages.last_mut() {
                page.text.push_str(piece);
                page.steps.extend(item.seq);
            }
            rest = &rest[piece.len()..];
        }
    }
    pages
}

/// The start of a text of at most `most` bytes: whole lines if any fit, else whole characters.
fn piece_of(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match text[..end].rfind('\n') {
        Some(line) => &text[..=line],
        None => &text[..end],
    }
}

/// The page on which the step at `seq` begins, or the one with the last step before it; from 0.
pub(in crate::cli) fn page_of(pages: &[Page], seq: u32) -> usize {
    let mut found = 0;
    let mut best = None;
    for (number, page) in pages.iter().enumerate() {
        for &step in page.steps.iter().filter(|step| **step <= seq) {
            if best.is_none_or(|best| step > best) {
                (found, best) = (number, Some(step));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(seq: u32, text: &str) -> Item {
        Item { seq: Some(seq), text: text.to_owned() }
    }

    #[test]
    fn items_stay_whole_where_they_fit() {
        let items = [item(0, &"a".repeat(20)), item(1, &"b".repeat(20)), item(2, &"c".repeat(50))];
        let pages = pages(&items, 10);
        let steps: Vec<&[u32]> = pages.iter().map(|page| page.steps.as_slice()).collect();
        assert_eq!(steps, [&[0][..], &[1], &[2], &[2]]);
        assert_eq!(page_of(&pages, 2), 2, "where it begins");
        assert_eq!(page_of(&pages, 9), 2);
        assert_eq!(super::pages(&[], 10), [Page::default()]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_page_is_too_long(texts in prop::collection::vec("[ -~éö\n]{0,200}", 0..12), budget in 8_usize..60) {
            let items: Vec<Item> = (0..).zip(&texts).map(|(seq, text)| item(seq, text)).collect();
            let pages = pages(&items, budget);
            prop_assert!(pages.iter().all(|page| page.tokens() <= budget));
            prop_assert_eq!(pages.iter().map(|page| page.text.as_str()).collect::<String>(), texts.concat());
            for item in items.iter().filter(|item| !item.text.is_empty()) {
                let seq = item.seq.unwrap();
                prop_assert!(pages[page_of(&pages, seq)].steps.contains(&seq));
            }
        }
    }
}
