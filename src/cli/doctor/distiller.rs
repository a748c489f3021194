//! Whether the distiller works, and what it has cost; nothing to say where there is none.

use super::{Check, State, good};
use crate::cli::App;
use crate::config::Backend;
use crate::distiller::{DeadLetters, distiller};
use crate::model::Timestamp;
use crate::store::DistillerStore;
use crate::store::sqlite::SqliteStore;

const DAY_MS: i64 = 24 * 3_600_000;

pub(super) fn check(app: &App) -> Option<Check> {
    let settings = &app.settings.distiller;
    let backend = settings.backend;
    if backend == Backend::Rules {
        return None;
    }
    let reduced = |found: String, advice: &str| Check {
        name: "distiller",
        state: State::Reduced,
        found: format!("{backend}: {found}"),
        advice: advice.to_owned(),
    };
    // Makes no call: what it needs is looked for on this machine.
    if let Err(missing) = distiller(backend, settings, &app.paths) {
        return Some(reduced(missing.to_string(), "until then the rules alone word memories"));
    }
    let looked = SqliteStore::open_for_hook(&app.paths.database()).and_then(|store| {
        let spent = store.spent(Timestamp(app.now.millis() - DAY_MS))?;
        Ok((spent, store.pause(backend.as_str(), app.now)?, store.quotas(backend.as_str(), app.now)?))
    });
    let Ok((spent, pause, quotas)) = looked else { return Some(good("distiller", format!("{backend}, not used yet"))) };
    if let Some(pause) = pause {
        let advice = match pause.cause.as_str() {
            "credentials" => "put the key or the login right, then run `memory-lane catch --distiller`",
            "settings" => "put distiller.model and distiller.url right, then run `memory-lane catch --distiller`",
            _ => "nothing: it goes on by itself, and nothing is lost meanwhile",
        };
        return Some(reduced(format!("left alone until {}: {}", pause.until, pause.why), advice));
    }
    let quota = quotas.first().map(|most| format!("{:.0} % of the quota {} are used", most.used * 100.0, most.name));
    if let (Some(most), Some(quota)) = (quotas.first(), &quota)
        && most.used * 100.0 >= settings.quota_percent as f32
    {
        let found = format!("{quota}, the rest until {} is yours", most.resets_at);
        return Some(reduced(found, "nothing: it goes on by itself; distiller.quota_percent sets how much it may be"));
    }
    let dead = DeadLetters::at(app.paths.dead_letters()).letters().len();
    Some(good(
        "distiller",
        format!(
            "{backend}, in the last 24 hours {} calls, {} tokens, ${:.2}{}; {dead} dead letters in {}",
            spent.calls,
            spent.tokens(),
            spent.microdollars as f64 / 1e6,
            quota.map(|quota| format!("; {quota}")).unwrap_or_default(),
            app.paths.dead_letters().display()
        ),
    ))
}
