//! One memory with everything that is known of it. All text in it may be others': nothing reaches the terminal as it is.

use serde_json::json;

use crate::cli::{App, print_json, print_line};
use crate::model::{Memory, MemoryId, exchange, percent};
use crate::store::{MemoryHistory, MemoryStore, Observation, RecallFilter, RecallRow, RecallStore, StoreError, Uses};
use crate::text;

/// Most recalls that are shown.
const RECALLS: usize = 20;
/// Related memories shown.
pub(in crate::cli) const MOST_RELATED: usize = 5;

pub(super) fn run(id: MemoryId, as_json: bool, app: &App) -> anyhow::Result<()> {
    let store = app.open_store_to_read()?;
    let memory = store.memory(id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let observations = store.observations(id)?;
    let history = store.history(id)?;
    let recalls = store.recalls(&RecallFilter { memory: Some(id), limit: RECALLS, ..RecallFilter::default() })?;
    let uses = store.uses(&[id])?.into_iter().next();
    let related = store.linked(id, MOST_RELATED)?;
    if as_json {
        let mut value = exchange::to_json(&memory);
        let seen = |seen: &Observation| json!({ "session": seen.session, "message": seen.message, "at": seen.at, "quote": seen.quote });
        value["observations"] = observations.iter().map(seen).collect();
        value["history"] = json!(history);
        value["recalls"] = json!(recalls);
        value["uses"] = json!(uses);
        let near = |(id, likeness): &(MemoryId, f32)| json!({ "id": id, "likeness": likeness });
        value["related"] = related.iter().map(near).collect();
        return print_json(&value);
    }
    print_line(super::summary(&memory));
    print_line("");
    print_line(text::printable(&memory.draft.body));
    print_line("");
    for (name, value) in facts(&memory, &history, uses.as_ref()).iter().filter(|(_, value)| !value.is_empty()) {
        print_line(format_args!("{name:10} {}", text::one_line(value, 400)));
    }
    for (other, _) in &related {
        if let Some(other) = store.memory(*other)? {
            print_line(format_args!("{:10} {}", "related", super::summary(&other)));
        }
    }
    show_evidence(&memory, &observations);
    show_recalls(&recalls);
    Ok(())
}

fn facts(memory: &Memory, history: &MemoryHistory, uses: Option<&Uses>) -> Vec<(&'static str, String)> {
    let draft = &memory.draft;
    let entities: Vec<String> =
        draft.entities.iter().map(|mention| format!("{}:{}", mention.kind.as_str(), mention.name)).collect();
    let numbers = |ids: &[MemoryId]| ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>().join(", ");
    let time = |at: Option<crate::model::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let drafts: Vec<String> =
        history.promotions.iter().map(|made| format!("{} {} ({})", made.form, made.path, made.at.date())).collect();
    vec![
        ("why kept", draft.reasoning.clone()),
        ("waits as", draft.extra.get("flag").and_then(|flag| flag.as_str()).unwrap_or_default().to_owned()),
        ("category", draft.category.map(|category| category.to_string()).unwrap_or_default()),
        ("trigger", draft.trigger.to_string()),
        ("origin", draft.origin.to_string()),
        ("project", draft.project.clone().unwrap_or_else(|| "every project".to_owned())),
        ("formed", draft.formed_at.to_string()),
        ("saved", memory.saved_at.to_string()),
        ("holds from", time(history.valid_from)),
        ("held until", time(history.valid_to)),
        ("now", memory.superseded_by.map(|id| format!("#{id} stands in its place")).unwrap_or_default()),
        ("replaces", numbers(&history.supersedes)),
        ("observed", draft.times_observed.to_string()),
        ("recalled", memory.recall_count.to_string()),
        ("used", uses.map(used).unwrap_or_default()),
        ("entities", entities.join(", ")),
        ("files", draft.files.join(", ")),
        ("promoted", drafts.join("; ")),
    ]
}

fn used(uses: &Uses) -> String {
    format!("followed {}, ignored {}, contradicted {}", uses.followed, uses.ignored, uses.contradicted)
}

/// The moment itself with its surroundings, then every further one; each with the command that shows its session.
fn show_evidence(memory: &Memory, observations: &[Observation]) {
    let draft = &memory.draft;
    if let Some(session) = &draft.provenance.session {
        print_line("");
        print_line(format_args!("{}  {}", draft.formed_at, link(&session.0)));
    }
    if !draft.source_chunk.is_empty() {
        print_line(text::printable(&draft.source_chunk));
    }
    for seen in observations {
        print_line(format_args!("{}  {}  “{}”", seen.at, link(&seen.session.0), text::one_line(&seen.quote, 200)));
    }
}

fn link(session: &str) -> String {
    format!("memory-lane sessions show {}", text::one_line(session, 120))
}

fn show_recalls(recalls: &[RecallRow]) {
    if recalls.is_empty() {
        return;
    }
    print_line("");
    for row in recalls {
        print_line(format_args!(
            "{} {} {:.0} % in {} by: {}",
            row.at,
            row.outcome,
            percent(row.score),
            text::one_line(&row.session.0, 60),
            text::one_line(&row.trigger, 80)
        ));
    }
}
