//! Hadoop as people have it: found, and its programs ready to be started.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use howdah_platform::TemporaryFolder;

/// Where to look for Hadoop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// The folder that Hadoop is installed in, as `HADOOP_HOME` says it.
    pub home: Option<PathBuf>,
    /// The streaming jar, if it is not looked for.
    pub streaming_jar: Option<PathBuf>,
    /// Jars and folders of configuration files, where Hadoop is no more than those.
    pub classpath: Option<OsString>,
    /// The folders of programs, as `PATH` lists them.
    pub path: Option<OsString>,
    /// The folder that Java is installed in, as `JAVA_HOME` says it.
    pub java_home: Option<PathBuf>,
}

impl Search {
    /// Where the environment says to look: `HOWDAH_HADOOP_CLASSPATH`, `HADOOP_HOME` and its older names, `PATH`,
    /// `JAVA_HOME`.
    pub fn from_environment() -> Self {
        let path_of = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let homes = ["HADOOP_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL", "HADOOP_MAPRED_HOME"];
        Search {
            home: homes.into_iter().find_map(path_of).map(PathBuf::from),
            streaming_jar: None,
            classpath: path_of("HOWDAH_HADOOP_CLASSPATH"),
            path: path_of("PATH"),
            java_home: path_of("JAVA_HOME").map(PathBuf::from),
        }
    }

    /// The same with what a command line says: a streaming jar, and a class path in place of the environment's.
    pub fn asked(streaming_jar: Option<&Path>, classpath: Option<&OsStr>) -> Self {
        let search = Search::from_environment();
        Search {
            streaming_jar: streaming_jar.map(Path::to_owned),
            classpath: classpath.map(OsStr::to_owned).or(search.classpath),
            ..search
        }
    }

    /// Finds Hadoop: a class path that is given comes first, then the folder, then the programs on the path.
    ///
    /// # Errors
    /// When there is no Hadoop in these places, or no streaming jar.
    pub fn find(&self) -> Result<Hadoop, NotFound> {
        if let Some(classpath) = &self.classpath {
            let java = self.java().ok_or(NotFound::Java)?;
            let settings = settings().map_err(NotFound::Settings)?;
            let classpath = classpath.clone();
            return Ok(Hadoop(Launcher::Classes(Classes { java, classpath, settings })));
        }
        let Some(hadoop) = self.program("hadoop") else {
            return Err(NotFound::Hadoop { home: self.home.clone() });
        };
        let (mapred, yarn) = (self.program("mapred"), self.program("yarn"));
        let streaming = match &self.streaming_jar {
            Some(jar) if !jar.is_file() => return Err(NotFound::Jar(jar.clone())),
            Some(jar) => Streaming::Jar(jar.clone()),
            None => match (self.streaming_jar_near(&hadoop), &mapred) {
                (Some(jar), _) => Streaming::Jar(jar),
                (None, Some(mapred)) => Streaming::Mapred(mapred.clone()),
                (None, None) => return Err(NotFound::StreamingJar { hadoop }),
            },
        };
        Ok(Hadoop(Launcher::Scripts { hadoop, mapred, yarn, streaming }))
    }

    fn java(&self) -> Option<PathBuf> {
        let home = self.java_home.as_ref().map(|home| home.join("bin").join("java"));
        home.filter(|java| java.is_file()).or_else(|| self.on_path("java"))
    }

    /// A program of Hadoop's: in its folder, else on the path.
    fn program(&self, name: &str) -> Option<PathBuf> {
        let home = self.home.as_ref().map(|home| home.join("bin").join(name));
        home.filter(|program| program.is_file()).or_else(|| self.on_path(name))
    }

    fn on_path(&self, name: &str) -> Option<PathBuf> {
        let folders = self.path.as_deref().map(env::split_paths).into_iter().flatten();
        folders.map(|folder| folder.join(name)).find(|program| program.is_file())
    }

