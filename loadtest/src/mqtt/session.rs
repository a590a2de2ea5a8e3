//! The publishes that wait for their acknowledgement, kept across connections.

use bytes::BytesMut;
use std::collections::VecDeque;

/// An encoded QoS 1 PUBLISH without its PUBACK.
#[derive(Debug)]
struct Unacknowledged {
    id: u16,
    frame: Box<[u8]>,
}

/// Publishes without their PUBACK, oldest first.
#[derive(Debug, Default)]
pub(super) struct Session {
    waiting: VecDeque<Unacknowledged>,
    last_id: u16,
}

/// The DUP flag in the first byte of a PUBLISH.
const DUP: u8 = 0b1000;

impl Session {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The packet id of the next publish: not zero, and not that of one that still waits. There must be fewer than
    /// 65,535 of these, which the window sees to.
    pub(super) fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.wrapping_add(1);
            if self.last_id != 0 && self.waiting.iter().all(|waiting| waiting.id != self.last_id) {
                return self.last_id;
            }
        }
    }

    pub(super) fn add(&mut self, id: u16, frame: &[u8]) {
        self.waiting.push_back(Unacknowledged { id, frame: frame.into() });
    }

    /// Whether this id waited; it no longer does.
    pub(super) fn acknowledge(&mut self, id: u16) -> bool {
        let at = self.waiting.iter().position(|waiting| waiting.id == id);
        at.and_then(|at| self.waiting.remove(at)).is_some()
    }

    /// Writes every waiting publish again, in order and marked as a duplicate.
    pub(super) fn resend(&self, outgoing: &mut BytesMut) {
        for waiting in &self.waiting {
            let at = outgoing.len();
            outgoing.extend_from_slice(&waiting.frame);
            if let Some(first) = outgoing.get_mut(at) {
                *first |= DUP;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_round_without_zero_and_pass_over_those_that_wait() {
        let mut session = Session { last_id: u16::MAX - 1, ..Session::default() };
        assert_eq!([session.next_id(), session.next_id()], [u16::MAX, 1]);
        for waiting in [5, 6, 8] {
            session.add(waiting, b"x");
        }
        session.last_id = 4;
        assert_eq!([session.next_id(), session.next_id()], [7, 9]);
    }

    #[test]
    fn only_what_waits_is_sent_again() {
        let mut session = Session::default();
        for id in 1..=3 {
            session.add(id, &[0x32, id as u8]);
        }
        assert!(session.acknowledge(2));
        assert!(!session.acknowledge(2));
        let mut outgoing = BytesMut::new();
        session.resend(&mut outgoing);
        assert_eq!(outgoing[..], [0x3A, 1, 0x3A, 3]);
    }
}
