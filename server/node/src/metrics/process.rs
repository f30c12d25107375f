//! This process as Linux sees it: `/proc/self`. Elsewhere the figures are missing, never wrong.

use std::fs;

use metrics::{counter, gauge};

/// Reads them now.
pub fn read() {
    if let Some(bytes) = resident_bytes() {
        gauge!("patchbay_process_resident_memory_bytes").set(bytes);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge!("patchbay_process_open_files").set(whole(files.count()));
    }
    for (name, ms) in media_threads() {
        counter!("patchbay_media_worker_cpu_milliseconds_total", "worker" => name).absolute(ms);
    }
}

/// Memory of this process that is in RAM.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn resident_bytes() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib * 1_024) as f64)
}

/// Time on a processor of each media worker, in milliseconds: its load is the slope of it. Source: proc(5), `schedstat`, whose
/// first number is nanoseconds.
fn media_threads() -> Vec<(String, u64)> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let threads = threads.filter_map(|entry| Some(entry.ok()?.path()));
    let spent = |thread: &std::path::Path| {
        let name = fs::read_to_string(thread.join("comm")).ok()?;
        let worker = name.trim().strip_prefix("media-")?.to_owned();
        let times = fs::read_to_string(thread.join("schedstat")).ok()?;
        let ns: u64 = times.split_whitespace().next()?.parse().ok()?;
        Some((worker, ns / 1_000_000))
    };
    threads.filter_map(|thread| spent(&thread)).collect()
}

/// A gauge is a float.
#[expect(clippy::cast_precision_loss, reason = "counts of things in one process stay far below 2^52")]
pub const fn whole(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_with_what_is_held() {
        let before = resident_bytes().unwrap();
        let held = vec![1_u8; 64 << 20];
        let after = resident_bytes().unwrap();
        assert!(after - before > 48e6, "{before} {after} {}", held.len());
    }

    #[test]
    fn a_media_worker_is_known_by_its_thread() {
        let busy = std::thread::Builder::new().name("media-7".into());
        let busy = busy.spawn(|| std::thread::sleep(std::time::Duration::from_millis(300))).unwrap();
        let found = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(2));
            media_threads().iter().any(|(worker, _)| worker == "7")
        });
        busy.join().unwrap();
        assert!(found);
    }
}
