//! The order in which new images are relocated: dependents before what needs them.

use super::world::World;

/// The order of relocation. Only new maps are listed: an image that was there before cannot need a new one. musl goes in
/// load order; glibc sorts by dependence and goes from the back (`dl_open_worker_begin`).
pub(super) fn relocation_order(world: &World<'_>, list: &[usize]) -> Vec<usize> {
    let is_new = |index: &usize| world.maps.get(*index).is_some_and(|map| map.new);
    if world.process.is_musl() {
        return list.iter().copied().filter(is_new).collect();
    }
    let mut order = if world.libc_has("GLIBC_2.35").unwrap_or(true) {
        depth_first(world, list)
    } else {
        by_moving(world, list)
    };
    order.retain(is_new);
    order
}

/// `_dl_sort_maps` before glibc 2.35: each map moves behind the last one that needs it. The opened image stays in front
/// of the list, so it is relocated last. A circle ends when a map has been moved too often.
fn by_moving(world: &World<'_>, list: &[usize]) -> Vec<usize> {
    let mut maps = list.get(1..).unwrap_or_default().to_vec();
    let needs = |loader: usize, index: usize| {
        world
            .maps
            .get(loader)
            .is_some_and(|map| map.needed.contains(&index))
    };
    let mut seen = vec![0_usize; maps.len()];
    let mut at = 0;
    while let (Some(this), Some(times)) = (maps.get(at).copied(), seen.get_mut(at)) {
        *times = times.saturating_add(1);
        let behind = maps.iter().skip(at + 1).rposition(|it| needs(*it, this));
        let last = behind.map(|distance| at + 1 + distance);
        let limit = maps.len().saturating_sub(at);
        match last {
            Some(last) => {
                rotate(&mut maps, at, last);
                if seen.get(at + 1).is_none_or(|times| *times <= limit) {
                    rotate(&mut seen, at, last);
                    continue;
                }
                at += 1;
            }
            None => at += 1,
        }
        seen.iter_mut().skip(at).for_each(|times| *times = 0);
    }
    maps.reverse();
    maps.extend(list.first());
    maps
}

/// Moves one element behind another.
fn rotate<T>(list: &mut [T], from: usize, to: usize) {
    if let Some(part) = list.get_mut(from..=to) {
        part.rotate_left(1);
    }
}

/// `_dl_sort_maps_dfs` of glibc 2.35 and newer, from the back.
fn depth_first(world: &World<'_>, list: &[usize]) -> Vec<usize> {
    let mut postorder = Vec::with_capacity(list.len());
    let mut visited = vec![false; world.maps.len()];
    let root = list.first().copied();
    for index in list.iter().rev() {
        visit(world, *index, root, &mut visited, &mut postorder);
    }
    // The opened image is forced to the front of the sorted list, so it is relocated last.
    if let Some(root) = root {
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
                let dependent = *dependent;
                if mark(visited, dependent) {
                    stack.push((dependent, 0));
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
