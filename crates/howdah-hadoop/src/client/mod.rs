//! Hadoop's own programs as children: started, listened to, and ended when a signal asks for it.
//!
//! | file | what |
//! | --- | --- |
//! | this | a child of Hadoop's, from its start to its end |
//! | [`log`] | what a line of a job's client says |
//! | [`counters`] | a job's counters, read back from its client's lines |
//! | [`follower`] | a job while it runs |
//! | [`logs`] | what its tasks said, as YARN gathers it |

pub(crate) mod counters;
pub(crate) mod follower;
pub(crate) mod log;
pub(crate) mod logs;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use howdah_platform::process::{Ending, end_group, lead_own_group};
use howdah_platform::signals::{Signals, runtime_with_signals};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::lines::Lines;

/// How long a child may take to end when it is asked.
const GRACE: Duration = Duration::from_secs(5);

/// What starts Hadoop's programs and waits for them, on one thread.
///
/// From the moment that it is made, SIGINT and SIGTERM are its own: one that comes between two children ends the next.
pub(crate) struct Client {
    runtime: Runtime,
    signals: RefCell<Signals>,
}

/// A child that has ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Why a child did not end by itself.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It could not be started or waited for, or what it wrote could not be passed on.
    Io(io::Error),
    /// A signal asked for the end; its number.
    Signal(i32),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Broken::Io(error)
    }
}

/// A child speaks, or a signal comes.
pub(crate) enum Heard<'l> {
    /// A line of its standard error.
    Line(&'l str),
    /// A signal's number.
    Signal(i32),
}

/// What is to be done with a child at a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It goes on.
    GoOn,
    /// It is ended.
    End,
}

impl Client {
    pub(crate) fn new(handle_signals: bool) -> io::Result<Self> {
        let (runtime, signals) = runtime_with_signals(handle_signals)?;
        let signals = RefCell::new(signals);
        Ok(Client { runtime, signals })
    }

    /// Runs a child to its end, and takes what it writes. A signal ends it.
    pub(crate) fn output(&self, command: &mut Command) -> Result<Finished, Broken> {
        let (status, stdout, stderr) = self.said(command, Vec::new(), Answer::End)?;
        Ok(Finished { status, stdout, stderr })
    }

    /// The same for a child that is not to be disturbed: a signal that comes meanwhile has come too late.
    pub(crate) fn output_holding_signals(&self, command: &mut Command) -> Result<Finished, Broken> {
        let (status, stdout, stderr) = self.said(command, Vec::new(), Answer::GoOn)?;
        Ok(Finished { status, stdout, stderr })
    }

    /// The same for a child whose standard output goes elsewhere.
    pub(crate) fn output_to(
        &self,
        command: &mut Command,
        stdout: Box<dyn Write + Send>,
    ) -> Result<Finished, Broken> {
        let (status, _, stderr) = self.said(command, stdout, Answer::End)?;
        Ok(Finished { status, stdout: Vec::new(), stderr })
    }

    /// Does what cannot be told to stop, on a thread of its own. A signal ends the wait for it.
    pub(crate) fn wait_for<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, Broken> {
        let mut working = doing(work);
        let signals = &mut *self.signals.borrow_mut();
        self.runtime.block_on(async {
            tokio::select! {
                done = working.recv() => Ok(done.ok_or_else(panicked)??),
                signal = signals.next() => Err(Broken::Signal(signal)),
            }
        })
    }

