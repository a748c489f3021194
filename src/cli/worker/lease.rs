//! One process at a time ingests and catches.
//!
//! The lease in the database says who does, and runs out by itself. A lock on a file beside it tells at once whether the
//! holder still lives: the system drops the lock of a process that was killed.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::cli::app::now;
use crate::store::sqlite::SqliteStore;
use crate::store::{Lease, QueueStore, RecallStore};

/// The lease's name in the store.
const NAME: &str = "worker";
/// How long the lease is held without being renewed: longer than any one step takes.
const HELD_MS: i64 = 10 * 60 * 1000;
/// How long a command that a person typed waits for a worker.
const PATIENCE: Duration = Duration::from_secs(60);
/// Priority of who has it, as `nice` counts: in the middle of what anybody may give up.
#[cfg(unix)]
const BEHIND_HOOKS: i32 = 10;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// The right to ingest and to catch. Give it back with [`Held::release`]; a process that ends without loses it too.
pub(in crate::cli) struct Held {
    /// Locked as long as it is open; `None` where files cannot be locked.
    _lock: Option<File>,
    holder: String,
}

impl Held {
    /// Takes the lease unless a living process has it. `lock` is the file that is locked.
    pub(in crate::cli) fn take(store: &mut SqliteStore, lock: &Path) -> anyhow::Result<Option<Self>> {
        let holder = std::process::id().to_string();
        let file = File::create(lock).with_context(|| format!("open {}", lock.display()))?;
        let locked = match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => return Ok(None),
            // A file system without locks: the lease alone has to do.
            Err(TryLockError::Error(_)) => None,
        };
        if locked.is_some()
            && let Some(left) = store.lease(NAME)?
        {
            store.release_lease(NAME, &left.holder)?;
        }
        let taken = store.take_lease(NAME, &holder, now(), HELD_MS)?;
        step_back();
        Ok(taken.then_some(Self { _lock: locked, holder }))
    }

    /// Takes the lease, waiting for whoever has it.
    pub(in crate::cli) fn take_patiently(store: &mut SqliteStore, lock: &Path) -> anyhow::Result<Self> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(held) = Self::take(store, lock)? {
                return Ok(held);
            }
            if waited >= PATIENCE {
                bail!(
                    "another process is ingesting or catching; `memory-lane status` says which, try again when it is done"
                );
            }
            std::thread::sleep(PAUSE);
            waited += PAUSE;
        }
    }

    /// Renews the lease. Fails when another process has taken it meanwhile.
    pub(in crate::cli) fn renew(&self, store: &mut SqliteStore) -> anyhow::Result<()> {
        if !store.take_lease(NAME, &self.holder, now(), HELD_MS)? {
            bail!("another process has taken over, as this one seemed to be dead");
        }
        Ok(())
    }

    /// Gives the lease back.
    pub(in crate::cli) fn release(self, store: &mut SqliteStore) -> anyhow::Result<()> {
        Ok(store.release_lease(NAME, &self.holder)?)
    }
}

/// Who ingests and catches at the moment, if anybody does.
pub(in crate::cli) fn at_work(store: &dyn QueueStore, lock: &Path) -> anyhow::Result<Option<Lease>> {
    let Some(lease) = store.lease(NAME)?.filter(|lease| lease.until > now()) else { return Ok(None) };
    let is_dead = File::open(lock).is_ok_and(|file| file.try_lock().is_ok());
    Ok((!is_dead).then_some(lease))
}

/// Lets hooks go first on a busy machine: a person waits for them, and for nobody who has the lease. Threads started later
/// inherit it.
fn step_back() {
    #[cfg(unix)]
    {
        let _lower_already = rustix::process::setpriority_process(None, BEHIND_HOOKS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn the_living_keep_the_lease_and_the_dead_lose_it() {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("worker.lock");
        let mut store = SqliteStore::open(&dir.path().join("memory-lane.db")).unwrap();
        let far = 1_000_000;
        assert!(store.take_lease(NAME, "killed", now(), far).unwrap());
        assert_eq!(
            at_work(&store, &lock).unwrap().map(|lease| lease.holder).as_deref(),
            Some("killed"),
            "no lock, so who knows"
        );
        let held = Held::take(&mut store, &lock).unwrap().expect("its holder has no lock");
        assert!(Held::take(&mut store, &lock).unwrap().is_none(), "a lock excludes even the same process");
        assert_eq!(at_work(&store, &lock).unwrap().map(|lease| lease.holder), Some(held.holder.clone()));
        held.renew(&mut store).unwrap();
        held.release(&mut store).unwrap();
        assert_eq!(at_work(&store, &lock).unwrap(), None);
        let held = Held::take(&mut store, &lock).unwrap().unwrap();
        drop(held);
        assert_eq!(at_work(&store, &lock).unwrap(), None, "gone without giving it back");
        assert!(store.lease(NAME).unwrap().is_some_and(|lease| lease.until > Timestamp(0)));
    }
}
