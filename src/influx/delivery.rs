use super::client::{Client, Heard};
use super::line::Lines;
use super::policy::{Obstacle, Verdict};
use super::status::Status;
use std::ops::Range;

/// A line that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetAside {
    /// In the server's words.
    pub(super) reason: String,
    /// The line; empty where the server kept the others of many and did not say which it left out.
    pub(super) line: String,
}

/// Lines on their way: what of them is not through yet, and what was refused.
///
/// A part that is refused is halved until the lines that cannot be are alone. What is good is sent more than once by that,
/// which changes nothing: a line with the same tags and time replaces itself.
pub(super) struct Delivery {
    lines: Lines,
    /// What is still to be sent, the next part last.
    parts: Vec<Range<usize>>,
    /// Requests that are through.
    through: usize,
    /// What was refused.
    pub(super) set_aside: Vec<SetAside>,
}

/// Why a delivery stopped before its end; [`Delivery::send`] goes on.
pub(super) struct Interrupted {
    /// What is in the way.
    pub(super) obstacle: Obstacle,
    /// The same in words.
    pub(super) words: String,
}

impl Delivery {
    /// Sends `lines` in as few requests of at most `most` as there can be, all about as large.
    pub(super) fn new(lines: Lines, most: usize) -> Self {
        let (count, requests) = (lines.len(), lines.len().div_ceil(most.max(1)));
        let parts = (0..requests).map(|n| n * count / requests..(n + 1) * count / requests).rev().collect();
        Self { lines, parts, through: 0, set_aside: Vec::new() }
    }

    /// Sends what is left, in order. Returns whether the connection was opened anew meanwhile.
    pub(super) async fn send(&mut self, client: &mut Client, status: &Status) -> (bool, Result<(), Interrupted>) {
        let mut anew = false;
        // A part stays on the list until its answer is here: this future may be dropped at any time.
        while let Some(part) = self.parts.last().cloned() {
            let Heard { answer, connected_anew } = client.write(self.lines.part(&part)).await;
            anew |= connected_anew;
            let verdict = answer.verdict();
            status.answered(verdict, answer.words());
            match verdict {
                Verdict::NotNow(obstacle) => return (anew, Err(Interrupted { obstacle, words: answer.words() })),
                Verdict::Done => status.sent(part.len()),
                Verdict::Partly => {
                    status.sent(part.len());
                    self.set_aside.push(SetAside { reason: answer.words(), line: String::new() });
                }
                Verdict::Refused | Verdict::TooLarge if part.len() == 1 => {
                    let line = self.lines.part(&part).trim_end().to_owned();
                    self.set_aside.push(SetAside { reason: answer.words(), line });
                }
                Verdict::Refused | Verdict::TooLarge => {
                    let middle = part.start + part.len() / 2;
                    self.parts.pop();
                    self.parts.extend([middle..part.end, part.start..middle]);
                    continue;
                }
            }
            self.parts.pop();
            self.through += 1;
        }
        (anew, Ok(()))
    }

    /// Lines that were not tried, or not to the end: the last ones.
    pub(super) fn left(&self) -> usize {
        self.parts.iter().map(Range::len).sum()
    }

    /// Requests that are through: whose lines were taken, or refused one by one.
    pub(super) fn through(&self) -> usize {
        self.through
    }
}
