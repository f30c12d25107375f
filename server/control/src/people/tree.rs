//! The tree of departments as a pure question of who lies below whom.

use std::collections::BTreeMap;

use patchbay_kernel::Uuid;

/// Floors that the tree has at most: deeper ones nobody reads on a screen.
pub const DEEPEST: usize = 8;

/// Departments, each with the one above it.
pub type Tree = BTreeMap<Uuid, Option<Uuid>>;

/// Why a department cannot be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPlace {
    /// It would lie below itself.
    BelowItself,
    /// The tree would have too many floors.
    TooDeep,
}

/// Whether `moved` (`None`: a new one) may lie below `under` (`None`: at the top).
pub fn may_lie(tree: &Tree, moved: Option<Uuid>, under: Option<Uuid>) -> Result<(), BadPlace> {
    let above = ancestors(tree, under);
    if moved.is_some_and(|moved| above.contains(&moved)) {
        return Err(BadPlace::BelowItself);
    }
    let floors = moved.map_or(1, |moved| height(tree, moved));
    if above.len() + floors > DEEPEST { Err(BadPlace::TooDeep) } else { Ok(()) }
}

/// The department and those above it, nearest first. A tree that bites its tail ends.
fn ancestors(tree: &Tree, from: Option<Uuid>) -> Vec<Uuid> {
    let mut above = Vec::new();
    let mut next = from;
    while let Some(id) = next.filter(|id| !above.contains(id)) {
        above.push(id);
        next = tree.get(&id).copied().flatten();
    }
    above
}

/// Floors of a department with all that lies below it.
fn height(tree: &Tree, top: Uuid) -> usize {
    let below = tree.keys().map(|id| ancestors(tree, Some(*id)));
    let floors = below.filter_map(|above| above.iter().position(|id| *id == top));
    1 + floors.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    /// 1 > 2 > 3, and 4 beside 1.
    fn tree() -> Tree {
        [(id(1), None), (id(2), Some(id(1))), (id(3), Some(id(2))), (id(4), None)].into()
    }

    #[test]
    fn nothing_lies_below_itself() {
        let tree = tree();
        for under in [1, 2, 3] {
            assert_eq!(may_lie(&tree, Some(id(1)), Some(id(under))), Err(BadPlace::BelowItself), "below {under}");
        }
        assert_eq!(may_lie(&tree, Some(id(1)), Some(id(4))), Ok(()));
        assert_eq!(may_lie(&tree, Some(id(3)), None), Ok(()));
        assert_eq!(may_lie(&tree, None, Some(id(3))), Ok(()));
    }

    #[test]
    fn a_tree_has_eight_floors_at_most() {
        let mut tree: Tree = (1..=8).map(|n| (id(n), (n > 1).then(|| id(n - 1)))).collect();
        assert_eq!(may_lie(&tree, None, Some(id(8))), Err(BadPlace::TooDeep));
        assert_eq!(may_lie(&tree, None, Some(id(7))), Ok(()));
        tree.insert(id(20), None);
        tree.insert(id(21), Some(id(20)));
        assert_eq!(may_lie(&tree, Some(id(20)), Some(id(7))), Err(BadPlace::TooDeep), "it brings a floor with it");
        assert_eq!(may_lie(&tree, Some(id(20)), Some(id(6))), Ok(()));
    }

    #[test]
    fn a_ring_ends() {
        let ring: Tree = [(id(1), Some(id(2))), (id(2), Some(id(1)))].into();
        assert_eq!(may_lie(&ring, None, Some(id(1))), Ok(()));
    }
}
