use super::outbox::{Counts, Line};
use super::pace::Pace;
use super::post::Post;
use super::status::Status;
use super::touched::Touched;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How long to wait for a database that refuses.
const REST_MS: i64 = 1_000;
/// How long to wait where sending ended in a panic.
const FAILED_MS: i64 = 60_000;
/// How long a stop waits for what is on its way.
const AT_STOP: Duration = Duration::from_secs(3);
/// How often it is counted what waits.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// How often what is old is forgotten.
const EXPIRE_EVERY: Duration = Duration::from_secs(3_600);

/// Sends what is due, some subscriptions at a time, each in order. Who was in trouble gets at most half of the places, so that
/// those who answer do not wait for those who hang. An owner gets at most a quarter, and places go round over owners, so that
/// nobody waits for all that somebody else is to be sent.
pub(super) struct Dispatcher {
    post: Arc<Post>,
    touched: Touched,
    status: Status,
    /// What comes next, of each subscription for which something waits.
    lines: HashMap<String, Line>,
    on_the_way: HashMap<String, OnTheWay>,
    sending: JoinSet<()>,
    pace: Pace,
    /// Channels whose pace held something up.
    crowded: HashSet<String>,
    concurrency: usize,
    /// Turns of owners so far.
    turn: u64,
    /// Each owner's last one.
    last_turn: HashMap<String, u64>,
    keep_ms: i64,
}

/// A message on its way.
struct OnTheWay {
    task: Id,
    owner: String,
    channel: String,
    troubled: bool,
}

impl Dispatcher {
    pub(super) fn new(post: Arc<Post>, touched: Touched, status: Status, concurrency: usize, keep_ms: i64) -> Self {
        Self {
            post,
            touched,
            status,
            lines: HashMap::new(),
            on_the_way: HashMap::new(),
            sending: JoinSet::new(),
            pace: Pace::default(),
            crowded: HashSet::new(),
            concurrency: concurrency.max(2),
            turn: 0,
            last_turn: HashMap::new(),
            keep_ms,
        }
    }