    /// Waits for a while. A signal ends the wait; its number.
    pub(crate) fn pause(&self, time: Duration) -> Result<(), i32> {
        let signals = &mut *self.signals.borrow_mut();
        self.runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(time) => Ok(()),
                signal = signals.next() => Err(signal),
            }
        })
    }

    /// Runs a child to its end, and takes what it says on its standard error.
    fn said<W: Write + Send + 'static>(
        &self,
        command: &mut Command,
        stdout: W,
        at_signal: Answer,
    ) -> Result<(ExitStatus, W, String), Broken> {
        let mut stderr = String::new();
        let (status, stdout) = self.follow(command, stdout, |heard| match heard {
            Heard::Line(line) => {
                stderr.push_str(line);
                stderr.push('\n');
                Answer::GoOn
            }
            Heard::Signal(_) => at_signal,
        })?;
        Ok((status, stdout, stderr))
    }

    /// Runs a child to its end, line by line of its standard error; its standard output goes to `stdout`, which is
    /// given back. At a signal `hear` says what is to be done.
    ///
    /// A child that a signal ends is not waited for by what copies its output: whoever reads that may never read on.
    pub(crate) fn follow<W: Write + Send + 'static>(
        &self,
        command: &mut Command,
        stdout: W,
        mut hear: impl FnMut(Heard<'_>) -> Answer,
    ) -> Result<(ExitStatus, W), Broken> {
        lead_own_group(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut child = command.spawn()?;
        let mut lines = lines_of(&mut child);
        let pipe = child.stdout.take();
        let mut copying = doing(move || copy(pipe, stdout));
        let signal = match self.hear_all(&mut lines, &mut copying, &mut hear) {
            Ok(stdout) => return Ok((child.wait()?, stdout??)),
            Err(signal) => signal,
        };
        end_group(child.id(), Ending::Asked);
        self.runtime.block_on(async {
            let rest = async {
                while let Some(line) = lines.recv().await {
                    hear(Heard::Line(&line));
                }
            };
            if tokio::time::timeout(GRACE, rest).await.is_err() {
                end_group(child.id(), Ending::Forced);
            }
        });
        child.wait()?;
        Err(Broken::Signal(signal))
    }

    /// Hears a child until it says no more and what copies its output is done; gives what that has to give, or the
    /// number of the signal that is to end the child.
    fn hear_all<T>(
        &self,
        lines: &mut UnboundedReceiver<String>,
        copying: &mut UnboundedReceiver<T>,
        hear: &mut impl FnMut(Heard<'_>) -> Answer,
    ) -> Result<io::Result<T>, i32> {
        let signals = &mut *self.signals.borrow_mut();
        self.runtime.block_on(async {
            let mut speaks = true;
            loop {
                tokio::select! {
                    line = lines.recv(), if speaks => match line {
                        Some(line) => { hear(Heard::Line(&line)); }
                        None => speaks = false,
                    },
                    copied = copying.recv(), if !speaks => {
                        return Ok(copied.ok_or_else(panicked));
                    }
                    signal = signals.next() => {
                        if hear(Heard::Signal(signal)) == Answer::End {
                            return Err(signal);
                        }
                    }
                }
            }
        })
    }
}

/// Does something on a thread of its own, which nobody has to wait for.
fn doing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> UnboundedReceiver<T> {
    let (sender, receiver) = unbounded_channel();
    thread::spawn(move || {
        // Nobody waits any more if a signal came.
        let _ = sender.send(work());
    });
    receiver
}

fn panicked() -> io::Error {
    io::Error::other("a thread panicked")
}

/// The lines of a child's standard error, as they come.
fn lines_of(child: &mut Child) -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || {
            // It ends with the child, or when nobody listens any more.
            let _ = copy(
                Some(stderr),
                Lines::new(|line: &[u8]| {
                    let text = String::from_utf8_lossy(line).into_owned();
                    sender.send(text).map_err(|_| io::ErrorKind::BrokenPipe.into())
                }),
            );
        });
    }
    receiver
}

/// Copies a pipe to its end, and gives back where to. What cannot be written is still read, so that the child does not
/// wait for ever.
fn copy<W: Write>(pipe: Option<impl Read>, mut stdout: W) -> io::Result<W> {
    let Some(mut pipe) = pipe else { return Ok(stdout) };
    match io::copy(&mut pipe, &mut stdout).and_then(|_| stdout.flush()) {
        Ok(()) => Ok(stdout),
        Err(error) => {
            io::copy(&mut pipe, &mut io::sink())?;
            Err(error)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        command
    }

    #[test]
    fn what_a_child_writes_is_taken() {
        let client = Client::new(false).unwrap();
        let finished = client.output(&mut shell("echo out; echo one >&2; printf two >&2; exit 3"));
        let finished = finished.unwrap();
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!(
            (finished.stdout.as_slice(), finished.stderr.as_str()),
            (&b"out\n"[..], "one\ntwo\n")
        );
    }

    #[test]
    fn a_reader_that_has_gone_does_not_stop_the_child() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let client = Client::new(false).unwrap();
        let mut command = shell("i=0; while [ $i -lt 20000 ]; do echo line; i=$((i + 1)); done");
        let broken = client.follow(&mut command, Gone, |_| Answer::GoOn).err();
        assert!(
            matches!(broken, Some(Broken::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe)
        );
    }

    #[test]
    fn a_reader_that_does_not_read_does_not_keep_a_signal_waiting() {
        /// Ends this process, and never comes back from its first write.
        struct Asleep;
        impl Write for Asleep {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                shell(&format!("kill -TERM {}", std::process::id())).status()?;
                loop {
                    thread::park();
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let client = Client::new(true).unwrap();
        let broken = client.output_to(&mut shell("echo line"), Box::new(Asleep)).unwrap_err();
        assert!(matches!(broken, Broken::Signal(15)));
    }

    #[test]
    fn what_cannot_be_started_is_an_error() {
        let client = Client::new(false).unwrap();
        let broken = client.output(&mut Command::new("/no/such/program")).unwrap_err();
        assert!(matches!(broken, Broken::Io(error) if error.kind() == io::ErrorKind::NotFound));
    }
}