    /// The streaming jar in the places where Hadoop and its vendors put it.
    fn streaming_jar_near(&self, hadoop: &Path) -> Option<PathBuf> {
        const VENDORS: [&str; 4] = [
            "/usr/lib/hadoop-mapreduce",
            "/usr/lib/hadoop",
            "/opt/cloudera/parcels/CDH/lib/hadoop-mapreduce",
            "/usr/hdp/current/hadoop-mapreduce-client",
        ];
        let real = fs::canonicalize(hadoop).ok();
        let homes = [Some(hadoop), real.as_deref()].into_iter().flatten();
        let homes = homes.filter_map(|program| program.parent()?.parent());
        let homes = self.home.as_deref().into_iter().chain(homes);
        let tools = homes.flat_map(|home| {
            ["share/hadoop/tools/lib", "lib/hadoop-mapreduce", "contrib/streaming"]
                .map(|folder| home.join(folder))
        });
        tools.chain(VENDORS.map(PathBuf::from)).find_map(|folder| streaming_jar_in(&folder))
    }
}

/// The streaming jar in a folder: the one with a version, or the link to it; not that of the sources or the tests.
fn streaming_jar_in(folder: &Path) -> Option<PathBuf> {
    let mut jars: Vec<_> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
            path.extension() == Some(OsStr::new("jar"))
                && name.starts_with("hadoop-streaming")
                && !name.contains("sources")
                && !name.contains("test")
        })
        .collect();
    jars.sort();
    jars.pop()
}

/// A Hadoop that was found.
#[derive(Debug)]
pub struct Hadoop(Launcher);

/// How its programs are started.
#[derive(Debug)]
enum Launcher {
    /// By its own scripts.
    Scripts {
        hadoop: PathBuf,
        mapred: Option<PathBuf>,
        yarn: Option<PathBuf>,
        streaming: Streaming,
    },
    /// By Java, with a class path.
    Classes(Classes),
}

/// Hadoop as a class path.
#[derive(Debug)]
struct Classes {
    java: PathBuf,
    classpath: OsString,
    /// The settings that it may have none of.
    settings: TemporaryFolder,
}

impl Classes {
    /// What runs a class; its arguments follow.
    fn class(&self, name: &str) -> Command {
        let mut log = OsString::from("-Dlog4j.configuration=file:");
        log.push(self.settings.path().join(LOG_SETTINGS));
        // Behind its own, which are taken where there are any.
        let mut classpath = self.classpath.clone();
        classpath.push(":");
        classpath.push(self.settings.path());
        let mut command = in_utf8(Command::new(&self.java));
        command.arg("-cp").arg(classpath).arg(log).arg(name);
        command
    }
}

#[derive(Debug)]
enum Streaming {
    Jar(PathBuf),
    /// `mapred streaming`, which knows where its jar is.
    Mapred(PathBuf),
}

/// What the names of properties begin with that say where files are, and who asks.
const OF_FILES: [&str; 3] = ["fs.", "dfs.", "hadoop."];
/// The same of those that say where jobs run.
const OF_JOBS: [&str; 3] = ["yarn.", "mapreduce.framework.", "mapreduce.jobhistory."];

impl Hadoop {
    /// What starts a streaming job; its arguments follow.
    pub fn streaming(&self) -> Command {
        match &self.0 {
            Launcher::Scripts { hadoop, streaming: Streaming::Jar(jar), .. } => {
                let mut command = script(hadoop, "jar");
                command.arg(jar);
                command
            }
            Launcher::Scripts { streaming: Streaming::Mapred(mapred), .. } => {
                script(mapred, "streaming")
            }
            Launcher::Classes(classes) => {
                classes.class("org.apache.hadoop.streaming.HadoopStreaming")
            }
        }
    }

    /// The shell of file systems, `hadoop fs`, for a run with these properties: it is told those that say where files are.
    pub fn file_system(&self, properties: &BTreeMap<String, String>) -> Command {
        let command = match &self.0 {
            Launcher::Scripts { hadoop, .. } => script(hadoop, "fs"),
            Launcher::Classes(classes) => classes.class("org.apache.hadoop.fs.FsShell"),
        };
        told(command, properties, &[&OF_FILES])
    }

