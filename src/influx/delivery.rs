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
    /// Sends `lines`, at most `most` in a request.
    pub(super) fn new(lines: Lines, most: usize) -> Self {
        let count = lines.len();
        let parts = (0..count).step_by(most.max(1)).map(|begin| begin..(begin + most.max(1)).min(count));
        let parts = parts.rev().collect();
        Self { lines, parts, set_aside: Vec::new() }
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
        }
        (anew, Ok(()))
    }
}
