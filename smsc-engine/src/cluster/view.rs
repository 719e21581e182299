//! What a node sees of its cluster, as people and programs are told.

/// What a node sees of its cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ClusterView {
    /// The name of this node.
    pub node: String,
    /// The name of the cluster, made by chance when the first node came.
    pub cluster: String,
    /// Whether this node accepts and hands out messages.
    pub works: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// All nodes, this one too.
    pub members: Vec<Member>,
    /// What is wrong, for people.
    pub problems: Vec<String>,
}

impl ClusterView {
    /// Counts the members that stand so.
    pub fn count(&self, state: MemberState) -> usize {
        self.members.iter().filter(|member| member.state == state).count()
    }
}

/// How a node stands, as this one sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub enum MemberState {
    /// It gives signs of life.
    Up,
    /// It stopped giving them.
    Down,
    /// It was stopped in order.
    Left,
    /// It knows another secret.
    Refused,
    /// It works on another database.
    Apart,
    /// It is in the list, and nothing was ever seen of it.
    Unknown,
}

impl MemberState {
    /// All of them.
    pub const ALL: [MemberState; 6] =
        [MemberState::Up, MemberState::Down, MemberState::Left, MemberState::Refused, MemberState::Apart, MemberState::Unknown];

    /// Returns a word for it.
    pub const fn name(self) -> &'static str {
        match self {
            MemberState::Up => "up",
            MemberState::Down => "down",
            MemberState::Left => "left",
            MemberState::Refused => "refused",
            MemberState::Apart => "apart",
            MemberState::Unknown => "unknown",
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Member {
    /// Its name, or its address while that is all that is known.
    pub name: String,
    /// How it stands.
    pub state: MemberState,
    /// Where it answers other nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The version of its program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Seconds since its last sign of life in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_seconds: Option<u64>,
    /// More about it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
