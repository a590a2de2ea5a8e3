//! What follows from a server's answer. The table is in `docs/influxdb.md`.

use std::time::Duration;

/// What came back for some lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// What it says, in the server's words; empty for a success.
        said: String,
        /// How long it wants us to wait.
        retry_after: Option<Duration>,
    },
    /// None: the connection failed or the time was up.
    Nothing(String),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has them.
    Done,
    /// It has those that it could take, and says why not the others.
    Partly,
    /// It has none of them, because at least one cannot be.
    Refused,
    /// It takes less at a time.
    TooLarge,
    /// Nothing was said about the lines.
    NotNow(Obstacle),
}

/// Why lines cannot be sent at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A person has to change something: the address, the token, the bucket.
    Misconfigured,
    /// It is busy, and may have said for how long.
    Busy(Option<Duration>),
    /// It failed.
    Failed,
    /// It is not there. Where it was stopped the hard way, it may have lost what it had only just acknowledged.
    Away,
}

/// The longest that a server's wish to be left alone is followed.
const LONGEST_WISH: Duration = Duration::from_secs(3_600);

impl Answer {
    /// What follows from it.
    pub(super) fn verdict(&self) -> Verdict {
        let Self::Http { status, said, retry_after } = self else { return Verdict::NotNow(Obstacle::Away) };
        match status {
            200..=299 => Verdict::Done,
            400 | 422 if said.to_ascii_lowercase().contains("partial write") => Verdict::Partly,
            400 | 422 => Verdict::Refused,
            413 => Verdict::TooLarge,
            408 => Verdict::NotNow(Obstacle::Failed),
            429 | 503 => Verdict::NotNow(Obstacle::Busy(*retry_after)),
            502 | 504 => Verdict::NotNow(Obstacle::Away),
            500..=599 => Verdict::NotNow(Obstacle::Failed),
            _ => Verdict::NotNow(Obstacle::Misconfigured),
        }
    }

    /// The same for a person.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Http { status, said, .. } if said.is_empty() => status.to_string(),
            Self::Http { status, said, .. } => format!("{status}: {said}"),
            Self::Nothing(why) => why.clone(),
        }
    }
}

impl Verdict {
    /// Its name in the metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partly => "partly",
            Self::Refused => "refused",
            Self::TooLarge => "too-large",
            Self::NotNow(Obstacle::Misconfigured) => "misconfigured",
            Self::NotNow(Obstacle::Busy(_)) => "busy",
            Self::NotNow(Obstacle::Failed) => "failed",
            Self::NotNow(Obstacle::Away) => "away",
        }
    }
}

/// How long to wait between attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackOff {
    /// Before the second attempt, at most.
    pub(super) first: Duration,
    /// Before any.
    pub(super) most: Duration,
}

impl BackOff {
    /// How long to wait after `failures` attempts in a row. `random` is 0 to 1: with it, many that failed together do not
    /// come back together.
    pub(super) fn wait(self, obstacle: Obstacle, failures: u32, random: f64) -> Duration {
        match obstacle {
            Obstacle::Misconfigured => self.most,
            Obstacle::Busy(Some(wish)) => wish.min(LONGEST_WISH),
            Obstacle::Busy(None) | Obstacle::Failed | Obstacle::Away => {
                let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(16));
                doubled.min(self.most).mul_f64(random.clamp(0.0, 1.0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(status: u16, said: &str) -> Answer {
        Answer::Http { status, said: said.into(), retry_after: None }
    }

    #[test]
    fn every_answer_has_its_consequence() {
        let partly = "failure writing points to database: partial write: field type conflict: dropped=1";
        let wish = Some(Duration::from_secs(7));
        for (answer, verdict) in [
            (http(204, ""), Verdict::Done),
            (http(200, ""), Verdict::Done),
            (http(422, partly), Verdict::Partly),
            (http(400, "Partial write: points beyond retention policy"), Verdict::Partly),
            (http(400, "unable to parse"), Verdict::Refused),
            (http(422, "field type conflict"), Verdict::Refused),
            (http(413, ""), Verdict::TooLarge),
            (http(301, ""), Verdict::NotNow(Obstacle::Misconfigured)),
            (http(401, "unauthorized access"), Verdict::NotNow(Obstacle::Misconfigured)),
            (http(403, ""), Verdict::NotNow(Obstacle::Misconfigured)),
            (http(404, "bucket not found"), Verdict::NotNow(Obstacle::Misconfigured)),
            (http(408, ""), Verdict::NotNow(Obstacle::Failed)),
            (http(429, ""), Verdict::NotNow(Obstacle::Busy(None))),
            (http(500, ""), Verdict::NotNow(Obstacle::Failed)),
            (http(502, ""), Verdict::NotNow(Obstacle::Away)),
            (Answer::Nothing("refused".into()), Verdict::NotNow(Obstacle::Away)),
            (
                Answer::Http { status: 503, said: String::new(), retry_after: wish },
                Verdict::NotNow(Obstacle::Busy(wish)),
            ),
        ] {
            assert_eq!(answer.verdict(), verdict, "{answer:?}");
        }
    }

    #[test]
    fn waits_double_up_to_a_bound_and_wishes_are_followed() {
        let (first, most) = (Duration::from_secs(1), Duration::from_secs(60));
        let back_off = BackOff { first, most };
        let longest: Vec<u64> = (1..9).map(|failures| back_off.wait(Obstacle::Away, failures, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off.wait(Obstacle::Failed, u32::MAX, 0.5), Duration::from_secs(30));
        assert_eq!(back_off.wait(Obstacle::Failed, 3, 0.0), Duration::ZERO);
        assert_eq!(back_off.wait(Obstacle::Misconfigured, 1, 0.0), most);
        let wish = |seconds| Obstacle::Busy(Some(Duration::from_secs(seconds)));
        assert_eq!(back_off.wait(wish(90), 1, 0.0), Duration::from_secs(90));
        assert_eq!(back_off.wait(wish(1_000_000), 1, 0.0), LONGEST_WISH);
    }
}
