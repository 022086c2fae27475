//! What providers do about an endpoint that is slow, busy or broken.
//!
//! The simulators do not wait: a run has its own patience with a busy endpoint, and what a provider would do next is
//! said in words when it gives up. These are the policies as data.

use super::Grade;

/// The policies of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Seconds without an answer after which it takes a request for failed, if that is known.
    pub patience: Option<u64>,
    /// What it does about each kind of trouble that something is known of.
    pub rules: &'static [Retry],
}

/// What a provider does about one kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The trouble.
    pub trouble: Trouble,
    /// When it tries again.
    pub wait: Wait,
    /// How often at most, if that is known.
    pub most: Option<u32>,
    /// How well that is known.
    pub grade: Grade,
    /// Where it is known from.
    pub source: &'static str,
    /// The policy in one sentence.
    pub note: &'static str,
}

/// A kind of trouble with an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// No answer in time.
    Timeout,
    /// 400: the request is refused.
    Refused,
    /// 401 or 403: the credentials are.
    Credentials,
    /// 429: too many requests.
    Busy,
    /// 5xx: the endpoint failed.
    Fault,
}

impl Trouble {
    /// The trouble that a status stands for.
    #[must_use]
    pub fn of(status: u16) -> Option<Self> {
        match status {
            400 => Some(Self::Refused),
            401 | 403 => Some(Self::Credentials),
            429 => Some(Self::Busy),
            500..=599 => Some(Self::Fault),
            _ => None,
        }
    }

    /// The name in listings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "time-out",
            Self::Refused => "400",
            Self::Credentials => "401, 403",
            Self::Busy => "429",
            Self::Fault => "5xx",
        }
    }
}

/// When a provider tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// It does not: an administrator has to.
    Never,
    /// After `Retry-After` if that is a number of seconds, else after so many, twice as many each time.
    Asked(u64),
    /// After these seconds, one after the other; the last one is repeated.
    After(&'static [u64]),
    /// It does, but nobody says when.
    Sometime,
}

impl Retry {
    /// Seconds until the provider tries again after its `attempt`, counted from 1; `None` if it does not, or if that is
    /// not known.
    #[must_use]
    pub fn seconds(&self, attempt: u32, retry_after: Option<&str>) -> Option<u64> {
        if attempt == 0 || self.most.is_some_and(|most| attempt >= most) {
            return None;
        }
        match self.wait {
            Wait::Never | Wait::Sometime => None,
            Wait::Asked(otherwise) => {
                let asked = retry_after.and_then(|text| text.trim().parse().ok());
                Some(asked.unwrap_or_else(|| otherwise.saturating_mul(2_u64.saturating_pow(attempt - 1))))
            }
            Wait::After(steps) => {
                let place =
                    usize::try_from(attempt - 1).unwrap_or(usize::MAX).min(steps.len().saturating_sub(1));
                steps.get(place).copied()
            }
        }
    }
}

impl Retries {
    /// What is done about that trouble.
    #[must_use]
    pub fn about(&self, trouble: Trouble) -> Option<&'static Retry> {
        self.rules.iter().find(|rule| rule.trouble == trouble)
    }
}

/// Nothing is known.
pub(super) const UNKNOWN: Retries = Retries { patience: None, rules: &[] };

const OKTA_CONCEPT: &str = "okta/okta-developer-docs docs/concepts/scim/index.md @ 468de9c511b5";
pub(super) const OKTA: Retries = Retries {
    patience: Some(60),
    rules: &[
        Retry {
            trouble: Trouble::Busy,
            wait: Wait::Asked(300),
            most: Some(10),
            grade: Grade::Documented,
            source: OKTA_CONCEPT,
            note: "The job pauses for Retry-After in seconds, else for five minutes, doubled each time; after ten \
                   attempts it has failed.",
        },
        Retry {
            trouble: Trouble::Timeout,
            wait: Wait::Sometime,
            most: None,
            grade: Grade::Inferred,
            source: "croffasia/itsaplan#250; okta/okta-developer-docs docs/concepts/scim/faqs/index.md @ 468de9c511b5",
            note: "After 60 seconds of silence the request has failed; a create is reported to come again.",
        },
        Retry {
            trouble: Trouble::Refused,
            wait: Wait::Never,
            most: None,
            grade: Grade::Inferred,
            source: "fleetdm/fleet#52600",
            note: "Reported to be final.",
        },
        Retry {
            trouble: Trouble::Fault,
            wait: Wait::Never,
            most: None,
            grade: Grade::Observed,
            source: "Timothy-itayi/okta-iam-lifecycle-lab phase 3 notes @ c7a131b5 (LAB)",
            note: "Seen for a 502 during a group push: the mapping is in error until an administrator tries again, \
                   which repeats the whole sequence.",
        },
    ],
};

const MS_LOGS: &str = "MicrosoftDocs/entra-docs howto-analyze-provisioning-logs.md (MS-LOGS)";
pub(super) const ENTRA: Retries = Retries {
    patience: None,
    rules: &[
        Retry {
            trouble: Trouble::Busy,
            wait: Wait::Sometime,
            most: None,
            grade: Grade::Documented,
            source: MS_LOGS,
            note: "TooManyRequests is tried again by itself; that Retry-After is obeyed is said nowhere.",
        },
        Retry {
            trouble: Trouble::Timeout,
            wait: Wait::After(&[40 * 60]),
            most: None,
            grade: Grade::Documented,
            source: MS_LOGS,
            note: "Timeout and WebExceptionProtocolError: in the next cycle, then less and less often.",
        },
        Retry {
            trouble: Trouble::Fault,
            wait: Wait::After(&[40 * 60]),
            most: None,
            grade: Grade::Documented,
            source: MS_LOGS,
            note: "InternalServerError: in the next cycle, then less and less often, without end.",
        },
        Retry {
            trouble: Trouble::Credentials,
            wait: Wait::After(&[6 * 3600, 12 * 3600, 24 * 3600]),
            most: None,
            grade: Grade::Documented,
            source: "MicrosoftDocs/entra-docs application-provisioning-quarantine-status.md (MS-QUAR)",
            note: "The job goes into quarantine at once: after 6, 12, 24 hours, then daily; disabled after 28 days.",
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::{ENTRA, OKTA, Trouble, UNKNOWN};

    #[test]
    fn okta_waits_as_asked_or_doubles() {
        let busy = OKTA.about(Trouble::of(429).unwrap()).unwrap();
        assert_eq!(busy.seconds(1, Some("7")), Some(7));
        for odd in [None, Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some("1.5"), Some("-3")] {
            assert_eq!(busy.seconds(1, odd), Some(300), "{odd:?}");
            assert_eq!(busy.seconds(3, odd), Some(1200), "{odd:?}");
        }
        assert_eq!(busy.seconds(10, Some("7")), None);
        assert_eq!(OKTA.about(Trouble::Refused).unwrap().seconds(1, None), None);
    }

    #[test]
    fn entra_comes_again_in_the_next_cycle() {
        assert_eq!(ENTRA.about(Trouble::of(500).unwrap()).unwrap().seconds(9, Some("7")), Some(2400));
        let quarantine = ENTRA.about(Trouble::of(401).unwrap()).unwrap();
        let waits: Vec<_> = (1..=4).filter_map(|attempt| quarantine.seconds(attempt, None)).collect();
        assert_eq!(waits, [21_600, 43_200, 86_400, 86_400]);
        assert_eq!(UNKNOWN.about(Trouble::Busy), None);
        assert_eq!(Trouble::of(200), None);
    }
}
