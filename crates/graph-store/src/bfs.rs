//! The shortest path between two nodes, searched from both ends at once.
//!
//! Pure: edges come from a closure, one whole level at a time, so that a backend
//! needs one statement for each level and the search itself is the same on all.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

/// From which end a level is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Away from the start of the path.
    Forward,
    /// Away from the end of the path.
    Backward,
}

/// An edge found while a level was expanded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    /// The node of the level.
    pub(crate) near: &'a str,
    /// The node that the edge leads to.
    pub(crate) far: &'a str,
    /// The edge's type.
    pub(crate) edge_type: &'a str,
    /// Whether the edge leaves `near` (or enters it).
    pub(crate) outward: bool,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The node that is reached.
    pub(crate) to: String,
    /// The type of the edge that leads there.
    pub(crate) edge_type: String,
    /// Whether the edge points along the path.
    pub(crate) along: bool,
}

/// How far a search may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Edges of the path.
    pub(crate) depth: usize,
    /// Edges looked at.
    pub(crate) edges: usize,
}

/// Why a search gave up.
#[derive(Debug)]
pub(crate) enum Failure<E> {
    /// It looked at as many edges as it may.
    TooManyEdges,
    /// A level could not be read.
    Expand(E),
}

/// Takes each edge of a level; says when to stop.
pub(crate) type Sink<'a> = dyn FnMut(Found<'_>) -> ControlFlow<()> + 'a;

/// The steps of the shortest path, none if there is no path within the bounds.
///
/// `weigh` counts, up to a bound, the edges of the last level of the start and of the end;
/// `expand` gets the nodes of one level and hands over every edge that may be
/// followed from them. Ties go to the smallest sequence of node ids.
pub(crate) fn shortest<E>(
    from: &str,
    to: &str,
    bounds: Bounds,
    mut weigh: impl FnMut([&[Arc<str>]; 2], usize) -> Result<[usize; 2], E>,
    mut expand: impl FnMut(Side, &[Arc<str>], &mut Sink<'_>) -> Result<(), E>,
) -> Result<Option<Vec<Step>>, Failure<E>> {
    let mut search = Search::new(from, to);
    if from == to {
        return Ok(Some(Vec::new()));
    }
    let mut edges = bounds.edges;
    for _ in 0..bounds.depth {
        let ends = [Side::Forward, Side::Backward].map(|side| search.frontier(side));
        let [ahead, behind] = &ends;
        if ahead.is_empty() || behind.is_empty() {
            return Ok(None);
        }
        let weigh = |most| weigh([ahead, behind], most);
        let (side, frontier) = match lighter(weigh, edges).map_err(Failure::Expand)? {
            Side::Forward => (Side::Forward, ahead),
            Side::Backward => (Side::Backward, behind),
        };
        let mut level = Level::default();
        let mut bounded = |found: Found<'_>| {
            if edges == 0 {
                return ControlFlow::Break(());
            }
            edges -= 1;
            search.see(side, found, &mut level);
            ControlFlow::Continue(())
        };
        let mut stopped = false;
        expand(side, frontier, &mut |found| {
            let flow = bounded(found);
            stopped |= flow.is_break();
            flow
        })
        .map_err(Failure::Expand)?;
        if stopped {
            return Err(Failure::TooManyEdges);
        }
        if search.close(side, level) {
            return Ok(Some(search.best_path()));
        }
    }
    Ok(None)
}

/// So many edges of a level are counted at first.
const COUNTED: usize = 512;

/// The side whose level has fewer edges. How many nodes a level has says little where few of them have most of the
/// edges; counting stops soon after the smaller of the two is known, and costs far less than reading the larger.
fn lighter<E>(
    mut weigh: impl FnMut(usize) -> Result<[usize; 2], E>,
    bound: usize,
) -> Result<Side, E> {
    let mut most = COUNTED;
    loop {
        let [ahead, behind] = weigh(most)?;
        if ahead.min(behind) < most || most > bound {
            return Ok(match ahead <= behind {
                true => Side::Forward,
                false => Side::Backward,
            });
        }
        most = most.saturating_mul(8);
    }
}

/// The same search, level by level, for a backend whose levels come later.
pub(crate) struct Levels {
    search: Search,
    depth: usize,
    edges: usize,
    side: Side,
}

impl Levels {
    /// A search between two nodes that differ.
    pub(crate) fn new(from: &str, to: &str, bounds: Bounds) -> Self {
        Self {
            search: Search::new(from, to),
            depth: bounds.depth,
            edges: bounds.edges,
            side: Side::Forward,
        }
    }

    /// The level whose edges to read next; none where there is no path.
    pub(crate) fn next(&mut self) -> Option<(Side, Vec<Arc<str>>)> {
        self.depth = self.depth.checked_sub(1)?;
        self.side = self.search.cheaper_side();
        let frontier = self.search.frontier(self.side);
        (!frontier.is_empty()).then_some((self.side, frontier))
    }

    /// Takes the edges of that level; the path, if it is complete.
    pub(crate) fn take<'a, E>(
        &mut self,
        found: impl Iterator<Item = Found<'a>>,
    ) -> Result<Option<Vec<Step>>, Failure<E>> {
        let mut level = Level::default();
        for found in found {
            self.edges = self.edges.checked_sub(1).ok_or(Failure::TooManyEdges)?;
            self.search.see(self.side, found, &mut level);
        }
        let met = self.search.close(self.side, level);
        Ok(met.then(|| self.search.best_path()))
    }
}