    /// What gathers the logs of an application: `yarn logs`.
    pub fn logs(&self) -> Option<Command> {
        match &self.0 {
            Launcher::Scripts { yarn, .. } => yarn.as_ref().map(|yarn| script(yarn, "logs")),
            Launcher::Classes(classes) => {
                Some(classes.class("org.apache.hadoop.yarn.client.cli.LogsCLI"))
            }
        }
    }

    /// What tells of applications: `yarn application`.
    pub fn application(&self) -> Option<Command> {
        match &self.0 {
            Launcher::Scripts { yarn, .. } => yarn.as_ref().map(|yarn| script(yarn, "application")),
            Launcher::Classes(classes) => {
                let mut command = classes.class("org.apache.hadoop.yarn.client.cli.ApplicationCLI");
                command.arg("application");
                Some(command)
            }
        }
    }

    /// What asks for jobs and ends them, `mapred job`, for a run with these properties: it is told those that say where
    /// jobs run.
    pub fn job(&self, properties: &BTreeMap<String, String>) -> Command {
        let command = match &self.0 {
            Launcher::Scripts { hadoop, mapred, .. } => {
                script(mapred.as_ref().unwrap_or(hadoop), "job")
            }
            Launcher::Classes(classes) => classes.class("org.apache.hadoop.mapred.JobClient"),
        };
        told(command, properties, &[&OF_FILES, &OF_JOBS])
    }
}

/// A tool of Hadoop's that is told properties of some kinds. Their options come before all others.
fn told(mut command: Command, properties: &BTreeMap<String, String>, kinds: &[&[&str]]) -> Command {
    for (name, value) in properties {
        if kinds.iter().copied().flatten().any(|begin| name.starts_with(begin)) {
            command.arg("-D").arg(format!("{name}={value}"));
        }
    }
    command
}

/// A script of Hadoop's that logs what is read here, whatever the user's settings are.
fn script(path: &Path, verb: &str) -> Command {
    let mut command = in_utf8(Command::new(path));
    command.env("HADOOP_ROOT_LOGGER", "INFO,console").arg(verb);
    command
}

/// Java reads its arguments by the locale, and would lose letters of paths that the locale does not have.
fn in_utf8(mut command: Command) -> Command {
    let chosen = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    let is_utf8 = |locale: String| locale.to_ascii_lowercase().replace('-', "").ends_with("utf8");
    if !chosen.is_some_and(is_utf8) {
        command.env("LC_ALL", "C.UTF-8");
    }
    command
}

const LOG_SETTINGS: &str = "log4j.properties";

/// A folder with settings that a class path may have none of: the log as Hadoop's own scripts have it, to the standard
/// error, and an empty configuration, without which Hadoop's shell does not start.
fn settings() -> io::Result<TemporaryFolder> {
    const LOG: &str = "\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
";
    let folder = TemporaryFolder::new(&std::env::temp_dir())?;
    fs::write(folder.path().join(LOG_SETTINGS), LOG)?;
    fs::write(folder.path().join("core-site.xml"), "<configuration/>\n")?;
    Ok(folder)
}

