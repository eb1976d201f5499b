//! Which of a step's inputs a map task reads, and so which mapper is its own.
//!
//! Hadoop Streaming has one mapper command for all inputs of a job. So the task finds out: an engine says the input's
//! name, and where nobody does, the task's file is looked for among the paths of each input.

use std::collections::BTreeMap;

use howdah_plan::names::INPUT_NAME;
use howdah_plan::{StepInput, TaskInfo};

use super::location::Location;
use crate::property::lookup;

/// The property that says where an input lies: this and its name.
const PATHS: &str = "howdah.inputs.";
/// What begins a pattern within a path.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// The input that a map task reads, or what to say if that cannot be told. A step's only input is it in any case.
pub(super) fn choose<'s>(
    inputs: &'s [StepInput],
    task: &TaskInfo,
) -> Result<&'s StepInput, String> {
    if let [only] = inputs {
        return Ok(only);
    }
    let names = listed(inputs.iter());
    let step = format!("step {} (`--step {}`)", task.step + 1, task.step);
    let told = lookup(&task.properties, INPUT_NAME).filter(|name| !name.is_empty());
    let (fitting, what) = match (told, &task.input_file) {
        (Some(told), _) => {
            let fitting = inputs.iter().filter(|input| input.source.name() == told).collect();
            (fitting, format!("`{INPUT_NAME}` is `{told}`"))
        }
        (None, Some(file)) => {
            (nearest(inputs, file, &task.properties), format!("its file is `{file}`"))
        }
        (None, None) => {
            return Err(format!(
                "{step} has the inputs {names}, and nobody says which of them this task reads\n\
                 hint: set `howdah_input_name` to one of these names"
            ));
        }
    };
    match fitting.as_slice() {
        [one] => Ok(one),
        [] if told.is_some() => {
            Err(format!("{step} has the inputs {names}, and no other; but {what}"))
        }
        [] => Err(format!(
            "{step} has the inputs {names}, and it cannot be told which of them this task reads: {what}\n\
             hint: set `howdah.inputs.NAME` for each of them to its paths, with commas between, or \
             `howdah_input_name` to one of these names"
        )),
        several => Err(format!(
            "it cannot be told which input of {step} this task reads, since {what}, which fits {}\n\
             hint: give each input another name, and paths of its own",
            listed(several.iter().copied())
        )),
    }
}

/// Names in a sentence.
fn listed<'s>(inputs: impl Iterator<Item = &'s StepInput>) -> String {
    let names: Vec<_> = inputs.map(|input| format!("`{}`", input.source.name())).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// The inputs that a file fits best; with several of them it is open which one it belongs to.
fn nearest<'s>(
    inputs: &'s [StepInput],
    file: &str,
    properties: &BTreeMap<String, String>,
) -> Vec<&'s StepInput> {
    let file = normal(Location::of(file).path);
    let fits = inputs.iter().filter_map(|input| {
        let listed = lookup(properties, &format!("{PATHS}{}", input.source.name()))?;
        Some((Fit::best(&file, listed)?, input))
    });
    let fits: Vec<_> = fits.collect();
    let best = fits.iter().map(|(fit, _)| *fit).max();
    fits.into_iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, input)| input).collect()
}

/// How well a file fits a path: the longer what they have in common, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether the path is the file, a folder of it, or a pattern; else it ends within a name, as `/logs/2024-` does,
    /// and any other path that fits is rather meant.
    surely: bool,
    bytes: usize,
}

impl Fit {
    fn best(file: &str, paths: &str) -> Option<Self> {
        split(paths).filter_map(|path| Fit::of(file, Location::of(path).path)).max()
    }

    fn of(file: &str, path: &str) -> Option<Self> {
        if !path.starts_with('/') && file.starts_with('/') {
            return Fit::of_relative(file, path);
        }
        if path.starts_with('/') != file.starts_with('/') {
            return None;
        }
        if let Some(glob) = path.find(GLOB) {
            let begin = beginning(&path[..glob]);
            return file.starts_with(&begin).then_some(Fit { surely: true, bytes: begin.len() });
        }
        let path = normal(path);
        let rest = file.strip_prefix(&path)?;
        Some(Fit { surely: rest.is_empty() || rest.starts_with('/'), bytes: path.len() })
    }
}

