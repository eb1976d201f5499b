//! What is looked at before it costs: the program that is shipped, what is told in the open, and what only a cluster
//! can allow.

use std::env::consts;

use howdah_plan::{Event, LimitExceeded};

use crate::error::{HadoopError, HadoopErrorKind};
use crate::invocation::Invocation;
use crate::options::HadoopOptions;
use crate::program::{ClusterMachine, Program};
use crate::secrets;

/// The processor of the cluster's machines, as `x86_64`; that of this machine if it is not said.
const MACHINE: &str = "howdah.cluster.machine";
/// The version of their glibc, as `2.34`.
const GLIBC: &str = "howdah.cluster.glibc";

/// Looks at the program that is shipped: whether the cluster's machines can run it.
pub(crate) fn program(options: &HadoopOptions) -> Result<Vec<Event>, HadoopError> {
    let runs_here = options.property("mapreduce.framework.name") == Some("local");
    let Some(path) = options.program.as_deref().filter(|_| !runs_here) else {
        return Ok(Vec::new());
    };
    let refused = |message: String| HadoopErrorKind::Program { path: path.to_owned(), message };
    let program = Program::inspect(path).map_err(|error| refused(error.to_string()))?;
    let machine = ClusterMachine {
        machine: options.property(MACHINE).unwrap_or(consts::ARCH).to_owned(),
        glibc: options.property(GLIBC).map(glibc).transpose()?,
    };
    let complaints = program.complaints(&machine);
    if let Some(fatal) = complaints.iter().find(|complaint| complaint.is_fatal) {
        return Err(refused(fatal.to_string()).into());
    }
    let warning = complaints.iter().map(|complaint| complaint.sentence.as_str());
    let warning = warning.collect::<Vec<_>>().join("\n");
    // Each of them has the same way out.
    Ok(complaints
        .first()
        .map(|first| Event::Warning {
            slug: "howdah::program".to_owned(),
            message: format!("`{}`: {warning}\nhint: {}", path.display(), first.hint),
        })
        .into_iter()
        .collect())
}

fn glibc(text: &str) -> Result<(u32, u32), HadoopError> {
    let version = text.split_once('.').and_then(|(major, minor)| {
        Some((major.trim().parse().ok()?, minor.split('.').next()?.trim().parse().ok()?))
    });
    version.ok_or_else(|| {
        HadoopErrorKind::Unsupported(format!(
            "`{GLIBC}` is `{text}`, which is no version such as 2.34"
        ))
        .into()
    })
}

/// Warns of secrets in jobs: their command lines and configurations can be read by others.
pub(crate) fn secrets<'j>(jobs: impl IntoIterator<Item = &'j Invocation>) -> Option<Event> {
    let mut found = Vec::new();
    for job in jobs {
        let commands = [Some(&job.mapper), job.combiner.as_ref(), job.reducer.as_ref()];
        let in_commands =
            commands.into_iter().flatten().flat_map(|words| secrets::find_in_command(words));
        for secret in secrets::find(&job.properties).into_iter().chain(in_commands) {
            if !found.contains(&secret.name) {
                found.push(secret.name);
            }
        }
    }
    if found.is_empty() {
        return None;
    }
    let message = format!(
        "`{}` can be read by everyone who sees the machine's processes or the job's page\nhint: {}",
        found.join("`, `"),
        secrets::HINT
    );
    Some(Event::Warning { slug: "howdah::secret".to_owned(), message })
}

/// What limits counters, and is no job's to set: Hadoop's tasks read the job's configuration for it, and its
/// application master the site's alone. Hadoop 3.4.2 was seen to fail a job that had raised the first of them.
const COUNTER_LIMITS: [&str; 4] = [
    "mapreduce.job.counters.max",
    "mapreduce.job.counters.groups.max",
    "mapreduce.job.counters.group.name.max",
    "mapreduce.job.counters.counter.name.max",
];

/// Warns of jobs that ask for more counters than the cluster may allow.
pub(crate) fn counter_limits<'j>(jobs: impl IntoIterator<Item = &'j Invocation>) -> Option<Event> {
    let (name, value) = jobs.into_iter().find_map(|job| {
        COUNTER_LIMITS.into_iter().find_map(|name| Some((name, job.property(name)?)))
    })?;
    let message = format!(
        "`{name}` is {value} for the job's tasks alone: the application master goes by the cluster's own \
         configuration, and fails the job if it has more counters than that allows, which is 120 of them in 50 groups \
         unless it says otherwise\n\
         hint: have it raised in the cluster's mapred-site.xml, or count under fewer names"
    );
    Some(Event::Warning { slug: LimitExceeded::SLUG.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(properties: &[(&str, &str)]) -> HadoopOptions {
        let own = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        HadoopOptions {
            program: std::env::current_exe().ok(),
            properties: own.collect(),
            ..HadoopOptions::default()
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_for_other_machines_is_refused() {
        let error = program(&options(&[(MACHINE, "pdp11")])).unwrap_err();
        assert_eq!(error.slug(), "howdah::program");
        assert!(error.to_string().contains("pdp11"), "{error}");
    }

    #[test]
    fn what_runs_in_the_clients_own_process_needs_nothing_else() {
        let here = options(&[(MACHINE, "pdp11"), ("mapreduce.framework.name", "local")]);
        assert!(program(&here).unwrap().is_empty());
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(glibc("2.34").unwrap(), (2, 34));
        assert!(glibc("new").is_err());
    }

    #[test]
    fn a_limit_that_only_tasks_obey_is_told() {
        let mut job = Invocation::new("job");
        assert!(counter_limits([&job]).is_none());
        job.set("mapreduce.job.counters.max", "300");
        let told = counter_limits([&job]).unwrap();
        let Event::Warning { message, .. } = told else { panic!("{told:?}") };
        assert!(message.starts_with("`mapreduce.job.counters.max` is 300 for"), "{message}");
    }

    #[test]
    fn each_secret_is_named_once_and_never_told() {
        let mut job = Invocation::new("job");
        job.set("fs.s3a.secret.key", "hush");
        let told = secrets([&job, &job]).unwrap();
        let Event::Warning { message, .. } = told else { panic!("{told:?}") };
        assert_eq!(message.matches("fs.s3a.secret.key").count(), 1);
        assert!(!message.contains("hush"), "{message}");
        assert!(secrets([&Invocation::new("job")]).is_none());
    }
}