    /// Sends until `stop`. What is on its way then has a moment to arrive; else it is sent again at the next start, with the
    /// same id.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
        // Whoever takes longer is told twice.
        let _ = timeout(AT_STOP, async { while self.sending.join_next().await.is_some() {} }).await;
    }

    async fn work(&mut self) {
        self.restore().await;
        let (mut count_at, mut expire_at) = (Instant::now(), Instant::now());
        loop {
            let now_ms = self.post.clock.now_ms();
            self.start_due(now_ms);
            let next = self.next_after(now_ms);
            tokio::select! {
                () = self.touched.some() => self.look_at_touched().await,
                Some(sent) = self.sending.join_next_with_id() => self.sent(sent).await,
                () = sleep(next.unwrap_or_default()), if next.is_some() => {}
                () = sleep_until(count_at) => {
                    self.count().await;
                    count_at = Instant::now() + COUNT_EVERY;
                }
                () = sleep_until(expire_at) => {
                    let before_ms = self.post.clock.now_ms() - self.keep_ms;
                    if let Err(error) = self.post.outbox.expire(before_ms).await {
                        tracing::warn!(%error, "old deliveries could not be forgotten; it is tried again");
                    }
                    expire_at = Instant::now() + EXPIRE_EVERY;
                }
            }
        }
    }

    /// Takes up what waits since before the start.
    async fn restore(&mut self) {
        loop {
            match self.post.outbox.waiting().await {
                Ok(waiting) => return self.touched.add(waiting),
                Err(error) => {
                    tracing::warn!(%error, "what is to be sent waits for the database");
                    sleep(Duration::from_millis(REST_MS.unsigned_abs())).await;
                }
            }
        }
    }

    /// Starts what is due and finds a place: of the owners, next is who has the fewest on the way and, of those, whose last
    /// turn is the longest ago; of what is an owner's, what has been due for longest.
    fn start_due(&mut self, now_ms: i64) {
        let mut due: HashMap<String, BinaryHeap<Reverse<(i64, String)>>> = HashMap::new();
        for (id, line) in &self.lines {
            if line.due_ms <= now_ms && !self.on_the_way.contains_key(id) {
                due.entry(self.owner(id)).or_default().push(Reverse((line.due_ms, id.clone())));
            }
        }
        let share = (self.concurrency / 4).max(1);
        let mut sending: HashMap<&str, usize> = HashMap::new();
        for one in self.on_the_way.values() {
            *sending.entry(&one.owner).or_default() += 1;
        }
        let place = |owner: &String| {
            let last = self.last_turn.get(owner).copied().unwrap_or(0);
            Reverse((sending.get(owner.as_str()).copied().unwrap_or(0), last, owner.clone()))
        };
        let mut round: BinaryHeap<_> = due.keys().map(place).collect();
        while self.on_the_way.len() < self.concurrency {
            let Some(Reverse((sending, last, owner))) = round.pop() else { return };
            let next = due.get_mut(&owner).filter(|_| sending < share).and_then(BinaryHeap::pop);
            let Some(Reverse((_, id))) = next else { continue };
            if self.start(&id, &owner, now_ms) {
                self.turn += 1;
                self.last_turn.insert(owner.clone(), self.turn);
                round.push(Reverse((sending + 1, self.turn, owner)));
            } else {
                round.push(Reverse((sending, last, owner)));
            }
        }
    }

    /// Whose a subscription is; nobody's if it is not there any more.
    fn owner(&self, id: &str) -> String {
        self.post.book.subscription(id).map(|one| one.owner.clone()).unwrap_or_default()
    }

    /// Starts what comes next for a subscription, unless something holds it up.
    fn start(&mut self, id: &str, owner: &str, now_ms: i64) -> bool {
        let Some(line) = self.lines.get(id).copied() else { return false };
        let subscription = self.post.book.subscription(id);
        let channel = subscription.and_then(|one| self.post.book.channel(one.channel.as_deref()?));
        // A list on the page is its subscription's own.
        let name = channel.as_ref().map_or(id, |channel| &*channel.id).to_owned();
        let in_trouble = self.on_the_way.values().filter(|one| one.troubled).count();
        let busy = self.on_the_way.values().any(|one| one.channel == name);
        if busy || line.troubled && in_trouble >= self.concurrency / 2 {
            return false;
        }
        if let Some(channel) = &channel
            && let Err(free_ms) = self.pace.use_once(&name, channel.target.per_minute(), now_ms)
        {
            self.crowded.insert(name);
            self.lines.insert(id.to_owned(), Line { due_ms: free_ms, ..line });
            return false;
        }
        let crowded = self.crowded.remove(&name);
        let (post, own) = (self.post.clone(), id.to_owned());
        let task = self.sending.spawn(async move {
            if let Err(error) = post.deliver(&own, crowded).await {
                tracing::warn!(%error, subscription = own, "what came of a message could not be kept: it is sent again");
                sleep(Duration::from_millis(REST_MS.unsigned_abs())).await;
            }
        });
        let one = OnTheWay { task: task.id(), owner: owner.to_owned(), channel: name, troubled: line.troubled };
        self.on_the_way.insert(id.to_owned(), one);
        true
    }

    async fn sent(&mut self, sent: Result<(Id, ()), JoinError>) {
        let task = sent.as_ref().map_or_else(JoinError::id, |(task, ())| *task);
        let id = self.on_the_way.iter().find(|(_, one)| one.task == task).map(|(id, _)| id.clone());
        let Some(id) = id else { return };
        self.on_the_way.remove(&id);
        if sent.is_ok() {
            return self.look_at(id).await;
        }
        tracing::error!(
            subscription = id,
            "a message could not be sent because of a mistake in dayi; it is tried again"
        );
        let due_ms = self.post.clock.now_ms() + FAILED_MS;
        self.lines.insert(id, Line { due_ms, troubled: true });
    }

    async fn look_at_touched(&mut self) {
        for id in self.touched.take() {
            self.look_at(id).await;
        }
    }

    /// Finds out what comes next for a subscription.
    async fn look_at(&mut self, id: String) {
        match self.post.outbox.next(&id).await {
            Ok(Some(line)) => drop(self.lines.insert(id, line)),
            Ok(None) => drop(self.lines.remove(&id)),
            Err(error) => {
                tracing::warn!(%error, "what is to be sent waits for the database");
                let due_ms = self.post.clock.now_ms() + REST_MS;
                self.lines.insert(id, Line { due_ms, troubled: false });
            }
        }
    }

    /// How long it is from `now_ms` until the next is due that was not then.
    fn next_after(&self, now_ms: i64) -> Option<Duration> {
        let later = self.lines.values().map(|line| line.due_ms).filter(|due_ms| *due_ms > now_ms);
        // A clock that is set back must not hold anything up for long.
        later.min().map(|due_ms| Duration::from_millis((due_ms - now_ms).unsigned_abs()).min(COUNT_EVERY))
    }

    async fn count(&mut self) {
        let now_ms = self.post.clock.now_ms();
        match self.post.outbox.counts(now_ms).await {
            Ok(counts) => self.status.tell(counts, now_ms),
            Err(error) => {
                tracing::warn!(%error, "what waits could not be counted");
                self.status.tell(Counts::default(), now_ms);
            }
        }
    }

    /// Sends everything that is due by now, and returns when it is.
    #[cfg(test)]
    pub(super) async fn send_due(&mut self) {
        self.restore().await;
        loop {
            self.look_at_touched().await;
            self.start_due(self.post.clock.now_ms());
            match self.sending.join_next_with_id().await {
                Some(sent) => self.sent(sent).await,
                None => return,
            }
        }
    }
}