impl Fit {
    /// The same for a path that begins in a folder which nobody names, as that of a user is: it fits where its names stand
    /// in the file's path, one behind the other.
    fn of_relative(file: &str, path: &str) -> Option<Self> {
        let begin = match path.find(GLOB) {
            Some(glob) => format!("/{}", beginning(&path[..glob])),
            None => format!("/{}", normal(path)),
        };
        let is_pattern = path.contains(GLOB);
        let fits = file.match_indices(&begin).any(|(at, _)| {
            let rest = &file[at + begin.len()..];
            is_pattern || rest.is_empty() || rest.starts_with('/')
        });
        (fits && begin.len() > 1).then_some(Fit { surely: false, bytes: begin.len() - 1 })
    }
}

/// The paths of a list, as Hadoop divides it: a comma in braces belongs to a pattern.
fn split(paths: &str) -> impl Iterator<Item = &str> {
    let mut braces = 0_u32;
    let ends_path = move |c: char| {
        match c {
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        c == ',' && braces == 0
    };
    paths.split(ends_path).map(str::trim).filter(|path| !path.is_empty())
}

/// A path without what has no meaning: slashes in a row or at the end, and `.` as a name. The root is empty.
fn normal(path: &str) -> String {
    let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
    let joined = names.collect::<Vec<_>>().join("/");
    match joined.as_str() {
        "" => String::new(),
        _ if path.starts_with('/') => format!("/{joined}"),
        _ => joined,
    }
}

/// The same for the beginning of a path, which may end within a name or with a slash.
fn beginning(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, begin)) => format!("{}/{begin}", normal(folder)),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use howdah_plan::{Part, TaskKind};

    use howdah_plan::Source;

    use super::*;

    fn inputs(sources: impl IntoIterator<Item = Source>) -> Vec<StepInput> {
        sources.into_iter().map(|source| StepInput::new(source, Part::Identity)).collect()
    }

    fn named(name: &str) -> Source {
        Source::Named(name.to_owned())
    }

    fn task(file: Option<&str>, properties: &[(&str, &str)]) -> TaskInfo {
        let pairs = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut task = TaskInfo::new(1, TaskKind::Map, 0);
        task.input_file = file.map(str::to_owned);
        task.properties = Arc::new(pairs.collect());
        task
    }

    fn chosen(inputs: &[StepInput], task: &TaskInfo) -> Result<String, String> {
        choose(inputs, task).map(|input| input.source.name().into_owned())
    }

    #[test]
    fn the_only_input_is_read_whatever_is_said() {
        let task = task(Some("/x"), &[("howdah.input.name", "other")]);
        assert_eq!(chosen(&inputs([named("users")]), &task).unwrap(), "users");
    }

    #[test]
    fn a_relative_path_is_looked_for_in_the_files() {
        let inputs = inputs([named("users"), named("orders")]);
        let paths = [("howdah_inputs_users", "in/users"), ("howdah_inputs_orders", "in/orders*")];
        for (file, expected) in [
            ("hdfs://nn:8020/user/me/in/users/part-0", "users"),
            ("hdfs://nn:8020/user/me/in/users", "users"),
            ("hdfs://nn:8020/user/me/in/orders-2/part-0", "orders"),
        ] {
            assert_eq!(chosen(&inputs, &task(Some(file), &paths)).unwrap(), expected, "{file}");
        }
        let other = "hdfs://nn:8020/user/me/in/users-of-another/part-0";
        assert!(chosen(&inputs, &task(Some(other), &paths)).is_err());
    }

    #[test]
    fn a_name_that_is_said_decides_whatever_the_file() {
        let inputs = inputs([Source::Main, named("users"), Source::Step(0)]);
        for name in ["main", "users", "step-0"] {
            for property in ["howdah.input.name", "howdah_input_name"] {
                let task = task(Some("/u/x"), &[(property, name), ("howdah_inputs_users", "/u")]);
                assert_eq!(chosen(&inputs, &task).unwrap(), name);
            }
        }
        assert_eq!(
            chosen(&inputs, &task(None, &[("howdah_input_name", "orders")])).unwrap_err(),
            "step 2 (`--step 1`) has the inputs `main`, `users` and `step-0`, and no other; \
             but `howdah.input.name` is `orders`"
        );
    }

    #[test]
    fn else_the_file_is_looked_for_among_the_paths() {
        let inputs = inputs([named("users"), named("orders-new"), Source::Main]);
        let paths = [
            ("howdah_inputs_users", "hdfs://host:8020/data/users, /more//users.txt"),
            ("howdah_inputs_orders_new", "/data/users/orders/,/logs/{2023,2024}/o-*"),
            ("howdah.inputs.main", "/data,rel"),
        ];
        for (file, expected) in [
            ("hdfs://other/data/users/part-00000", "users"),
            ("/more/users.txt", "users"),
            ("file:/more/users.txt", "users"),
            ("file:///data/users/orders/a", "orders-new"), // the longest
            ("/data/users/ordersx", "users"),              // a folder ends at a slash
            ("/data/usersx", "main"),
            ("/logs/2024/o-1", "orders-new"),
            ("rel/a", "main"),
            ("./rel/a", "main"),
        ] {
            assert_eq!(
                chosen(&inputs, &task(Some(file), &paths)).as_deref(),
                Ok(expected),
                "{file}"
            );
        }
        assert!(chosen(&inputs, &task(Some("/elsewhere/a"), &paths)).is_err());
        assert!(chosen(&inputs, &task(Some("/relative/a"), &paths)).is_err());
    }

    #[test]
    fn a_path_may_end_within_a_name_but_a_folder_is_rather_meant() {
        let inputs = inputs([named("a"), named("b")]);
        let fits = |a, b| {
            let paths = [("howdah.inputs.a", a), ("howdah.inputs.b", b)];
            chosen(&inputs, &task(Some("/logs/2024-01/x"), &paths)).unwrap_or_default()
        };
        assert_eq!(fits("/logs/2024-", "/logs/2023-"), "a");
        assert_eq!(fits("/logs/2024-", "/logs/2024"), "a");
        assert_eq!(fits("/logs/2024-", "/logs"), "b");
        assert_eq!(fits("/logs/2024-*", "/logs"), "a");
        assert_eq!(fits("/logs/*/x", "/"), "a");
        assert_eq!(fits("/log/*", "/"), "b");
        assert_eq!(fits("*,.", "hdfs://host"), "b");
    }

    #[test]
    fn what_cannot_be_told_is_asked_for() {
        let inputs = inputs([named("users"), named("orders")]);
        assert_eq!(
            chosen(&inputs, &task(None, &[("howdah_input_name", "")])).unwrap_err(),
            "step 2 (`--step 1`) has the inputs `users` and `orders`, and nobody says which of them this task reads\n\
             hint: set `howdah_input_name` to one of these names"
        );
        assert_eq!(
            chosen(&inputs, &task(Some("/x"), &[("howdah_inputs_users", "/u")])).unwrap_err(),
            "step 2 (`--step 1`) has the inputs `users` and `orders`, and it cannot be told which of them this task \
             reads: its file is `/x`\n\
             hint: set `howdah.inputs.NAME` for each of them to its paths, with commas between, or \
             `howdah_input_name` to one of these names"
        );
        let both =
            task(Some("/x/a"), &[("howdah_inputs_users", "/x"), ("howdah_inputs_orders", "/x/")]);
        assert_eq!(
            chosen(&inputs, &both).unwrap_err(),
            "it cannot be told which input of step 2 (`--step 1`) this task reads, since its file is `/x/a`, which \
             fits `users` and `orders`\n\
             hint: give each input another name, and paths of its own"
        );
    }

    #[test]
    fn two_inputs_of_one_name_are_not_guessed_at() {
        let inputs = inputs([Source::Main, named("main")]);
        let error = chosen(&inputs, &task(None, &[("howdah.input.name", "main")])).unwrap_err();
        assert!(error.contains("which fits `main` and `main`"), "{error}");
    }
}
