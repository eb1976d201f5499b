//! Signals that ask for the end, awaited.

use std::io;

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
    pub fn new(wanted: bool) -> io::Result<Self> {
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
    pub fn new(wanted: bool) -> io::Result<Self> {
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
