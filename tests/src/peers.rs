//! Far ends that we did not write: SIPp, Kamailio, baresip, linphone. Each is a process of this test, on loopback.

pub mod baresip;
pub mod kamailio;
pub mod linphone;
pub mod sipp;

use std::path::{Path, PathBuf};

use patchbay_codec::{RATE, measure, tone::Sine};

/// A folder for one peer, removed with it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A fresh one.
    ///
    /// # Panics
    /// When the temporary folder cannot be written.
    pub fn fresh(name: &str) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("patchbay-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }
    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    /// Writes a file in it.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).expect("our own folder can be written");
        path
    }
    /// The file in it whose name ends so and that was written last.
    pub fn newest(&self, ending: &str) -> Option<PathBuf> {
        let files = std::fs::read_dir(&self.0).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        let fitting = files.filter(|path| path.to_string_lossy().ends_with(ending));
        fitting.max_by_key(|path| path.metadata().and_then(|about| about.modified()).ok())
    }
    /// The text of a file in it, empty when there is none.
    pub fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.file(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Seconds of a tone file; longer than any call of a test.
const TONE_S: usize = 60;

/// A WAV file (8 kHz, 16 bits, mono) with a tone of this frequency; its path.
///
/// # Panics
/// When the folder cannot be written.
pub fn tone_file(folder: &Folder, hz: u16) -> String {
    let mut samples = vec![0_i16; 8_000 * TONE_S];
    Sine::new(hz, -12.0).fill(&mut samples);
    let bytes = u32::try_from(samples.len() * 2).expect("a minute is short");
    let mut wav = b"RIFF".to_vec();
    wav.extend((bytes + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    let path = folder.file("tone.wav");
    std::fs::write(&path, wav).expect("our own folder can be written");
    path.display().to_string()
}

/// Share of this frequency in the last second of a WAV file (8 kHz, 16 bits, mono); `None` when it is shorter or another kind.
fn share_in_file(path: &Path, hz: u16) -> Option<f32> {
    let bytes = std::fs::read(path).ok()?;
    let rate = u32::from_le_bytes(bytes.get(24..28)?.try_into().ok()?);
    let samples: Vec<i16> =
        bytes.get(44..)?.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    // The hang-up cuts somewhere into the last frames.
    let end = samples.len().checked_sub(800).filter(|_| rate == RATE)?;
    Some(measure::share(samples.get(end.checked_sub(8_000)?..end)?, hz))
}
