//! Children, and process groups: a child and all that it starts, as one thing to end.

use std::env;
use std::process::{Child, Command};

/// How a process group is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// May clean up: SIGTERM.
    Asked,
    /// At once: SIGKILL.
    Forced,
}

/// Who runs this, as far as the environment tells.
#[must_use]
pub fn user_name() -> Option<String> {
    env::var("USER").or_else(|_| env::var("LOGNAME")).ok().or_else(|| {
        // Without a login there may be no variable; a home says the name all the same.
        let home = env::var("HOME").ok()?;
        home.rsplit('/').next().map(str::to_owned).filter(|name| !name.is_empty())
    })
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

/// Waits for a child's end, and leaves it to be waited for once more: until then its number is nobody else's.
pub fn await_end(child: &Child) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let Some(child) = wait_id(child.id()) else { return };
        while matches!(waitid(child.clone(), options), Err(rustix::io::Errno::INTR)) {}
    }
    #[cfg(not(target_os = "linux"))]
    let _ = child; // who waits for it then waits for its end
}

/// Whether the child with this number has ended, and not with the code 0. It is left to be waited for.
pub fn has_failed(child: u32) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let status = wait_id(child).and_then(|child| waitid(child, options).ok().flatten());
        status.is_some_and(|status| status.exit_status() != Some(0))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = child;
        false // not known here
    }
}

#[cfg(target_os = "linux")]
fn wait_id(child: u32) -> Option<rustix::process::WaitId<'static>> {
    let child = i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw)?;
    Some(rustix::process::WaitId::Pid(child))
}

/// Makes a pipe hold more, so that two busy sides wait for each other less often. A hint: refused is no error.
#[cfg(target_os = "linux")]
pub fn widen_pipe(pipe: impl std::os::fd::AsFd, bytes: usize) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, bytes);
}

/// Makes a pipe hold more, where the system can.
#[cfg(not(target_os = "linux"))]
pub fn widen_pipe<P>(_pipe: P, _bytes: usize) {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_child_that_has_ended_is_known_before_it_is_waited_for() {
        // Who reads waits for what is never written, whatever the test's own input is.
        let child = |code: &str| {
            Command::new("sh").args(["-c", code]).stdin(Stdio::piped()).spawn().unwrap()
        };
        for (code, has_it_failed) in [("exit 0", false), ("exit 3", true), ("kill -9 $$", true)] {
            let mut child = child(code);
            await_end(&child);
            assert_eq!(has_failed(child.id()), has_it_failed, "{code}");
            assert_eq!(child.wait().unwrap().success(), !has_it_failed, "{code}");
            assert!(!has_failed(child.id()), "{code}: it is gone");
        }
        let mut waiting = child("read x");
        assert!(!has_failed(waiting.id()));
        waiting.kill().unwrap();
        waiting.wait().unwrap();
    }
}
