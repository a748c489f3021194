//! A line in the person's crontab, between two marks; every other line stays as it is.

use super::{Task, on_one_line};
use crate::install::InstallError;

const BEGIN: &str = "# memory-lane: begin (`memory-lane schedule remove` takes this out)";
const END: &str = "# memory-lane: end";

/// Our lines with their marks.
pub(super) fn block(task: &Task) -> Result<String, InstallError> {
    let mut words = Vec::new();
    for (name, value) in &task.variables {
        words.push(format!("{name}={}", quoted(value)?));
    }
    for word in &task.command {
        words.push(quoted(word)?);
    }
    let when = if task.minutes == 60 { "0".to_owned() } else { format!("*/{}", task.minutes) };
    // cron makes a line end of every bare percent sign, within quotes too.
    let command = words.join(" ").replace('%', "\\%");
    Ok(format!("{BEGIN}\n{when} * * * * {command} >/dev/null 2>&1\n{END}\n"))
}

/// Our lines in a crontab.
pub(super) fn block_in(text: &str) -> Option<String> {
    let (start, end) = span(text)?;
    Some(text[start..end].to_owned())
}

/// The crontab with our lines, in their old place if they had one.
pub(super) fn with_block(text: &str, block: &str) -> String {
    if let Some((start, end)) = span(text) {
        return format!("{}{block}{}", &text[..start], &text[end..]);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{block}")
}

/// The crontab without our lines.
pub(super) fn without_block(text: &str) -> String {
    span(text).map_or_else(|| text.to_owned(), |(start, end)| format!("{}{}", &text[..start], &text[end..]))
}

/// From the first mark to the end of the last one's line. Without a last mark only the first one's line is ours.
fn span(text: &str) -> Option<(usize, usize)> {
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |at| from + at + 1);
    let start = text.match_indices(BEGIN).map(|(at, _)| at).find(|&at| at == 0 || text[..at].ends_with('\n'))?;
    let last = text[start..].find(&format!("\n{END}")).map_or(start, |at| start + at + 1);
    Some((start, line_end(last)))
}

fn quoted(word: &str) -> Result<String, InstallError> {
    Ok(format!("'{}'", on_one_line(word)?.replace('\'', r"'\''")))
}