/// Why there is no Hadoop to be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotFound {
    /// Neither folder nor program.
    #[error(
        "no Hadoop was found here: {}\nhint: set HADOOP_HOME, put `hadoop` on the PATH, or give its jars and \
         configuration folder as a class path with `--hadoop-classpath`",
        match .home {
            Some(home) => format!("`{}` has no bin/hadoop, and none is on the PATH", home.display()),
            None => "HADOOP_HOME is not set, and no `hadoop` is on the PATH".to_owned(),
        }
    )]
    Hadoop {
        /// What `HADOOP_HOME` says.
        home: Option<PathBuf>,
    },
    /// Hadoop without its streaming jar.
    #[error(
        "`{}` was found, but no hadoop-streaming jar near it\nhint: name the jar with `--streaming-jar`",
        .hadoop.display()
    )]
    StreamingJar {
        /// The program that was found.
        hadoop: PathBuf,
    },
    /// The jar that was named is not there.
    #[error("there is no streaming jar `{}`", .0.display())]
    Jar(PathBuf),
    /// A class path, and nothing to run it.
    #[error(
        "a class path for Hadoop is given, but no Java was found\nhint: set JAVA_HOME, or put `java` on the PATH"
    )]
    Java,
    /// Settings for the class path cannot be written.
    #[error("settings for Hadoop cannot be written to the folder for temporary files: {0}")]
    Settings(#[source] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with empty files in it.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn shown(command: &Command) -> Vec<String> {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_folder_comes_before_the_path_and_has_the_jar() {
        let home = folder(&[
            "bin/hadoop",
            "bin/mapred",
            "share/hadoop/tools/lib/hadoop-streaming-3.4.2.jar",
            "share/hadoop/tools/lib/hadoop-streaming-3.4.2-sources.jar",
        ]);
        let path = folder(&["hadoop"]);
        let search = Search {
            home: Some(home.path().to_owned()),
            path: Some(path.path().into()),
            ..Search::default()
        };
        let hadoop = search.find().unwrap();
        let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        let jar = at("share/hadoop/tools/lib/hadoop-streaming-3.4.2.jar");
        assert_eq!(shown(&hadoop.streaming()), [at("bin/hadoop"), "jar".to_owned(), jar]);
        assert_eq!(
            shown(&hadoop.file_system(&BTreeMap::new())),
            [at("bin/hadoop"), "fs".to_owned()]
        );
        assert_eq!(shown(&hadoop.job(&BTreeMap::new())), [at("bin/mapred"), "job".to_owned()]);
    }

    #[test]
    fn a_program_on_the_path_leads_to_its_jar_through_links() {
        let home =
            folder(&["hadoop/bin/hadoop", "hadoop/share/hadoop/tools/lib/hadoop-streaming.jar"]);
        let path = folder(&[]);
        let link = path.path().join("hadoop");
        std::os::unix::fs::symlink(home.path().join("hadoop/bin/hadoop"), &link).unwrap();
        let search = Search { path: Some(path.path().into()), ..Search::default() };
        let words = shown(&search.find().unwrap().streaming());
        assert_eq!(words[0], link.to_str().unwrap());
        assert!(words[2].ends_with("hadoop/share/hadoop/tools/lib/hadoop-streaming.jar"));
    }

    #[test]
    fn mapred_knows_where_its_jar_is() {
        let path = folder(&["hadoop", "mapred"]);
        let search = Search { path: Some(path.path().into()), ..Search::default() };
        let words = shown(&search.find().unwrap().streaming());
        assert_eq!(words[1..], ["streaming"]);
    }

    #[test]
    fn a_class_path_needs_nothing_but_java() {
        let path = folder(&["java", "hadoop"]);
        let search = Search {
            classpath: Some("conf:jars/*".into()),
            path: Some(path.path().into()),
            ..Search::default()
        };
        let hadoop = search.find().unwrap();
        let words = shown(&hadoop.streaming());
        assert_eq!(words[1], "-cp");
        assert!(words[2].starts_with("conf:jars/*:"));
        assert_eq!(words[4], "org.apache.hadoop.streaming.HadoopStreaming");
        let settings = words[3].strip_prefix("-Dlog4j.configuration=file:").unwrap();
        assert!(fs::read_to_string(settings).unwrap().contains("System.err"));
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let empty = folder(&[]);
        let nothing = Search { path: Some(empty.path().into()), ..Search::default() };
        let message = nothing.find().unwrap_err().to_string();
        assert!(
            message.starts_with("no Hadoop was found here: HADOOP_HOME is not set"),
            "{message}"
        );
        let only_hadoop = folder(&["hadoop"]);
        let search = Search { path: Some(only_hadoop.path().into()), ..Search::default() };
        let message = search.find().unwrap_err().to_string();
        assert!(message.contains("--streaming-jar"), "{message}");
        let search = Search { streaming_jar: Some("none.jar".into()), ..search };
        assert_eq!(search.find().unwrap_err().to_string(), "there is no streaming jar `none.jar`");
        let search = Search { classpath: Some("x".into()), ..nothing };
        assert!(matches!(search.find(), Err(NotFound::Java)));
    }
}
