//! What a run met that Hadoop loses or scrambles without a word: counted by the tasks, said at the end of the stage.

use std::sync::atomic::{AtomicU64, Ordering};

/// What tasks met that Hadoop loses or scrambles, and that its users should know.
#[derive(Debug, Default)]
pub(crate) struct Oddities {
    /// Lines of the input that were left out for their length.
    pub(crate) left_out: AtomicU64,
    /// Lines of the input that ended at a bare CR.
    pub(crate) cut_input: AtomicU64,
    /// Lines of children that did.
    pub(crate) cut_output: AtomicU64,
    /// Keys that a combiner changed into what does not belong where it is.
    pub(crate) strayed: AtomicU64,
}

impl Oddities {
    /// Adds to one of them; nothing is shared where there is nothing to add.
    pub(crate) fn add(count: &AtomicU64, more: u64) {
        if more > 0 {
            count.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// A warning for each that was met: its slug, and what is said. `too_long` is how many bytes make a line too long.
    pub(crate) fn warnings(
        &self,
        too_long: Option<u64>,
    ) -> impl Iterator<Item = (&'static str, String)> {
        let met = |count: &AtomicU64, what: &str| match count.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(format!("1 {what}")),
            count => Some(format!("{count} {what}s")),
        };
        let left_out = self.left_out.load(Ordering::Relaxed);
        let long = too_long.filter(|_| left_out > 0).map(|limit| {
            let (were, line) = if left_out == 1 { ("was", "line") } else { ("were", "lines") };
            let message = format!(
                "{left_out} {line} of the input {were} longer than `mapreduce.input.linerecordreader.line.maxlength` \
                 allows ({limit} bytes with the line's end are too many), and {were} left out, as Hadoop does"
            );
            ("howdah::long-lines", message)
        });
        let input = met(&self.cut_input, "line").map(|lines| {
            let message = format!(
                "{lines} of the input ended at a bare CR, as on Hadoop: what stood behind it became a line of its own"
            );
            ("howdah::input-cut-at-cr", message)
        });
        let output = met(&self.cut_output, "line").map(|lines| {
            let message = format!(
                "{lines} of the tasks' output ended at a bare CR, as on Hadoop: what stood behind it became a record of \
                 its own"
            );
            ("howdah::output-cut-at-cr", message)
        });
        let strayed = met(&self.strayed, "key").map(|keys| {
            let message = format!(
                "{keys} came out of the combiner out of order or in the partition of others; the records stay where they \
                 are, as on Hadoop: a combiner must keep its keys"
            );
            ("howdah::combiner-changed-keys", message)
        });
        [long, input, output, strayed].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_met_is_not_warned_of() {
        let oddities = Oddities::default();
        assert_eq!(oddities.warnings(Some(3)).count(), 0);
        Oddities::add(&oddities.cut_input, 1);
        Oddities::add(&oddities.strayed, 2);
        let said: Vec<_> = oddities.warnings(None).map(|(_, message)| message).collect();
        assert!(said[0].starts_with("1 line of the input ended"), "{said:?}");
        assert!(said[1].starts_with("2 keys came out of the combiner"), "{said:?}");
    }
}
