//! Views of lists that people keep: what is filtered, how it is sorted, which columns are shown.

pub mod changes;
pub mod row;
pub mod shapes;
