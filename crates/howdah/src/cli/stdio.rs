//! The standard output, kept for records alone.
//!
//! Records leave through a private duplicate of it. The standard output itself becomes the standard error, so that
//! whatever a job or one of its libraries prints lands there, and not between two records.

use std::io::{self, Write};

/// The standard output as records need it; all else that is printed from here on goes to the standard error.
#[cfg(unix)]
pub(super) fn take_stdout() -> io::Result<Box<dyn Write + Send>> {
    use std::fs::File;
    use std::os::fd::AsFd;

    let records = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(Box::new(File::from(records)))
}

/// The standard output. Elsewhere than on Unix a stray `println!` still reaches it.
#[cfg(not(unix))]
pub(super) fn take_stdout() -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(io::stdout()))
}
