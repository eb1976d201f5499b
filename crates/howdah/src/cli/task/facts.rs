//! What a task is told about itself, and what that says of its lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use howdah_plan::{Origin, StepInput, TaskInfo, TaskKind};

use crate::cli::lines::DELIMITER;
use crate::cli::typed::Pipe;
use crate::property::lookup;

/// A task's facts, as Hadoop Streaming tells them: every property is a variable of the environment.
pub(super) fn from_environment(step: usize, kind: TaskKind) -> TaskInfo {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    from_properties(step, kind, variables.collect())
}

fn from_properties(step: usize, kind: TaskKind, properties: BTreeMap<String, String>) -> TaskInfo {
    let number = |name| lookup(&properties, name).and_then(|text| text.parse().ok());
    let mut info = TaskInfo::new(step, kind, number("mapreduce.task.partition").unwrap_or(0));
    // attempt_1700000000000_0001_m_000002_0: the attempt's number is last.
    info.attempt = lookup(&properties, "mapreduce.task.attempt.id")
        .and_then(|id| id.rsplit('_').next()?.parse().ok())
        .unwrap_or(0);
    if kind == TaskKind::Map {
        info.input_file = lookup(&properties, "mapreduce.map.input.file").map(str::to_owned);
    }
    info.properties = Arc::new(properties);
    info
}

/// Where a map task's lines are in its file, as far as that can be told.
///
/// The task sees lines, and only of a split. Their places are those of the file if the split begins with it, if each
/// line comes as it is and not as typed bytes, and if nothing filters them. Hadoop gives each line an LF as its end: in
/// a file whose lines end with CR LF the offset is too small by one for each line before.
pub(super) struct Origins<'i> {
    file: Option<&'i str>,
}

impl<'i> Origins<'i> {
    pub(super) fn of(task: &'i TaskInfo, reads: Option<&StepInput>, pipe: Pipe) -> Self {
        let property = |name| lookup(&task.properties, name);
        let has_lines_of_its_file =
            reads.is_some_and(|input| input.filter.is_none() && !input.whole_files);
        let begins_with_its_file = property("mapreduce.map.input.start") == Some("0");
        let comes_as_it_is = pipe == Pipe::Lines
            && property(DELIMITER).is_none()
            && property("mapred.input.format.class")
                .is_none_or(|class| class.ends_with(".TextInputFormat"));
        let is_known = has_lines_of_its_file && begins_with_its_file && comes_as_it_is;
        Origins { file: task.input_file.as_deref().filter(|_| is_known) }
    }

    /// The origin of the line at an offset of the task's input, in bytes.
    pub(super) fn at(&self, offset: u64) -> Option<Origin> {
        self.file.map(|file| Origin { file: file.to_owned(), offset })
    }
}

#[cfg(test)]
mod tests {
    use howdah_plan::{CommandLine, LineForm, Part, Source};

    use super::*;

    fn facts(kind: TaskKind, pairs: &[(&str, &str)]) -> TaskInfo {
        let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        from_properties(0, kind, pairs.collect())
    }

    #[test]
    fn facts_come_from_new_and_old_names() {
        let new = [
            ("mapreduce_task_partition", "2"),
            ("mapreduce_task_attempt_id", "attempt_1_0001_m_000002_3"),
            ("mapreduce_map_input_file", "file:/a"),
        ];
        let old = [
            ("mapred_task_partition", "2"),
            ("mapred_task_id", "attempt_1_0001_m_000002_3"),
            ("map_input_file", "file:/a"),
        ];
        for names in [new, old] {
            let info = facts(TaskKind::Map, &names);
            assert_eq!((info.task, info.attempt), (2, 3));
            assert_eq!(info.input_file.as_deref(), Some("file:/a"));
            assert_eq!(facts(TaskKind::Reduce, &names).input_file, None);
        }
    }

    #[test]
    fn a_place_in_the_file_is_told_only_where_it_is_known() {
        let lines = StepInput::new(Source::Main, Part::Identity);
        let file = ("mapreduce_map_input_file", "file:/a");
        let start = ("mapreduce_map_input_start", "0");
        let at = |pairs: &[(&str, &str)], reads: &StepInput| {
            Origins::of(&facts(TaskKind::Map, pairs), Some(reads), Pipe::Lines).at(17)
        };
        let known = Some(Origin { file: "file:/a".to_owned(), offset: 17 });
        assert_eq!(at(&[file, start], &lines), known);
        let text = ("mapred_input_format_class", "org.apache.hadoop.mapred.TextInputFormat");
        assert_eq!(at(&[file, start, text], &lines), known);

        let (task, typed) = (facts(TaskKind::Map, &[file, start]), Pipe::Typed(LineForm::Text));
        assert_eq!(Origins::of(&task, Some(&lines), typed).at(17), None);
        assert_eq!(at(&[file], &lines), None);
        assert_eq!(at(&[start], &lines), None);
        assert_eq!(at(&[file, ("mapreduce_map_input_start", "100")], &lines), None);
        let pairs = ("mapred_input_format_class", "x.KeyValueTextInputFormat");
        assert_eq!(at(&[file, start, pairs], &lines), None);
        assert_eq!(at(&[file, start, ("textinputformat_record_delimiter", "||")], &lines), None);
        let mut filtered = lines.clone();
        filtered.filter = Some(CommandLine::new(["grep", "x"]));
        assert_eq!(at(&[file, start], &filtered), None);
        let mut whole = lines;
        whole.whole_files = true;
        assert_eq!(at(&[file, start], &whole), None);
    }
}
