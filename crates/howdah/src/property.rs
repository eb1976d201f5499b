//! Properties of a job's configuration, as a task sees them.
//!
//! A task that howdah runs in its own process knows properties by their names. A task of Hadoop Streaming finds
//! them in its environment, where every character that is no ASCII letter or digit became `_`. A name is looked
//! up in both spellings, and then under the name that Hadoop 1 gave it.

use howdah_streaming::properties::environment_name;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use howdah_plan::TaskInfo;

use crate::error::{Error, Result};

/// A property that a job reads, with the type of its value.
///
/// ```
/// use howdah::{Flow, Out, Property};
///
/// const LONGEST: Property<usize> = Property::new("words.longest");
///
/// // `word-count run -D words.longest=20 …`, or `hadoop jar … -D words.longest=20 …`
/// let _ = Flow::lines().map_fn(|line, out: &mut Out<String, u64>| -> howdah::Result {
///     let longest = out.get(&LONGEST)?.unwrap_or(usize::MAX);
///     for word in line.split_whitespace().filter(|word| word.len() <= longest) {
///         out.emit(word, 1);
///     }
///     Ok(())
/// });
/// ```
#[derive(Debug)]
pub struct Property<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Property<T> {
    /// A property by its name, as in `-D NAME=VALUE`.
    pub const fn new(name: &'static str) -> Self {
        Property { name, value: PhantomData }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T: FromStr> Property<T>
where
    T::Err: fmt::Display,
{
    pub(crate) fn read(&self, task: &TaskInfo) -> Result<Option<T>> {
        let Some(text) = lookup(&task.properties, self.name) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| {
            Error::new(format_args!("the property `{}` is `{text}`: {error}", self.name))
        })
    }
}

/// What a task sees under a property's name.
pub(crate) fn lookup<'p>(properties: &'p BTreeMap<String, String>, name: &str) -> Option<&'p str> {
    let find = |name: &str| {
        properties.get(name).or_else(|| properties.get(&environment_name(name))).map(String::as_str)
    };
    find(name).or_else(|| find(old_name(name)?))
}

/// The name that Hadoop 1 gave to a property that tasks ask for.
fn old_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "mapreduce.map.input.file" => "map.input.file",
        "mapreduce.map.input.start" => "map.input.start",
        "mapreduce.map.input.length" => "map.input.length",
        "mapreduce.job.id" => "mapred.job.id",
        "mapreduce.job.name" => "mapred.job.name",
        "mapreduce.job.maps" => "mapred.map.tasks",
        "mapreduce.job.reduces" => "mapred.reduce.tasks",
        "mapreduce.job.local.dir" => "job.local.dir",
        "mapreduce.job.user.name" => "user.name",
        "mapreduce.task.id" => "mapred.tip.id",
        "mapreduce.task.attempt.id" => "mapred.task.id",
        "mapreduce.task.ismap" => "mapred.task.is.map",
        "mapreduce.task.partition" => "mapred.task.partition",
        "mapreduce.task.output.dir" => "mapred.work.output.dir",
        "mapreduce.output.fileoutputformat.outputdir" => "mapred.output.dir",
        "mapreduce.input.fileinputformat.inputdir" => "mapred.input.dir",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use howdah_plan::TaskKind;

    use super::*;

    fn task(properties: &[(&str, &str)]) -> TaskInfo {
        let pairs = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut task = TaskInfo::new(0, TaskKind::Map, 0);
        task.properties = std::sync::Arc::new(pairs.collect());
        task
    }

    #[test]
    fn a_name_is_found_in_all_its_spellings() {
        for spelling in [
            "mapreduce.task.partition",
            "mapreduce_task_partition",
            "mapred.task.partition",
            "mapred_task_partition",
        ] {
            let task = task(&[(spelling, "3")]);
            let found = Property::<u32>::new("mapreduce.task.partition").read(&task);
            assert_eq!(found.unwrap(), Some(3), "{spelling}");
        }
    }

    #[test]
    fn a_value_of_another_type_names_the_property() {
        let error = Property::<u32>::new("words.at").read(&task(&[("words.at", "x")]));
        assert_eq!(
            error.unwrap_err().to_string(),
            "the property `words.at` is `x`: invalid digit found in string"
        );
    }
}
