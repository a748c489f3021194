//! How common a word is in what people and agents say to each other, whatever is in the store.
//!
//! A young store cannot know that `file` says less than `basket`: both stand in one memory of three. These shares stand
//! in for the sessions it has not seen yet, and fade as it fills.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Share of texts that hold a word that is on no list.
const RARE: f32 = 0.0005;

/// Share of texts that hold a given stop word.
const FUNCTION_WORD: f32 = 0.4;

/// Words and the share of texts that hold one of them, rounded judgements for talk about software.
const TIERS: [(f32, &str); 3] = [
    (
        0.12,
        "add change check code commit create error file fix function help line look make name new project read run see \
         show test tests time try update use work write",
    ),
    (
        0.05,
        "app ask back better branch build call case class come command comment config current data default different \
         doc docs done end example expect fail failed failing find first folder full give good handle idea implement \
         implementation issue keep key kind know last leave let list local log long main mean message method missing \
         move number old only open option output part pass path plan point possible problem put question real reason \
         remove repo result return review right same save set setting should simple single start state step stop string \
         support sure task tell thing think type understand user value version way without word wrong",
    ),
    (
        0.015,
        "access account action actual allow already always anything apply argument assume available bad base bit body \
         bug button cause clean clear client close complete component connect contain content context continue copy \
         correct count cover day debug decide define delete dependency description design detail directory document \
         down easy edit email empty enable entry environment every exist explain explicit extra fact feature field final \
         flag flow follow format found general generate group happen hard head high hold home hook human image import \
         improve include info information input inside install instead interface internal item job just language large \
         later latest layer learn left level library light link little live load look lot low mail manual map match merge \
         mode model module need never next nice node note object ok order original package page parameter parse past \
         pattern people place port pr prefer present print process prod production program prompt property public pull \
         push quick quite random rather ready receive record refactor reference release remain rename replace report \
         request require response rest rule safe script search second section seem select send separate server service \
         session share short side size small software solution someone something source special specific spec stack \
         standard still store structure style suggest sync system table target team text third today token tool top \
         total track try turn two ui unit url variable verify view wait want warning web week whole window world year",
    ),
];

static SHARES: LazyLock<HashMap<String, f32>> = LazyLock::new(|| {
    let mut shares = HashMap::new();
    for (share, words) in TIERS {
        for term in words.split_whitespace().flat_map(super::terms) {
            shares.entry(term).or_insert(share);
        }
    }
    shares
});

/// Texts that a store counts as seen elsewhere, whose words are as common as they are in general: two hundred texts weigh as
/// much as this.
const UNSEEN: f32 = 200.0;

/// How much a term tells that `holding` of `texts` hold: BM25's inverse frequency, with the texts not seen yet counted in.
pub fn rarity(term: &str, holding: usize, texts: usize) -> f32 {
    let all = texts as f32 + UNSEEN;
    let holding = holding as f32 + UNSEEN * common_share(term);
    (1.0 + (all - holding + 0.5).max(0.0) / (holding + 0.5)).ln()
}

/// Share of texts in general that hold this analysed term, 0 to 1.
pub fn common_share(term: &str) -> f32 {
    if super::is_stop_word(term) {
        return FUNCTION_WORD;
    }
    SHARES.get(term).copied().unwrap_or(RARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_change_is_common_and_names_are_rare() {
        let share = |word: &str| common_share(&crate::text::terms(word)[0]);
        assert!(share("files") > share("server") && share("server") > share("basket"));
    }
}
