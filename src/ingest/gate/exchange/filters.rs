use super::mailbox::Mailbox;
use crate::ingest::gate::codec::Qos;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a client wants of a subscription (MQTT 5, 3.8.3.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::ingest::gate) struct Options {
    pub(in crate::ingest::gate) qos: Qos,
    /// It does not want to hear itself.
    pub(in crate::ingest::gate) no_local: bool,
    pub(in crate::ingest::gate) retain_as_published: bool,
    /// Its own id for the subscription.
    pub(in crate::ingest::gate) id: Option<usize>,
}

/// What is subscribed to: a filter, alone or shared with others of a group (MQTT 5, 4.8.2).
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ingest::gate) struct Target {
    pub(in crate::ingest::gate) group: Option<Box<str>>,
    pub(in crate::ingest::gate) filter: Box<str>,
}

/// One subscriber of a filter.
pub(super) struct Entry {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) options: Options,
}

/// Subscribers of whom one gets each message.
pub(super) struct Group {
    name: Box<str>,
    members: Vec<Entry>,
    turn: AtomicUsize,
}

impl Group {
    /// Whose turn it is of those that may hear it: connected ones first.
    pub(super) fn pick(&self, qos: Qos, hears: impl Fn(&Entry) -> bool) -> Option<&Entry> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let members = (0..self.members.len()).map(|at| &self.members[(turn + at) % self.members.len()]);
        let mut away = None;
        for member in members.filter(|member| hears(member)) {
            if member.mailbox.is_connected() {
                return Some(member);
            }
            away = away.or(Some(member));
        }
        away.filter(|_| qos != Qos::AtMostOnce)
    }
}

/// The subscribers of one filter.
#[derive(Default)]
pub(super) struct Selected {
    pub(super) alone: Vec<Entry>,
    pub(super) groups: Vec<Group>,
}

/// All filters, as a tree of their levels: what it costs to find a topic's subscribers depends on its levels, not on how
/// many filters there are.
#[derive(Default)]
pub(super) struct Filters(Node);

#[derive(Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    /// The child `+`.
    any: Option<Box<Node>>,
    /// Subscribers of the filter that ends here.
    here: Option<Box<Selected>>,
    /// Subscribers of the filter that ends in `#` below here.
    below: Option<Box<Selected>>,
}

impl Filters {
    /// Adds a subscriber, or changes what it wants; whether it is new.
    pub(super) fn add(&mut self, target: &Target, entry: Entry) -> bool {
        let selected = self.0.at(Some(&target.filter)).get_or_insert_default();
        let entries = match &target.group {
            None => &mut selected.alone,
            Some(name) => {
                let at = selected.groups.iter().position(|group| group.name == *name).unwrap_or_else(|| {
                    let turn = AtomicUsize::new(0);
                    selected.groups.push(Group { name: name.clone(), members: Vec::new(), turn });
                    selected.groups.len() - 1
                });
                &mut selected.groups[at].members
            }
        };
        match entries.iter_mut().find(|known| Arc::ptr_eq(&known.mailbox, &entry.mailbox)) {
            Some(known) => {
                known.options = entry.options;
                false
            }
            None => {
                entries.push(entry);
                true
            }
        }
    }

    /// Forgets a subscriber.
    pub(super) fn remove(&mut self, target: &Target, mailbox: &Arc<Mailbox>) {
        self.0.remove(Some(&target.filter), target, mailbox);
    }

