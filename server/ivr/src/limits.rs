//! What no flow may exceed, however it is drawn.

use patchbay_kernel::time::Span;

/// Nodes of one flow.
pub const MAX_NODES: usize = 500;
/// Variables of one flow.
pub const MAX_VARIABLES: usize = 100;
/// Flows within flows.
pub const MAX_DEPTH: usize = 8;
/// Nodes that one call may visit.
pub const MAX_STEPS: usize = 1_000;
/// Nodes that one call may visit without anything happening in between: a loop of decisions and nothing else.
pub const MAX_STEPS_AT_ONCE: usize = 100;
/// Keys that one call may press.
pub const MAX_KEYS: usize = 2_000;
/// How long a call may be in flows, talks with people not counted.
pub const MAX_TIME: Span = Span::secs(4 * 3600);
/// How long one prompt may play before it is taken for ended.
pub const MAX_PLAY: Span = Span::secs(600);
