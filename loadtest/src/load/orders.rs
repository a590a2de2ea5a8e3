use std::net::SocketAddr;

/// What all connections are told. They see only the newest, so everything is a state or a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orders {
    /// Where the server is; `None` while it is away.
    pub(super) server: Option<SocketAddr>,
    /// How often all dropped their connections so far.
    pub(super) storms: u32,
    /// Whether they are to get their acknowledgements and leave.
    pub(super) stop: bool,
}
