//! The files beside a plan that its commands name: each goes to the tasks that need it.
//!
//! On a cluster a command runs in a folder of its task's own, on a machine that has no such file. Without it the job
//! would fail there in every case, so nothing is risked where a file is shipped unasked; and where a word only happens
//! to be a file's name, tasks find one file more.

use std::path::{Component, Path};

use howdah_plan::{CommandLine, Part, Plan, SideFile, Step};

/// Adds to the files of each step those in the plan's folder that words of its commands name. Gives warnings about those
/// that are named by a way through folders, since tasks find files by their names alone.
pub(super) fn ship(plan: &mut Plan, folder: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for (number, step) in plan.steps.iter_mut().enumerate() {
        for word in words(step) {
            let path = folder.join(&word);
            let mut components =
                Path::new(&word).components().filter(|part| *part != Component::CurDir);
            let first = match components.next() {
                Some(Component::Normal(first)) if path.is_file() => first.to_string_lossy(),
                _ => continue,
            };
            let is_shipped = step.files.iter().any(|file| file.name == first);
            if is_shipped {
                continue;
            }
            if components.next().is_none() {
                let name = first.into_owned();
                step.files.push(SideFile { path, name, is_archive: false });
            } else {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                warnings.push(format!(
                    "steps[{number}]: `{word}` is a file beside the plan, and tasks will not find it there: ship it by \
                     `\"files\": [{{\"path\": {word:?}}}]`, and call it `{name}` in the command"
                ));
            }
        }
    }
    warnings
}

/// All words of a step's commands.
fn words(step: &Step) -> Vec<String> {
    fn of<T: ?Sized>(part: &Part<T>) -> Option<&CommandLine> {
        match part {
            Part::Command(command) => Some(command),
            Part::Linked(_) | Part::Identity => None,
        }
    }
    let inputs = step.inputs.iter().flat_map(|input| [input.filter.as_ref(), of(&input.mapper)]);
    let reducing = [&step.combiner, &step.reducer].map(|part| part.as_ref().and_then(of));
    inputs.chain(reducing).flatten().flat_map(CommandLine::shown).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn plan(argv: &[&str], files: &[(&str, &str)]) -> Plan {
        let mut step = Step::map_only(Part::Command(CommandLine::new(argv)));
        step.reducer = Some(Part::Identity);
        step.files = files
            .iter()
            .map(|(path, name)| SideFile {
                path: path.into(),
                name: (*name).to_owned(),
                is_archive: true,
            })
            .collect();
        Plan::new("words", vec![step])
    }

    #[test]
    fn what_a_command_names_is_shipped_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("map.py"), "").unwrap();
        fs::write(folder.path().join("stop.txt"), "").unwrap();
        fs::create_dir(folder.path().join("words")).unwrap();
        let mut plan =
            plan(&["python3", "-u", "./map.py", "map.py", "words", "stop.txt", "x"], &[]);
        assert!(ship(&mut plan, folder.path()).is_empty());
        let names: Vec<_> = plan.steps[0].files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["map.py", "stop.txt"]);
        assert_eq!(plan.steps[0].files[1].path, folder.path().join("stop.txt"));
    }

    #[test]
    fn a_way_through_folders_is_warned_of_unless_an_archive_has_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::write(folder.path().join("bin/map.py"), "").unwrap();
        let mut named = plan(&["python3", "bin/map.py"], &[]);
        assert_eq!(
            ship(&mut named, folder.path()),
            [
                "steps[0]: `bin/map.py` is a file beside the plan, and tasks will not find it there: ship it by \
              `\"files\": [{\"path\": \"bin/map.py\"}]`, and call it `map.py` in the command"
            ]
        );
        assert!(named.steps[0].files.is_empty());
        let mut archived = plan(&["python3", "bin/map.py"], &[("bin.zip", "bin")]);
        assert!(ship(&mut archived, folder.path()).is_empty());
    }

    #[test]
    fn absolute_paths_are_those_of_the_tasks_machine() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("map.py");
        fs::write(&script, "").unwrap();
        let mut plan = plan(&[script.to_str().unwrap(), ".."], &[]);
        assert!(ship(&mut plan, folder.path()).is_empty());
        assert!(plan.steps[0].files.is_empty());
    }
}
