//! What every backend must do, as one suite of behaviours: a backend is added by one `contract!` line.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod distilling;
mod entities;
mod evidence;
mod listing;
mod matching;
mod memories;
mod progress;
mod queue;
mod recall;
mod samples;
mod search;
mod sessions;
mod sqlite_file;
mod sqlite_scan;
mod sqlite_versions;
mod vectors;

use std::ops::{Deref, DerefMut};

use memory_lane::store::Store;
use memory_lane::store::sqlite::SqliteStore;
use tempfile::TempDir;

/// A backend's own store, with what must outlive it.
struct Opened<S> {
    store: S,
    _directory: Option<TempDir>,
}

impl<S: Store + 'static> Deref for Opened<S> {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

impl<S: Store + 'static> DerefMut for Opened<S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.store
    }
}

fn in_memory() -> Opened<SqliteStore> {
    Opened { store: SqliteStore::open_in_memory().unwrap(), _directory: None }
}

fn in_a_file() -> Opened<SqliteStore> {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("made").join("memory-lane.db")).unwrap();
    Opened { store, _directory: Some(directory) }
}

/// Declares one test per behaviour for a backend; `$open` gives an empty store.
macro_rules! contract {
    ($backend:ident, $open:path) => {
        behaviours! { $backend, $open,
            sessions: [
                a_session_tells_what_its_transcript_says,
                a_session_tells_which_files_it_had,
                an_append_continues_the_session,
                a_persons_title_wins,
                without_a_title_the_first_telling_prompt_gives_one,
                copies_in_forks_are_left_out,
                several_blocks_of_one_record_are_kept,
                results_find_their_call,
                models_tokens_and_patches_come_back,
                results_find_the_call_in_the_fork_parent,
                a_restart_removes_what_was_there,
                turns_are_rebuilt,
                a_forgotten_session_is_gone_and_stays_away
            ],
            listing: [
                sessions_are_filtered,
                sessions_are_filtered_by_what_became_of_them,
                outcomes_follow_the_last_steps,
                a_person_pins_and_names_sessions,
                sessions_are_found_by_prefix,
                projects_say_where_they_lie
            ],
            progress: [
                transcripts_are_remembered,
                skipped_records_are_summed,
                what_was_not_understood_is_kept_within_bounds,
                uncaught_sessions_are_work_until_recorded,
                prompts_of_other_sessions_are_listed
            ],
            search: [
                calls_are_found_by_what_they_were_given,
                calls_that_fail_later_or_go_are_looked_at_again,
                appends_stored_together_are_stored_in_order,
                messages_need_all_words,
                messages_are_filtered_by_side_and_project,
                phrases_and_words_that_must_not_be,
                conditions_say_which_messages,
                without_words_each_session_has_one_message,
                a_session_gives_no_more_than_asked,
                removed_messages_are_not_found,
                scores_are_positive_and_rank_rare_words_higher,
                words_that_stand_together_are_worth_more,
                the_same_failure_is_found_by_its_lines
            ],
            matching: [
                terms_of_every_script_match,
                matching_stays_in_scope,
                matching_counts_rare_terms_first,
                matching_goes_by_the_weight_of_a_word,
                repeated_terms_cost_once,
                forgotten_and_retired_memories_do_not_match
            ],
            memories: [
                a_memory_comes_back_as_it_was,
                the_same_moment_is_stored_once,
                forgotten_memories_stay_forgotten,
                memories_are_filtered,
                edits_change_what_is_found,
                unknown_memories_are_an_error,
                entities_are_merged_by_name,
                files_are_known_by_their_endings,
                memories_about_files_and_entities_are_found,
                counts_say_what_there_is
            ],
            evidence: [
                what_a_forgotten_memory_stood_on_gives_none_again,
                what_is_said_again_counts_once_a_session,
                a_superseded_memory_is_kept_but_not_recalled,
                merged_memories_share_their_evidence,
                memories_are_linked_until_their_text_changes,
                drafts_made_from_a_memory_are_remembered
            ],
            vectors: [
                vectors_are_asked_for_until_given,
                nearest_orders_by_cosine_and_scope,
                nearest_honours_time_and_session,
                memories_that_may_not_be_recalled_take_no_place,
                other_dimensions_work_side_by_side,
                a_vector_of_the_wrong_length_is_refused,
                freed_places_are_used_again,
                neighbours_leave_the_memory_itself_out
            ],
            queue: [
                requests_wait_until_served_and_wait_once,
                runs_are_kept_and_bounded,
                sessions_wait_with_their_prompts,
                what_was_found_goes_in_as_a_whole
            ],
            entities: [
                a_single_name_is_the_one_person_who_bears_it,
                an_ambiguous_name_stays_open,
                words_of_names_find_people_and_projects,
                names_spelt_nearly_right_are_found,
                merged_entities_stay_merged,
                a_split_tells_two_apart,
                ignored_names_are_not_made_again,
                an_alias_is_a_name,
                changes_are_undone_latest_first,
                impossible_changes_are_refused,
                a_source_names_entities_and_takes_them_back,
                names_mean_something_in_a_session,
                commands_are_counted_by_session,
                a_session_is_warned_once
            ],
            recall: [
                fetch_keeps_to_the_scope,
                standing_lessons_are_said_in_several_sessions,
                a_memory_is_claimed_once_a_session,
                only_injected_memories_are_claimed,
                a_rearmed_session_is_shown_again,
                recalls_are_listed,
                recalls_of_forgotten_memories_are_dropped,
                votes_keep_their_situation,
                uses_are_judged_once,
                leases_exclude_and_run_out
            ],
            distilling: [
                undistilled_sessions_are_work_until_recorded,
                nothing_is_distilled_into_a_forgotten_session,
                ready_sessions_need_not_be_quiet_and_the_latest_come_first,
                undistilled_sessions_are_filtered_by_their_end,
                what_is_distilled_takes_its_places_in_one_step,
                what_was_forgotten_does_not_come_back_in_other_words,
                calls_are_counted_from_before_they_are_made,
                a_pause_ends_by_itself_and_failures_do_not,
                quotas_are_kept_until_they_are_reset
            ]
        }
    };
}

macro_rules! behaviours {
    ($backend:ident, $open:path, $($area:ident: [$($behaviour:ident),+ $(,)?]),+ $(,)?) => {
        mod $backend {
            $(mod $area { $(
                #[test]
                fn $behaviour() {
                    crate::store_contract::$area::$behaviour(&mut *$open());
                }
            )+ })+
        }
    };
}

contract!(sqlite_in_memory, crate::store_contract::in_memory);
contract!(sqlite_in_a_file, crate::store_contract::in_a_file);
