//! The standard output, taken away from code that prints.
//!
//! A task's records go to file descriptor 1. A `println!` in a job or in a library would land among them, so a
//! task moves the descriptor away: records are written to a private copy, and descriptor 1 becomes the standard
//! error, where a stray line is a log line.

use std::fs::File;
use std::io;

/// Takes the standard output: gives a private copy of it and points descriptor 1 to the standard error.
///
/// # Errors
/// When the process has no standard output, or no descriptors left.
#[cfg(unix)]
pub fn take_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    let private = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(private))
}

/// Takes the standard output. Here descriptor 1 stays where it is: this system has no way to move it.
///
/// # Errors
/// When the process has no standard output.
#[cfg(not(unix))]
pub fn take_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}
