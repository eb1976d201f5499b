//! Signals that ask for the end, awaited.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// What a runtime with signals opens beside the standard streams: what it waits by, twice, what wakes it, and the two ends
/// of a pipe for signals, one of them twice.
#[cfg(unix)]
const RUNTIME_FILES: usize = 6;

/// A runtime of tokio's on the thread that waits, and the signals that it waits for, if they are `wanted`: these are taken
/// over from now on.
///
/// # Errors
/// When the system refuses.
pub fn runtime_with_signals(wanted: bool) -> io::Result<(Runtime, Signals)> {
    let runtime = runtime()?;
    let entered = runtime.enter();
    let signals = Signals::new(wanted)?;
    drop(entered);
    Ok((runtime, signals))
}

fn runtime() -> io::Result<Runtime> {
    // Without room for its signals tokio panics instead of saying so.
    #[cfg(unix)]
    check_room(RUNTIME_FILES)?;
    Builder::new_current_thread().enable_all().build()
}

/// Whether this process may open so many files more.
#[cfg(unix)]
fn check_room(files: usize) -> io::Result<()> {
    let opened: io::Result<Vec<_>> = (0..files).map(|_| std::fs::File::open("/")).collect();
    opened.map(drop)
}

/// SIGINT and SIGTERM, or Ctrl-C where there are no such. From when it is made they end nothing by themselves.
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals(Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    /// Takes the signals over, and SIGXFSZ with them, if they are `wanted`; within a runtime of tokio's.
    ///
    /// # Errors
    /// When the system refuses.
    fn new(wanted: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        if !wanted {
            return Ok(Signals(None));
        }
        // A file beyond `ulimit -f` is then an error of the call that writes, which is told, and no sudden end.
        drop(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?);
        Ok(Signals(Some((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))))
    }

    /// The number of the next signal.
    pub async fn next(&mut self) -> i32 {
        match &mut self.0 {
            Some((interrupt, terminate)) => tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
            },
            None => std::future::pending().await,
        }
    }
}

/// Has SIGINT, SIGTERM and SIGHUP do nothing to this process from now on. Where the system refuses, they end it.
#[cfg(unix)]
pub(crate) fn ignore_endings() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(runtime) = runtime() else { return };
    let _entered = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        // Who handles a signal once does so for good, even if nobody waits for it.
        let _ = signal(kind);
    }
}

/// Has Ctrl-C do nothing to this process: there is nobody who could ask for it here.
#[cfg(not(unix))]
pub(crate) fn ignore_endings() {}

/// Ctrl-C.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct Signals(bool);

#[cfg(not(unix))]
impl Signals {
    /// Takes the signals over, if they are `wanted`; within a runtime of tokio's.
    ///
    /// # Errors
    /// When the system refuses.
    fn new(wanted: bool) -> io::Result<Self> {
        Ok(Signals(wanted))
    }

    /// The number of the next signal.
    pub async fn next(&mut self) -> i32 {
        if self.0 && tokio::signal::ctrl_c().await.is_ok() {
            2
        } else {
            std::future::pending().await
        }
    }
}
