//! The one way to a model: within the budget, not while it is to be left alone, and not again and again.

use std::time::Duration;

use super::price::{expected, price_of, spent};
use super::{Distiller, Failure, Reply, Request};
use crate::config::DistillerSettings;
use crate::model::Timestamp;
use crate::store::{DistillerCall, DistillerStore, Pause, Quota, StoreError};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Waits between the attempts of one call when a server does not answer.
const BACKOFF: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// A server that asks for a longer wait than this is left alone for that time instead.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// After a call that failed at every attempt; doubled with each further one.
const FIRST_PAUSE_MS: i64 = 15 * 60_000;
const LONGEST_PAUSE_MS: i64 = 6 * HOUR_MS;
/// After a used-up quota whose end the server did not name.
const QUOTA_PAUSE_MS: i64 = HOUR_MS;
/// Windows in a row without a usable reply, from which the model is thought to be unfit.
const UNFIT_AFTER: u32 = 3;

/// Time, as far as the gate needs it.
pub trait Clock {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, time: Duration);
}

/// Why no call was made, or none that was of use: the run ends here and goes on another time. Nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The budget is used up.
    #[error("the budget is used up: {0}")]
    Budget(String),
    /// It is to be left alone.
    #[error("{distiller} is left alone until {}: {}", pause.until, pause.why)]
    Paused {
        /// Which.
        distiller: String,
        /// Why.
        pause: Pause,
    },
    /// It failed in a way that another window would fail too.
    #[error(transparent)]
    Failed(Failure),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A distiller behind its limits.
pub struct Gate<'a> {
    /// What is asked.
    pub distiller: &'a dyn Distiller,
    /// The limits.
    pub settings: &'a DistillerSettings,
    /// Time.
    pub clock: &'a dyn Clock,
}