const UNSEEN: u32 = u32::MAX;

/// An edge by the numbers of its names.
#[derive(Clone, Copy)]
struct Link {
    near: u32,
    far: u32,
    edge_type: u32,
    outward: bool,
}

/// What expanding one level found: new nodes, and the edges that lead to them.
#[derive(Default)]
struct Level {
    nodes: Vec<u32>,
    links: Vec<Link>,
}

/// What one end has seen: its levels, and the level of each node by number.
#[derive(Default)]
struct End {
    levels: Vec<Level>,
    depth: Vec<u32>,
}

impl End {
    fn depth_of(&self, node: u32) -> u32 {
        self.depth.get(node as usize).copied().unwrap_or(UNSEEN)
    }

    fn set_depth(&mut self, node: u32, depth: u32) {
        let at = node as usize;
        if self.depth.len() <= at {
            self.depth.resize(at + 1, UNSEEN);
        }
        self.depth[at] = depth;
    }

    fn last(&self) -> &[u32] {
        self.levels.last().map_or(&[], |level| &level.nodes)
    }
}

/// Names by number, both ways.
#[derive(Default)]
struct Names {
    by_number: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.by_number.len())
            .expect("the bound on edges keeps the count of names far below 2^32");
        let name: Arc<str> = name.into();
        self.by_number.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn name(&self, number: u32) -> &Arc<str> {
        &self.by_number[number as usize]
    }
}

struct Search {
    nodes: Names,
    types: Names,
    forward: End,
    backward: End,
    from: u32,
    to: u32,
}

impl Search {
    fn new(from: &str, to: &str) -> Self {
        let mut nodes = Names::default();
        let (from, to) = (nodes.number(from), nodes.number(to));
        let mut search = Self {
            nodes,
            types: Names::default(),
            forward: End::default(),
            backward: End::default(),
            from,
            to,
        };
        for (side, root) in [(Side::Forward, from), (Side::Backward, to)] {
            let end = search.end(side);
            end.set_depth(root, 0);
            end.levels.push(Level {
                nodes: vec![root],
                links: Vec::new(),
            });
        }
        search
    }

    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Forward => &mut self.forward,
            Side::Backward => &mut self.backward,
        }
    }

    fn cheaper_side(&self) -> Side {
        if self.forward.last().len() <= self.backward.last().len() {
            Side::Forward
        } else {
            Side::Backward
        }
    }

    fn frontier(&mut self, side: Side) -> Vec<Arc<str>> {
        let numbers = self.end(side).last().to_vec();
        let names = numbers
            .iter()
            .map(|node| Arc::clone(self.nodes.name(*node)));
        names.collect()
    }

    /// Notes an edge if it leads to a node of the level being made.
    fn see(&mut self, side: Side, found: Found<'_>, level: &mut Level) {
        let near = self.nodes.number(found.near);
        let far = self.nodes.number(found.far);
        let edge_type = self.types.number(found.edge_type);
        let end = self.end(side);
        let depth = end.depth_of(near).saturating_add(1);
        if end.depth_of(far) == UNSEEN {
            end.set_depth(far, depth);
            level.nodes.push(far);
        }
        if end.depth_of(far) == depth {
            level.links.push(Link {
                near,
                far,
                edge_type,
                outward: found.outward,
            });
        }
    }

    /// Adds the level; whether the two ends have met on it.
    fn close(&mut self, side: Side, level: Level) -> bool {
        let other = match side {
            Side::Forward => &self.backward,
            Side::Backward => &self.forward,
        };
        let met = level.nodes.iter().any(|n| other.depth_of(*n) != UNSEEN);
        self.end(side).levels.push(level);
        met
    }

    /// The smallest of all shortest paths. Every one of them crosses from the last
    /// forward level into the last backward one at a node that both have seen, so
    /// walking the links back from those nodes leaves just the links of such paths.
    fn best_path(&self) -> Vec<Step> {
        let met: Vec<u32> = self.forward.last().to_vec();
        let met = met.into_iter().chain(self.backward.last().to_vec());
        let met: Vec<u32> = met
            .filter(|n| self.forward.depth_of(*n) != UNSEEN && self.backward.depth_of(*n) != UNSEEN)
            .collect();
        let mut next: HashMap<u32, Vec<(u32, Link, bool)>> = HashMap::new();
        for (end, forward) in [(&self.forward, true), (&self.backward, false)] {
            let mut good: std::collections::HashSet<u32> = met.iter().copied().collect();
            for level in end.levels.iter().rev() {
                let links = level.links.iter().filter(|link| good.contains(&link.far));
                let mut nearer = std::collections::HashSet::new();
                for link in links {
                    nearer.insert(link.near);
                    let (at, then) = match forward {
                        true => (link.near, link.far),
                        false => (link.far, link.near),
                    };
                    let along = link.outward == forward;
                    next.entry(at).or_default().push((then, *link, along));
                }
                good = nearer;
            }
        }
        let mut steps = Vec::new();
        let mut at = self.from;
        while at != self.to {
            let best = next.get(&at).and_then(|links| {
                links.iter().min_by_key(|(then, link, along)| {
                    let edge_type = self.types.name(link.edge_type);
                    (self.nodes.name(*then), edge_type, !*along)
                })
            });
            let Some((then, link, along)) = best else {
                break;
            };
            steps.push(Step {
                to: self.nodes.name(*then).to_string(),
                edge_type: self.types.name(link.edge_type).to_string(),
                along: *along,
            });
            at = *then;
        }
        steps
    }
}
