//! How the members of a cluster stand, worked out of what one node sees.

use super::hello::{Facts, HelloError};
use super::table::{LIFE, NodeRow};
use super::view::{Member, MemberState};

/// A node of the list, or an address out of DNS, with what came of calling it.
#[derive(Clone, Debug)]
pub(super) struct Called {
    /// Its name, if the list says it.
    pub(super) name: Option<String>,
    /// Its address, for people.
    pub(super) place: String,
    /// What it said; `None` for ourselves, who are not called.
    pub(super) said: Option<Result<Facts, HelloError>>,
}

/// What one node sees.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    pub(super) node: String,
    /// A digest of the list.
    pub(super) members: String,
    pub(super) rows: Vec<NodeRow>,
    pub(super) called: Vec<Called>,
}

/// What that means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) members: Vec<Member>,
    pub(super) problems: Vec<String>,
    /// A member works on another database.
    pub(super) is_split: bool,
    /// Most of the members are in this database.
    pub(super) has_majority: bool,
}

impl Sight {
    /// Works out how all members stand.
    pub(super) fn judge(&self) -> Judgement {
        let mut members: Vec<Member> = self.rows.iter().map(by_row).collect();
        let mut listed = 0;
        for called in &self.called {
            let row = self.row(called);
            let epoch = row.map_or(0, |row| row.epoch);
            let answered = if self.is_self(called) { None } else { called.said.as_ref() };
            match row.and_then(|row| members.iter_mut().find(|member| member.name == row.name)) {
                Some(member) => {
                    listed += usize::from(member.state == MemberState::Up);
                    called_too(member, answered, (&self.node, epoch));
                }
                None => members.push(without_row(called)),
            }
        }
        let problems = self.problems(&members);
        let is_split = members.iter().any(|member| member.state == MemberState::Apart);
        Judgement { problems, is_split, has_majority: self.called.is_empty() || listed * 2 > self.called.len(), members }
    }

    /// The row of a member that was called.
    fn row(&self, called: &Called) -> Option<&NodeRow> {
        let said = called.said.as_ref().and_then(|said| said.as_ref().ok()).map(|facts| &facts.node);
        match called.name.as_ref().or(said) {
            Some(name) => self.rows.iter().find(|row| row.name == *name),
            None => self.rows.iter().find(|row| row.address == called.place),
        }
    }

    fn is_self(&self, called: &Called) -> bool {
        self.row(called).is_some_and(|row| row.name == self.node)
    }

    fn problems(&self, members: &[Member]) -> Vec<String> {
        let mut problems: Vec<String> = members
            .iter()
            .filter_map(|member| {
                let name = &member.name;
                match member.state {
                    MemberState::Up | MemberState::Left => None,
                    MemberState::Down => Some(format!("{name} gives no sign of life")),
                    MemberState::Refused => Some(format!("{name} is refused: it has another secret (node.cluster_secret)")),
                    MemberState::Apart => Some(format!("split brain: {name} works on another database")),
                    MemberState::Unknown => Some(format!("{name} was never seen")),
                }
            })
            .collect();
        let others = self.rows.iter().filter(|row| is_up(row) && row.members != self.members);
        problems.extend(others.map(|row| format!("{} has another list of members", row.name)));
        problems
    }
}

fn is_up(row: &NodeRow) -> bool {
    !row.has_left && row.silent < LIFE
}

fn by_row(row: &NodeRow) -> Member {
    Member {
        name: row.name.clone(),
        state: match (row.has_left, is_up(row)) {
            (true, _) => MemberState::Left,
            (false, true) => MemberState::Up,
            (false, false) => MemberState::Down,
        },
        address: Some(row.address.clone()).filter(|address| !address.is_empty()),
        version: Some(row.version.clone()),
        silent_seconds: Some(row.silent.as_secs()),
        detail: None,
    }
}

/// What calling it adds to what its row says.
fn called_too(member: &mut Member, said: Option<&Result<Facts, HelloError>>, (node, epoch): (&String, u64)) {
    match (said, member.state) {
        (Some(Err(HelloError::Secret)), _) => member.state = MemberState::Refused,
        // Who has just left said so before; another life of it would be elsewhere.
        (Some(Ok(facts)), MemberState::Left) if facts.epoch == epoch => {}
        (Some(Ok(facts)), MemberState::Down | MemberState::Left) if facts.beats => {
            member.state = MemberState::Apart;
            member.detail = Some(format!("it gives its signs of life in another database, cluster {}", facts.cluster));
        }
        (Some(Ok(_)), MemberState::Down) => member.detail = Some("it answers, and cannot reach the database".into()),
        (Some(Ok(facts)), MemberState::Up) if facts.beats && !facts.sees.contains(node) => {
            member.detail = Some("it sees no sign of life of this node".into());
        }
        (Some(Err(error)), MemberState::Up) => member.detail = Some(format!("its cluster port does not answer: {error}")),
        _ => {}
    }
}

