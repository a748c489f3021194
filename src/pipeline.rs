//! The steps from what agents wrote to what can be recalled: ingest, catch (by rules, then by a model if the person wants
//! that), embed; and what people wrote down themselves.

mod catch;
mod commands;
mod due;
mod embed;
mod ingest;
mod meaning;
mod names;
mod relate;
mod retold;
mod titles;
mod uses;

pub use catch::{CatchReport, DistilReport, Distilling, catch, catch_from, distil, estimate};
pub use commands::note_commands;
pub use due::{Due, due};
pub use embed::embed;
pub use ingest::{IngestProgress, IngestReport, ingest};
pub use meaning::Meaning;
pub use names::take_in_names;
pub use relate::{Related, relate};
pub use retold::bear_out;
pub use titles::{TitleReport, Titled, title_session, title_sessions};
pub use uses::judge_uses;
