//! How the command ends.

use std::{fmt, process::ExitCode};

/// The exit codes. They are part of the interface: scripts and CI depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: the endpoint conforms, the filter matches, the patch applies.
    Success,
    /// 1: findings, no match, the patch is refused, the endpoint refuses.
    Findings,
    /// 2: the arguments or their files cannot be used; nothing was changed.
    Usage,
    /// 3: the endpoint could not be asked, or not to the end.
    CouldNotAsk,
    /// 4: a story or vendor profile file is wrong; nothing was sent.
    BadFile,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::CouldNotAsk => 3,
            Self::BadFile => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A command that ends before its work is done: the code, and what to tell the person.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) exit: Exit,
    message: String,
}

impl Stop {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// Exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.trim_end())
    }
}