fn without_row(called: &Called) -> Member {
    let said = called.said.as_ref();
    let facts = said.and_then(|said| said.as_ref().ok());
    let name = called.name.clone().or(facts.map(|facts| facts.node.clone())).unwrap_or_else(|| called.place.clone());
    let (state, detail) = match said {
        Some(Ok(facts)) if facts.beats => (MemberState::Apart, Some(format!("cluster {}", facts.cluster))),
        Some(Ok(_)) => (MemberState::Unknown, Some("it answers, and cannot reach a database".into())),
        Some(Err(error @ HelloError::Secret)) => (MemberState::Refused, Some(error.to_string())),
        Some(Err(error)) => (MemberState::Unknown, Some(error.to_string())),
        None => (MemberState::Unknown, None),
    };
    let version = facts.map(|facts| facts.version.clone());
    Member { name, state, address: Some(called.place.clone()), version, silent_seconds: None, detail }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(name: &str, silent: u64, has_left: bool) -> NodeRow {
        NodeRow { name: name.into(), silent: Duration::from_secs(silent), has_left, members: "m".into(), ..NodeRow::default() }
    }

    fn facts(node: &str, cluster: &str, beats: bool) -> Result<Facts, HelloError> {
        Ok(Facts { node: node.into(), cluster: cluster.into(), beats, ..Facts::default() })
    }

    fn called(name: &str, said: Option<Result<Facts, HelloError>>) -> Called {
        Called { name: Some(name.into()), place: format!("{name}:9100"), said }
    }

    fn sight(rows: Vec<NodeRow>, called: Vec<Called>) -> Sight {
        Sight { node: "a".into(), members: "m".into(), rows, called }
    }

    fn states(judgement: &Judgement) -> Vec<(&str, &str)> {
        judgement.members.iter().map(|member| (member.name.as_str(), member.state.name())).collect()
    }

    #[test]
    fn members_stand_as_their_rows_and_their_answers_say() {
        let away = || Some(Err(HelloError::Away("refused".into())));
        let rows = vec![row("a", 0, false), row("b", 9, false), row("c", 9, true), row("d", 0, false)];
        let calls = vec![
            called("a", None),
            called("b", away()),
            called("c", away()),
            called("d", Some(facts("d", "c", true))),
            called("e", away()),
            called("f", Some(Err(HelloError::Secret))),
        ];
        let judged = sight(rows, calls).judge();
        let expected = [("a", "up"), ("b", "down"), ("c", "left"), ("d", "up"), ("e", "unknown"), ("f", "refused")];
        assert_eq!(states(&judged), expected);
        assert_eq!(
            judged.problems,
            ["b gives no sign of life", "e was never seen", "f is refused: it has another secret (node.cluster_secret)"]
        );
        assert!(!judged.is_split && !judged.has_majority, "two of six");
    }

    #[test]
    fn a_member_that_lives_in_another_database_splits_the_cluster() {
        let calls = |b| vec![called("a", None), called("b", b), called("c", Some(facts("c", "c", true)))];
        let other = sight(vec![row("a", 0, false), row("c", 0, false)], calls(Some(facts("b", "x", true)))).judge();
        assert!(other.is_split && other.has_majority);
        assert_eq!(other.problems, ["split brain: b works on another database"]);
        let silent = || vec![row("a", 0, false), row("b", 60, false), row("c", 0, false)];
        let copy = sight(silent(), calls(Some(facts("b", "c", true)))).judge();
        assert!(copy.is_split, "the same cluster, but its signs of life are not here: a copy of the database");
        let lost = sight(silent(), calls(Some(facts("b", "c", false)))).judge();
        assert_eq!((lost.is_split, states(&lost)[1]), (false, ("b", "down")), "it reaches no database at all");
    }

    #[test]
    fn who_has_just_left_is_not_elsewhere() {
        let calls = || vec![called("a", None), called("b", Some(facts("b", "c", true)))];
        let left = |epoch| NodeRow { epoch, ..row("b", 1, true) };
        assert_eq!(states(&sight(vec![row("a", 0, false), left(0)], calls()).judge())[1], ("b", "left"));
        assert_eq!(states(&sight(vec![row("a", 0, false), left(9)], calls()).judge())[1], ("b", "apart"), "another life");
    }

    #[test]
    fn whose_list_differs_is_named() {
        let mut rows = vec![row("a", 0, false), row("b", 0, false)];
        rows[1].members = "other".into();
        let judged = sight(rows, vec![called("a", None), called("b", Some(facts("b", "c", true)))]).judge();
        assert_eq!(judged.problems, ["b has another list of members"]);
        assert!(judged.has_majority && !judged.is_split);
    }

    #[test]
    fn addresses_of_dns_are_known_by_what_answers_there() {
        let place = |place: &str, said| Called { name: None, place: place.into(), said };
        let rows = vec![row("a", 0, false), NodeRow { address: "10.0.0.2:9100".into(), ..row("b", 9, false) }];
        let calls = vec![
            place("10.0.0.1:9100", Some(facts("a", "c", true))),
            place("10.0.0.2:9100", Some(Err(HelloError::Away("gone".into())))),
            place("10.0.0.3:9100", Some(Err(HelloError::Away("gone".into())))),
        ];
        let judged = sight(rows, calls).judge();
        assert_eq!(states(&judged), [("a", "up"), ("b", "down"), ("10.0.0.3:9100", "unknown")]);
    }

    #[test]
    fn without_a_list_whoever_is_there_is_a_member() {
        let judged = sight(vec![row("a", 0, false)], Vec::new()).judge();
        assert!(judged.has_majority && judged.problems.is_empty());
    }
}
