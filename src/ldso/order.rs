//! The order in which new images are relocated: dependents before what needs them.

use super::world::World;

/// `_dl_sort_maps_dfs` (glibc 2.35 and newer), then from the back, as `dl_open_worker_begin` goes. musl relocates in
/// load order. Only new maps are listed: an image that was there before cannot need a new one.
pub(super) fn relocation_order(world: &World<'_>, list: &[usize]) -> Vec<usize> {
    let is_new = |index: &usize| world.maps.get(*index).is_some_and(|map| map.new);
    let new: Vec<usize> = list.iter().copied().filter(is_new).collect();
    if world.process.is_musl() {
        return new;
    }
    let mut postorder = Vec::with_capacity(new.len());
    let mut visited = vec![false; world.maps.len()];
    let root = list.first().copied();
    for index in new.iter().rev() {
        visit(world, *index, root, &mut visited, &mut postorder);
    }
    // The opened image is forced to the front of the sorted list, so it is relocated last.
    if let Some(root) = root.filter(|root| new.contains(root)) {
        postorder.retain(|index| *index != root);
        postorder.push(root);
    }
    postorder
}

/// Depth-first, with a stack of its own: a chain of dependents may be long. The root's own dependents are not known to
/// ld.so while it sorts, so it is a leaf.
fn visit(
    world: &World<'_>,
    start: usize,
    root: Option<usize>,
    visited: &mut [bool],
    postorder: &mut Vec<usize>,
) {
    if !mark(visited, start) {
        return;
    }
    let mut stack = vec![(start, 0_usize)];
    while let Some((index, next)) = stack.last_mut() {
        let map = world.maps.get(*index).filter(|_| Some(*index) != root);
        let needed = map.map(|map| map.needed.as_slice()).unwrap_or_default();
        match needed.get(*next) {
            Some(dependent) => {
                *next += 1;
                let new = world.maps.get(*dependent).is_some_and(|map| map.new);
                if new && mark(visited, *dependent) {
                    stack.push((*dependent, 0));
                }
            }
            None => {
                postorder.push(*index);
                stack.pop();
            }
        }
    }
}

/// Marks a map. False if it was marked before.
fn mark(visited: &mut [bool], index: usize) -> bool {
    visited
        .get_mut(index)
        .is_some_and(|seen| !std::mem::replace(seen, true))
}
