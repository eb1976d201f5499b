//! Process groups: a child and all that it starts, as one thing to end.

use std::process::Command;

/// How a process group is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// May clean up: SIGTERM.
    Asked,
    /// At once: SIGKILL.
    Forced,
}

/// Makes the child the leader of a process group of its own, so that a terminal's Ctrl-C reaches howdah alone
/// and the whole group can be ended by [`end_group`].
pub fn lead_own_group(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends the process group led by the child with this id. A group that is gone already is no error.
pub fn end_group(leader: u32, ending: Ending) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = match ending {
            Ending::Asked => Signal::TERM,
            Ending::Forced => Signal::KILL,
        };
        if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
            // The only failures are that nobody is left, or that it is not ours any more.
            let _ = kill_process_group(group, signal);
        }
    }
    #[cfg(not(unix))]
    let _ = (leader, ending);
}

/// Whether a call failed since the process, or the whole machine, has as many files open as it may.
pub fn is_out_of_files(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let limits = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
        error.raw_os_error().is_some_and(|code| limits.contains(&code))
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Makes a pipe hold more, so that two busy sides wait for each other less often. A hint: refused is no error.
#[cfg(target_os = "linux")]
pub fn widen_pipe(pipe: impl std::os::fd::AsFd, bytes: usize) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, bytes);
}

/// Makes a pipe hold more, where the system can.
#[cfg(not(target_os = "linux"))]
pub fn widen_pipe<P>(_pipe: P, _bytes: usize) {}
