//! A map from octet strings to values that is cheap to copy: copies share all nodes but those that were changed since.
//!
//! Chains of nodes with one child are one node, so a million keys cost about as many nodes, and a walk along a key
//! touches few of them. Keys are as deep as they are long; whoever inserts keeps them short.

use std::sync::Arc;

use crate::model::Word;

#[derive(Debug)]
pub(in crate::core) struct Trie<V> {
    root: Arc<Node<V>>,
}

/// Everything below a place, itself included.
#[derive(Clone, Debug)]
struct Node<V> {
    /// The octets that lead here from the parent; the first one is also in the parent's list.
    label: Word,
    /// The first octets of the children, in rising order; apart from them, so that a search touches one child only.
    firsts: Word,
    children: Vec<Arc<Node<V>>>,
    value: Option<V>,
}

/// A place on the way along a key.
#[derive(Debug)]
pub(in crate::core) struct Cursor<'t, V> {
    node: &'t Node<V>,
    /// What of the node's label is still ahead.
    ahead: &'t [u8],
}

impl<V> Trie<V> {
    pub(in crate::core) fn root(&self) -> Cursor<'_, V> {
        Cursor { node: &self.root, ahead: self.root.label.octets() }
    }
}

impl<V: Clone> Trie<V> {
    /// Changes the value of a key; leaving `None` removes the key. Nodes that a copy shares are copied first.
    pub(in crate::core) fn update(&mut self, key: &[u8], change: impl FnOnce(&mut Option<V>)) {
        Node::update(&mut self.root, key, change);
    }
}

impl<V> Clone for Trie<V> {
    fn clone(&self) -> Self {
        Trie { root: Arc::clone(&self.root) }
    }
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Trie { root: Arc::new(Node::empty(&[])) }
    }
}

impl<V> Node<V> {
    fn empty(label: &[u8]) -> Self {
        Node { label: Word::new(label), firsts: Word::EMPTY, children: Vec::new(), value: None }
    }

    fn child(&self, octet: u8) -> Option<&Arc<Node<V>>> {
        self.children.get(self.firsts.octets().binary_search(&octet).ok()?)
    }

    fn is_bare(&self) -> bool {
        self.value.is_none() && self.children.is_empty()
    }
}

impl<V: Clone> Node<V> {
    fn update(this: &mut Arc<Self>, key: &[u8], change: impl FnOnce(&mut Option<V>)) {
        let node = Arc::make_mut(this);
        let common = common_len(node.label.octets(), key);
        node.split(common);
        match key.get(common..) {
            Some(rest @ [first, ..]) => node.update_child(*first, rest, change),
            _ => change(&mut node.value),
        }
        node.join();
    }

    fn update_child(&mut self, first: u8, rest: &[u8], change: impl FnOnce(&mut Option<V>)) {
        let place = self.firsts.octets().binary_search(&first);
        let (Ok(at) | Err(at)) = place;
        if place.is_err() {
            // Most nodes have few children and never get more.
            self.children.reserve_exact(1);
            self.children.insert(at, Arc::new(Node::empty(rest)));
            self.change_firsts(|firsts| firsts.insert(at, first));
        }
        let Some(child) = self.children.get_mut(at) else { return };
        Node::update(child, rest, change);
        if child.is_bare() {
            self.children.remove(at);
            self.change_firsts(|firsts| firsts.retain(|octet| *octet != first));
        }
    }

    fn change_firsts(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut firsts = self.firsts.octets().to_vec();
        change(&mut firsts);
        self.firsts = Word::new(firsts);
    }

    /// Leaves `len` octets of the label here; what hangs on the rest becomes the only child.
    fn split(&mut self, len: usize) {
        let Some((label, rest @ [first, ..])) = self.label.octets().split_at_checked(len) else { return };
        let (upper, first) = (Node::empty(label), *first);
        let lower = Node { label: Word::new(rest), ..std::mem::replace(self, upper) };
        self.children = vec![Arc::new(lower)];
        self.firsts = Word::new([first]);
    }

    /// Becomes one with its only child, if it is nothing but the way there.
    fn join(&mut self) {
        if self.value.is_some() || self.children.len() > 1 {
            return;
        }
        let Some(child) = self.children.pop() else {
            // Nothing is left; a root would otherwise keep a label that leads nowhere.
            self.label = Word::EMPTY;
            return;
        };
        let child = Arc::unwrap_or_clone(child);
        let label = Word::new([self.label.octets(), child.label.octets()].concat());
        *self = Node { label, ..child };
    }
}

impl<V> Clone for Cursor<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Cursor<'_, V> {}

impl<'t, V> Cursor<'t, V> {
    /// Goes one octet on; `None` if no key goes on like that.
    pub(in crate::core) fn step(self, octet: u8) -> Option<Self> {
        if let Some((first, ahead)) = self.ahead.split_first() {
            return (*first == octet).then_some(Cursor { ahead, ..self });
        }
        let node = self.node.child(octet)?;
        let (_, ahead) = node.label.octets().split_first()?;
        Some(Cursor { node, ahead })
    }

    /// Goes on by all these octets.
    pub(in crate::core) fn walk(self, octets: impl IntoIterator<Item = u8>) -> Option<Self> {
        octets.into_iter().try_fold(self, Cursor::step)
    }

    /// The value of the key that ends here.
    pub(in crate::core) fn value(self) -> Option<&'t V> {
        self.node.value.as_ref().filter(|_| self.ahead.is_empty())
    }
}

fn common_len(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn get(trie: &Trie<u32>, key: &[u8]) -> Option<u32> {
        trie.root().walk(key.iter().copied())?.value().copied()
    }

    fn nodes<V>(node: &Node<V>) -> usize {
        1 + node.children.iter().map(|child| nodes(child)).sum::<usize>()
    }

    proptest! {
        #[test]
        fn it_is_a_map_and_copies_do_not_change(steps in prop::collection::vec(("[ab]{0,6}", any::<Option<u32>>()), 0..60)) {
            let (mut trie, mut map) = (Trie::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for (key, value) in &steps {
                trie.update(key.as_bytes(), |place| *place = *value);
                match value {
                    Some(value) => map.insert(key, *value),
                    None => map.remove(key),
                };
                copies.push((trie.clone(), map.clone()));
            }
            for (trie, map) in copies {
                for (key, _) in &steps {
                    prop_assert_eq!(get(&trie, key.as_bytes()), map.get(key).copied());
                }
                // Nodes that hold nothing have at least two children: fewer than there are keys.
                prop_assert!(nodes(&trie.root) <= (2 * map.len()).max(1));
            }
        }
    }

    #[test]
    fn long_labels_are_kept_whole() {
        let mut trie = Trie::default();
        let key = [b'x'; 300];
        trie.update(&key, |value| *value = Some(1));
        trie.update(&key[..150], |value| *value = Some(2));
        assert_eq!((get(&trie, &key), get(&trie, &key[..150]), get(&trie, &key[..149])), (Some(1), Some(2), None));
    }
}
