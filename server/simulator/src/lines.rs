//! Lines, channels and slots of a box: each carries what it carries.

use std::sync::{Arc, Mutex, PoisonError};

/// How many calls are on each line.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    used: Arc<Mutex<Vec<u16>>>,
    each: u16,
}

/// A call on a line; the line is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    lines: Lines,
    pub line: usize,
}

impl Lines {
    /// `count` lines that carry `each` calls.
    pub fn new(count: usize, each: u16) -> Self {
        Self { used: Arc::new(Mutex::new(vec![0; count])), each }
    }

    /// `None` when the line is full or there is no such line.
    pub fn take(&self, line: usize) -> Option<Place> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = used.get_mut(line).filter(|calls| **calls < self.each)?;
        *calls += 1;
        Some(Place { lines: self.clone(), line })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut used = self.lines.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = used.get_mut(self.line) {
            *calls = calls.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_carries_so_many_and_never_more() {
        let lines = Lines::new(2, 30);
        let taken: Vec<_> = (0..30).map(|_| lines.take(1)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(lines.take(1).is_none() && lines.take(2).is_none());
        let other = lines.take(0);
        assert_eq!(other.map(|place| place.line), Some(0));
        drop(taken);
        assert!(lines.take(1).is_some());
    }
}
