//! Words too common to ask for.

use std::collections::HashSet;
use std::sync::LazyLock;

/// English function words and the small change of talking to an agent, stemmed as [`super::terms`] stems them.
static STOP_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    const WORDS: &str = "a about above after again all also am an and any are as at be because been before being below \
        between both but by can cannot could d did do does doing don down during each else ever every few for from \
        further get gets getting go goes going got had has have having he her here hers him his how i if in into is isn \
        it its itself just let ll m make makes may maybe me might mine more most much must my myself need no nor not now \
        of off ok okay on once one only or other our ours out over own please re s same shall she should so some still \
        such sure t than thank thanks that the their theirs them then there these they thing things this those through \
        to too under until up us use used using ve very want wants was wasn we well were what when where which while who \
        whom why will with won would yeah yep yes yet you your yours";
    WORDS.split_whitespace().flat_map(super::terms).collect()
});

/// Whether an analysed term is too common to be worth asking for.
pub fn is_stop_word(term: &str) -> bool {
    STOP_WORDS.contains(term)
}
