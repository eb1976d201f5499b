//! What the tasks of a job said on their standard errors, as `yarn logs` gathers it when the job has ended.

/// The most lines that are told of one task.
const MOST_LINES: usize = 12;

/// The last words of a task, and whether they are of an error.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LastWords {
    pub(crate) lines: Vec<String>,
    pub(crate) speak_of_error: bool,
}

/// The last words of the task that says most about why a job failed: of one that speaks of an error if there is such,
/// else of any that spoke.
pub(crate) fn last_words(gathered: &str) -> LastWords {
    let mut words = LastWords::default();
    for lines in sections(gathered).filter(|lines| !lines.is_empty()) {
        let speak_of_error =
            lines.iter().any(|line| line.starts_with("error") || line.contains("Error"));
        if speak_of_error || words.lines.is_empty() {
            let from = lines.len().saturating_sub(MOST_LINES);
            let lines = lines[from..].iter().map(|line| (*line).to_owned()).collect();
            words = LastWords { lines, speak_of_error };
        }
        if speak_of_error {
            break;
        }
    }
    words
}

/// What each container said, without what a machine says.
fn sections(gathered: &str) -> impl Iterator<Item = Vec<&str>> {
    gathered.split("LogContents:\n").skip(1).map(|section| {
        let lines = section.lines().take_while(|line| !line.starts_with("End of LogType:"));
        lines.filter(|line| !is_noise(line)).collect()
    })
}

fn is_noise(line: &str) -> bool {
    const BEGINNINGS: [&str; 6] =
        ["reporter:", "log4j:", "SLF4J:", "WARNING: ", "OpenJDK ", "INFO: "];
    // The second is what stands before an `INFO: ` of the application master's web pages.
    line.trim().is_empty()
        || line.contains(" com.sun.jersey.")
        || BEGINNINGS.iter().any(|begin| line.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(said: &str) -> String {
        format!(
            "Container: container_1_0026_01_000003 on host_1\n=====\nLogType:stderr\nLogLength:7\nLogContents:\n{said}\n\
             End of LogType:stderr\n****\n\n"
        )
    }

    #[test]
    fn a_task_that_speaks_of_an_error_is_heard_first() {
        let gathered = [
            container(""),
            container("reporter:counter:a,b,1\nworking"),
            container("log4j:WARN x\nerror[howdah::job]: no date\n  at line 7\nhint: mend it"),
        ];
        let words = last_words(&gathered.concat());
        assert_eq!(words.lines, ["error[howdah::job]: no date", "  at line 7", "hint: mend it"]);
        assert!(words.speak_of_error);
        let words = last_words(&gathered[..2].concat());
        assert_eq!(
            (words.lines.as_slice(), words.speak_of_error),
            (&["working".to_owned()][..], false)
        );
        assert_eq!(last_words(&gathered[0]), LastWords::default());
        assert_eq!(last_words("Can not find the logs"), LastWords::default());
    }

    #[test]
    fn of_many_lines_the_last_are_told() {
        let lines: Vec<_> = (0..40).map(|number| format!("line {number}")).collect();
        let told = last_words(&container(&lines.join("\n"))).lines;
        assert_eq!((told.len(), told.last().unwrap().as_str()), (MOST_LINES, "line 39"));
    }
}