impl Gate<'_> {
    /// Asks, at most three times when the server does not answer.
    ///
    /// # Errors
    /// The outer one ends the run. The inner one is about this request: splitting it or asking otherwise may help.
    pub fn ask(
        &self,
        store: &mut dyn DistillerStore,
        request: &Request<'_>,
    ) -> Result<Result<Reply, Failure>, Refusal> {
        let mut waits = BACKOFF.iter();
        loop {
            let failure = match self.ask_once(store, request)? {
                Ok(reply) => return Ok(Ok(reply)),
                Err(failure) => failure,
            };
            match failure {
                Failure::Busy { why, after } => {
                    let wait = waits.next().map(|wait| after.unwrap_or(*wait).max(*wait));
                    match wait.filter(|wait| *wait <= LONGEST_WAIT) {
                        Some(wait) => self.clock.sleep(wait),
                        None => return Err(self.leave_alone_after_failure(store, &why, after)?),
                    }
                }
                Failure::Denied(_) => return Err(self.pause(store, "credentials", &failure, DAY_MS)?),
                Failure::Quota { after, .. } => {
                    let time_ms = after.map(millis).or(self.until_reset(store)?).unwrap_or(QUOTA_PAUSE_MS);
                    return Err(self.pause(store, "quota", &failure, time_ms)?);
                }
                // A wrong model or address: a worker that came again each quarter of an hour would ask in vain each time.
                Failure::Rejected(_) => return Err(self.pause(store, "settings", &failure, LONGEST_PAUSE_MS)?),
                Failure::Unavailable(_) => return Err(Refusal::Failed(failure)),
                Failure::TooLarge(_)
                | Failure::Truncated { .. }
                | Failure::Refused { .. }
                | Failure::Malformed { .. } => return Ok(Err(failure)),
            }
        }
    }

    /// Notes that a whole window got no usable reply; after a few in a row the model is left alone.
    ///
    /// # Errors
    /// [`Refusal::Paused`] from then on.
    pub fn note_unusable(&self, store: &mut dyn DistillerStore) -> Result<(), Refusal> {
        let failures = store.note_failure(self.name())?;
        if failures < UNFIT_AFTER {
            return Ok(());
        }
        let why = format!("{failures} windows in a row got no usable reply of {}", self.distiller.model());
        Err(self.pause_with(store, "failures", why, HOUR_MS)?)
    }

    /// Notes that a window got a usable reply.
    pub fn note_usable(&self, store: &mut dyn DistillerStore) -> Result<(), Refusal> {
        Ok(store.set_pause(self.name(), None)?)
    }

    /// Forgets that the key or the request was not accepted: a person who starts a run has seen to it.
    pub fn lift_denial(&self, store: &mut dyn DistillerStore) -> Result<(), Refusal> {
        let pause = store.pause(self.name(), self.clock.now())?;
        if pause.is_some_and(|pause| ["credentials", "settings"].contains(&pause.cause.as_str())) {
            store.set_pause(self.name(), None)?;
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        self.distiller.backend().as_str()
    }

    fn ask_once(
        &self,
        store: &mut dyn DistillerStore,
        request: &Request<'_>,
    ) -> Result<Result<Reply, Failure>, Refusal> {
        self.spare_quotas(store)?;
        let now = self.clock.now();
        if let Some(pause) = store.pause(self.name(), now)? {
            return Err(Refusal::Paused { distiller: self.name().to_owned(), pause });
        }
        let price = price_of(self.distiller.backend(), self.distiller.model());
        let cost = expected(request.tokens(), price);
        self.check_budget(store, cost.tokens(), cost.microdollars, now)?;
        let call = DistillerCall {
            at: now,
            distiller: self.name().to_owned(),
            model: self.distiller.model().to_owned(),
            cost,
        };
        let call = store.begin_call(&call)?;
        let outcome = self.distiller.ask(request);
        self.note_limits(store)?;
        match &outcome {
            Ok(reply) => {
                let counted = reply.usage.input_tokens > 0 || reply.usage.output_tokens > 0;
                store.end_call(call, "answered", counted.then(|| spent(reply.usage, price)))?;
            }
            // The estimate stands: a reply that was of no use was paid for.
            Err(failure) => store.end_call(call, failure.name(), None)?,
        }
        Ok(outcome)
    }

    /// Leaves the rest of a quota to the person: waits where it is soon whole again, ends the run where it is not.
    fn spare_quotas(&self, store: &mut dyn DistillerStore) -> Result<(), Refusal> {
        let most = self.settings.quota_percent as f32 / 100.0;
        let quotas = store.quotas(self.name(), self.clock.now())?;
        let spared = quotas.into_iter().filter(|quota| quota.used >= most).max_by_key(|quota| quota.resets_at);
        let Some(Quota { name, used, resets_at }) = spared else { return Ok(()) };
        let left_ms = resets_at.millis() - self.clock.now().millis();
        let wait = Duration::from_millis(left_ms.unsigned_abs());
        if wait <= LONGEST_WAIT {
            self.clock.sleep(wait);
            return Ok(());
        }
        let why = format!("{:.0} % of the quota {name} are used (distiller.quota_percent)", used * 100.0);
        let pause = Pause { until: resets_at, cause: "quota".to_owned(), why };
        Err(Refusal::Paused { distiller: self.name().to_owned(), pause })
    }

    fn note_limits(&self, store: &mut dyn DistillerStore) -> Result<(), Refusal> {
        let limits = self.distiller.limits();
        if limits.is_empty() {
            return Ok(());
        }
        let now = self.clock.now().millis();
        let quota = |limit: super::Limit| Quota {
            name: limit.name,
            used: limit.used,
            resets_at: Timestamp(now + millis(limit.resets_after)),
        };
        Ok(store.note_quotas(self.name(), &limits.into_iter().map(quota).collect::<Vec<_>>())?)
    }

    /// Milliseconds until the quota that is used most is whole again, where that is known.
    fn until_reset(&self, store: &dyn DistillerStore) -> Result<Option<i64>, Refusal> {
        let now = self.clock.now();
        let most_used = store.quotas(self.name(), now)?.into_iter().next();
        Ok(most_used.map(|quota| quota.resets_at.millis() - now.millis()))
    }

    fn check_budget(
        &self,
        store: &mut dyn DistillerStore,
        tokens: u64,
        microdollars: u64,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let limits = self.settings;
        let hour = store.spent(Timestamp(now.millis() - HOUR_MS))?;
        let day = store.spent(Timestamp(now.millis() - DAY_MS))?;
        let over = |used: u64, more: u64, most: u64| used.saturating_add(more) > most;
        let dollars = |microdollars: u64| microdollars as f64 / 1e6;
        let used_up = if over(hour.calls, 1, limits.calls_per_hour) {
            format!("{} calls in the last hour (distiller.calls_per_hour)", hour.calls)
        } else if over(day.calls, 1, limits.calls_per_day) {
            format!("{} calls in the last 24 hours (distiller.calls_per_day)", day.calls)
        } else if over(hour.tokens(), tokens, limits.tokens_per_hour) {
            format!("{} tokens in the last hour (distiller.tokens_per_hour)", hour.tokens())
        } else if over(day.tokens(), tokens, limits.tokens_per_day) {
            format!("{} tokens in the last 24 hours (distiller.tokens_per_day)", day.tokens())
        } else if dollars(day.microdollars.saturating_add(microdollars)) > limits.dollars_per_day {
            format!("${:.2} in the last 24 hours (distiller.dollars_per_day)", dollars(day.microdollars))
        } else {
            return Ok(());
        };
        Err(Refusal::Budget(used_up))
    }

    fn leave_alone_after_failure(
        &self,
        store: &mut dyn DistillerStore,
        why: &str,
        after: Option<Duration>,
    ) -> Result<Refusal, Refusal> {
        let failures = store.note_failure(self.name())?;
        let doubled = FIRST_PAUSE_MS << failures.saturating_sub(1).min(10);
        let pause = doubled.min(LONGEST_PAUSE_MS).max(after.map_or(0, millis));
        self.pause_with(store, "failures", format!("no answer: {why}"), pause)
    }

    fn pause(
        &self,
        store: &mut dyn DistillerStore,
        cause: &str,
        failure: &Failure,
        time_ms: i64,
    ) -> Result<Refusal, Refusal> {
        self.pause_with(store, cause, failure.to_string(), time_ms)
    }

    fn pause_with(
        &self,
        store: &mut dyn DistillerStore,
        cause: &str,
        why: String,
        time_ms: i64,
    ) -> Result<Refusal, Refusal> {
        let until = Timestamp(self.clock.now().millis() + time_ms);
        let pause = Pause { until, cause: cause.to_owned(), why };
        store.set_pause(self.name(), Some(&pause))?;
        Ok(Refusal::Paused { distiller: self.name().to_owned(), pause })
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(DAY_MS).min(7 * DAY_MS)
}

#[cfg(test)]
mod tests;
