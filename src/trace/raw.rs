//! Keeping what was not understood as it was written.

use serde_json::Value;

use super::parsed::{MARGIN_BYTES, Parsed, Skipped, start_of};
use crate::model::{RAW_BYTES, RAW_SESSION_BYTES, RAW_SESSION_RECORDS, RawRecord};

impl Parsed {
    /// Counts something not understood, and leaves a place for the record, which [`Parsed::keep`] fills.
    pub(super) fn skip(&mut self, why: impl Into<String>, line: u64) {
        let why = why.into();
        if !self.awaits_record() && self.has_room() {
            self.raw.push(RawRecord { why: why.clone(), line, bytes: 0, text: String::new() });
        }
        self.count(why, line);
    }

    /// Counts something not understood of which there is no record.
    pub(super) fn count(&mut self, why: impl Into<String>, line: u64) {
        self.skipped.entry(why.into()).or_insert(Skipped { line, count: 0 }).count += 1;
    }

    /// Keeps the record that was just read, if something in it was not understood.
    pub(super) fn keep(&mut self, record: &[u8]) {
        if self.awaits_record() {
            let start = &record[..record.len().min(RAW_BYTES + MARGIN_BYTES)];
            self.fill(record.len(), &String::from_utf8_lossy(start));
        }
    }

    /// The same for a record that is not at hand as it was written.
    pub(super) fn keep_value(&mut self, record: &Value) {
        if self.awaits_record() {
            let record = record.to_string();
            self.fill(record.len(), start_of(&record, RAW_BYTES + MARGIN_BYTES));
        }
    }

    fn fill(&mut self, bytes: usize, text: &str) {
        if let Some(raw) = self.raw.last_mut() {
            raw.bytes = bytes as u64;
            text.clone_into(&mut raw.text);
        }
    }

    fn awaits_record(&self) -> bool {
        self.raw.last().is_some_and(|raw| raw.text.is_empty())
    }

    fn has_room(&self) -> bool {
        self.raw.len() < RAW_SESSION_RECORDS
            && self.raw.iter().map(|raw| raw.text.len()).sum::<usize>() < RAW_SESSION_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_that_was_not_understood_is_kept() {
        let mut parsed = Parsed::default();
        parsed.keep(b"understood");
        parsed.skip("unknown type x", 2);
        parsed.skip("unknown block y", 2);
        parsed.keep(b"{\"type\":\"x\"}");
        parsed.keep(b"understood");
        parsed.skip("unknown type x", 9);
        parsed.keep_value(&serde_json::json!({"type": "x"}));
        let kept: Vec<(u64, &str)> = parsed.raw.iter().map(|raw| (raw.line, raw.text.as_str())).collect();
        assert_eq!(kept, [(2, "{\"type\":\"x\"}"), (9, "{\"type\":\"x\"}")]);
        assert_eq!((parsed.raw[0].why.as_str(), parsed.raw[0].bytes), ("unknown type x", 12));
        assert_eq!(parsed.skipped["unknown type x"], Skipped { line: 2, count: 2 });
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_counted_is_not() {
        let mut parsed = Parsed::default();
        for line in 0..5000 {
            parsed.skip("unknown type x", line);
            parsed.keep(&vec![b'y'; if line == 0 { 9 << 20 } else { 9 }]);
        }
        assert_eq!((parsed.raw.len(), parsed.skipped["unknown type x"].count), (RAW_SESSION_RECORDS, 5000));
        assert_eq!((parsed.raw[0].bytes, parsed.raw[0].text.len()), (9 << 20, RAW_BYTES + MARGIN_BYTES));
        let mut parsed = Parsed::default();
        for line in 0..99 {
            parsed.skip("unknown type x", line);
            parsed.keep(&[b'y'; RAW_BYTES]);
        }
        assert_eq!(parsed.raw.len(), RAW_SESSION_BYTES / RAW_BYTES);
    }
}
