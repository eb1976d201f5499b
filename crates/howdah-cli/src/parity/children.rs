//! Programs that are started, listened to, and ended when a signal asks for it.

use std::cell::RefCell;
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use howdah_platform::process::{Ending, end_group, lead_own_group};
use howdah_platform::signals::{Signals, runtime_with_signals};
use tokio::runtime::Runtime;
use tokio::sync::oneshot::{Receiver, channel};

/// How long a program may take to end when it is asked: it may have a job on a cluster to end, and folders to remove.
const GRACE: Duration = Duration::from_secs(60);
/// How much of what a program says last is kept, in bytes.
const KEPT_BYTES: usize = 4 << 20;

/// What starts programs and waits for them.
///
/// From the moment that it is made, SIGINT and SIGTERM are its own: one that comes between two programs ends the next.
pub(super) struct Children {
    runtime: Runtime,
    signals: RefCell<Signals>,
}

/// A program that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    /// The number of the signal that had it ended.
    pub(super) signal: Option<i32>,
    pub(super) stdout: String,
    /// The end of what it said on its standard error.
    pub(super) stderr: String,
}

impl Children {
    pub(super) fn new() -> io::Result<Self> {
        let (runtime, signals) = runtime_with_signals(true)?;
        let signals = RefCell::new(signals);
        Ok(Children { runtime, signals })
    }

    /// Runs a program to its end, which a signal asks for; a second one forces it.
    pub(super) fn run(&self, command: &mut Command) -> io::Result<Finished> {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        lead_own_group(piped);
        let mut child = command.spawn()?;
        let id = child.id();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            let stdout = scope.spawn(|| stdout.map(last_of).transpose());
            let stderr = scope.spawn(|| stderr.map(last_of).transpose());
            let (sender, ended) = channel();
            // Nobody hears it only if waiting has panicked.
            scope.spawn(move || drop(sender.send(child.wait())));
            let (status, signal) = self.wait(ended, id)?;
            let said = |said: thread::ScopedJoinHandle<'_, io::Result<Option<Vec<u8>>>>| {
                let said = said.join().map_err(|_| io::Error::other("a thread panicked"))??;
                Ok::<_, io::Error>(String::from_utf8_lossy(&said.unwrap_or_default()).into_owned())
            };
            Ok(Finished { status, signal, stdout: said(stdout)?, stderr: said(stderr)? })
        })
    }

    /// Waits until a program has ended; gives the number of the signal that asked for it, too.
    fn wait(
        &self,
        mut ended: Receiver<io::Result<ExitStatus>>,
        id: u32,
    ) -> io::Result<(ExitStatus, Option<i32>)> {
        let signals = &mut *self.signals.borrow_mut();
        self.runtime.block_on(async {
            let signal = tokio::select! {
                ended = &mut ended => return Ok((ended.map_err(io::Error::other)??, None)),
                signal = signals.next() => signal,
            };
            end_group(id, Ending::Asked);
            let status = tokio::select! {
                ended = &mut ended => ended,
                () = insisted(signals) => {
                    end_group(id, Ending::Forced);
                    ended.await
                }
            };
            Ok((status.map_err(io::Error::other)??, Some(signal)))
        })
    }
}

/// A second signal, or the end of patience.
async fn insisted(signals: &mut Signals) {
    tokio::select! {
        _ = signals.next() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
}

/// The end of what comes out of a pipe.
fn last_of(mut pipe: impl Read) -> io::Result<Vec<u8>> {
    let (mut kept, mut block) = (Vec::new(), [0; 16 << 10]);
    loop {
        match pipe.read(&mut block) {
            Ok(0) => return Ok(kept),
            Ok(read) => kept.extend_from_slice(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if kept.len() > 2 * KEPT_BYTES {
            kept.drain(..kept.len() - KEPT_BYTES);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_kept() {
        let children = Children::new().unwrap();
        let mut command = Command::new("sh");
        let finished =
            children.run(command.args(["-c", "echo out; echo said >&2; exit 3"])).unwrap();
        assert_eq!((finished.status.code(), finished.signal), (Some(3), None));
        assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("out\n", "said\n"));
    }

    #[test]
    fn of_much_the_end_is_kept() {
        let much = [&vec![b'x'; 5 * KEPT_BYTES][..], b"the end"].concat();
        let kept = last_of(&much[..]).unwrap();
        assert!(kept.ends_with(b"xthe end") && kept.len() <= 2 * KEPT_BYTES);
    }
}