    /// Shows the subscribers of every filter that selects the topic. Filters that begin with a wildcard do not select
    /// topics that begin with `$` (MQTT 5, 4.7.2).
    pub(super) fn of_topic<'a>(&'a self, topic: &str, show: &mut impl FnMut(&'a Selected)) {
        let Self(root) = self;
        if topic.starts_with('$') {
            let (level, rest) = split(topic);
            if let Some(child) = root.children.get(level) {
                child.of_levels(rest, show);
            }
        } else {
            root.of_levels(Some(topic), show);
        }
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn split(levels: &str) -> (&str, Option<&str>) {
    levels.split_once('/').map_or((levels, None), |(level, rest)| (level, Some(rest)))
}

impl Node {
    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.any.is_none() && self.here.is_none() && self.below.is_none()
    }

    fn at(&mut self, levels: Option<&str>) -> &mut Option<Box<Selected>> {
        let Some(levels) = levels else { return &mut self.here };
        match split(levels) {
            ("#", _) => &mut self.below,
            ("+", rest) => self.any.get_or_insert_default().at(rest),
            (level, rest) => self.children.entry(level.into()).or_default().at(rest),
        }
    }

    fn remove(&mut self, levels: Option<&str>, target: &Target, mailbox: &Arc<Mailbox>) {
        match levels.map(split) {
            None => forget(&mut self.here, target, mailbox),
            Some(("#", _)) => forget(&mut self.below, target, mailbox),
            Some(("+", rest)) => {
                if let Some(any) = &mut self.any {
                    any.remove(rest, target, mailbox);
                    self.any.take_if(|any| any.is_empty());
                }
            }
            Some((level, rest)) => {
                if let Some(child) = self.children.get_mut(level) {
                    child.remove(rest, target, mailbox);
                    if child.is_empty() {
                        self.children.remove(level);
                    }
                }
            }
        }
    }

    fn of_levels<'a>(&'a self, levels: Option<&str>, show: &mut impl FnMut(&'a Selected)) {
        if let Some(below) = &self.below {
            show(below);
        }
        let Some(levels) = levels else {
            if let Some(here) = &self.here {
                show(here);
            }
            return;
        };
        let (level, rest) = split(levels);
        if let Some(child) = self.children.get(level) {
            child.of_levels(rest, show);
        }
        if let Some(any) = &self.any {
            any.of_levels(rest, show);
        }
    }
}

fn forget(selected: &mut Option<Box<Selected>>, target: &Target, mailbox: &Arc<Mailbox>) {
    let Some(present) = selected else { return };
    let others = |entry: &Entry| !Arc::ptr_eq(&entry.mailbox, mailbox);
    match &target.group {
        None => present.alone.retain(others),
        Some(name) => {
            if let Some(group) = present.groups.iter_mut().find(|group| group.name == *name) {
                group.members.retain(others);
            }
            present.groups.retain(|group| !group.members.is_empty());
        }
    }
    if present.alone.is_empty() && present.groups.is_empty() {
        *selected = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::audience::Audience;
    use super::*;
    use crate::ingest::gate::exchange::Limit;
    use crate::ingest::gate::topic;
    use proptest::prelude::*;

    fn mailbox() -> Arc<Mailbox> {
        let limit = Limit { messages: 1, bytes: 1 };
        Arc::new(Mailbox::new(1, Audience::Everything, limit, Arc::default(), 1))
    }

    fn entry(mailbox: &Arc<Mailbox>) -> Entry {
        let options = Options { qos: Qos::AtMostOnce, no_local: false, retain_as_published: false, id: None };
        Entry { mailbox: mailbox.clone(), options }
    }

    fn target(filter: &str) -> Target {
        Target { group: None, filter: filter.into() }
    }

    fn found(filters: &Filters, topic: &str) -> usize {
        let mut found = 0;
        filters.of_topic(topic, &mut |selected| found += selected.alone.len());
        found
    }

    #[test]
    fn a_filter_is_known_once_and_forgotten_without_a_trace() {
        let (mut filters, a, b) = (Filters::default(), mailbox(), mailbox());
        let targets = ["a/b", "a/+", "a/#", "#", "+/+/c"].map(target);
        for target in &targets {
            assert!(filters.add(target, entry(&a)));
            assert!(filters.add(target, entry(&b)));
            assert!(!filters.add(target, entry(&a)));
        }
        assert_eq!(found(&filters, "a/b"), 8);
        assert_eq!(found(&filters, "a"), 4, "# selects its parent");
        for target in &targets {
            filters.remove(target, &a);
            filters.remove(target, &a);
            filters.remove(target, &b);
        }
        assert!(filters.is_empty());
    }

    #[test]
    fn a_group_takes_turns() {
        let (mut filters, a, b) = (Filters::default(), mailbox(), mailbox());
        let shared = Target { group: Some("g".into()), filter: "x".into() };
        filters.add(&shared, entry(&a));
        filters.add(&shared, entry(&b));
        let pick = |filters: &Filters, qos| {
            let mut picked = None;
            filters.of_topic("x", &mut |selected| {
                picked = selected.groups[0].pick(qos, |_| true).map(|entry| Arc::ptr_eq(&entry.mailbox, &a));
            });
            picked
        };
        assert_eq!([pick(&filters, Qos::AtMostOnce), pick(&filters, Qos::AtMostOnce)], [Some(true), Some(false)]);
        a.disconnected();
        assert_eq!([pick(&filters, Qos::AtLeastOnce), pick(&filters, Qos::AtLeastOnce)], [Some(false), Some(false)]);
        b.disconnected();
        assert_eq!(pick(&filters, Qos::AtMostOnce), None);
        assert!(pick(&filters, Qos::AtLeastOnce).is_some());
        filters.remove(&shared, &a);
        filters.remove(&shared, &b);
        assert!(filters.is_empty());
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_matches(
            wanted in proptest::collection::vec("[$ab+]?(/[ab+]?){0,3}(/#)?", 1..8),
            topic in "[$ab]?(/[ab]?){0,3}",
        ) {
            let wanted: Vec<String> = wanted.into_iter().filter(|filter| topic::is_filter(filter)).collect();
            prop_assume!(topic::is_topic(&topic));
            let mut filters = Filters::default();
            for filter in &wanted {
                filters.add(&target(filter), entry(&mailbox()));
            }
            let expected = wanted.iter().filter(|filter| topic::matches(filter, &topic)).count();
            prop_assert_eq!(found(&filters, &topic), expected);
        }
    }
}
