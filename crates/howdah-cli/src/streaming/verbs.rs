//! `dumptb` and `loadtb`: files as typed bytes, and back.

use std::io;

use howdah_plan::exit;
use howdah_runner::typed_files::{self, TypedFilesError};
use howdah_streaming::options::TypedBytesOptions;

use super::log::JobLog;
use super::plan::properties_set;
use super::refusal::Refusal;
use super::ship::local_path;

/// What Java makes of the -1 with which Hadoop's verbs end.
const MINUS_ONE: u8 = 255;

/// Writes the first file that a pattern matches to the standard output.
pub(super) fn dump(options: &TypedBytesOptions, log: &JobLog) -> Result<(), Refusal> {
    let properties = properties_set(&options.conf_files, &options.properties, log)?;
    let pattern = local_path(&options.path)?;
    let mut stdout = io::stdout().lock();
    typed_files::dump(&pattern.to_string_lossy(), &properties, &mut stdout)
        .map_err(|error| refused(&error))
}

/// Reads the standard input into a new file.
pub(super) fn load(options: &TypedBytesOptions, log: &JobLog) -> Result<(), Refusal> {
    let properties = properties_set(&options.conf_files, &options.properties, log)?;
    let path = local_path(&options.path)?;
    let mut stdin = io::stdin().lock();
    typed_files::load(&mut stdin, &path, &properties).map_err(|error| refused(&error))
}

/// Hadoop's words and exit codes, where it has any.
fn refused(error: &TypedFilesError) -> Refusal {
    let of_io = |error: &dyn std::fmt::Display| {
        Refusal::new([format!("error: {error}")]).with_code(exit::IO)
    };
    match error {
        TypedFilesError::NoMatch => {
            Refusal::failed(MINUS_ONE, []).with_hint("no file matches the pattern")
        }
        TypedFilesError::Exists(_) => {
            Refusal::failed(MINUS_ONE, ["given path exists already!".to_owned()])
        }
        TypedFilesError::Missing(path) => Refusal::uncaught(&format!(
            "java.io.FileNotFoundException: File {} does not exist",
            path.display()
        )),
        // Who has seen enough goes away, and is no error.
        TypedFilesError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Refusal::new([]).with_code(exit::BROKEN_PIPE)
        }
        TypedFilesError::Input { .. } => Refusal::new([format!("error: {error}")]),
        TypedFilesError::Run(error) => {
            Refusal::new([format!("error: {error}")]).with_code(error.exit_code())
        }
        other => of_io(other),
    }
}
