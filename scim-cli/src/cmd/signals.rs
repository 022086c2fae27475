//! Ctrl-C, and the request to end that a process supervisor sends.

use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::{Exit, Stop};

/// The signals that stop a command. They are caught from the moment that this exists.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Stop> {
        Self::register()
            .map_err(|error| Stop::new(Exit::CouldNotAsk, format!("cannot listen to signals: {error}")))
    }

    #[cfg(unix)]
    fn register() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    fn register() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }

    /// For the person who does not want to wait.
    pub(crate) async fn exit_at_next(mut self) {
        self.next().await;
        std::process::exit(Exit::CouldNotAsk.code().into());
    }
}
