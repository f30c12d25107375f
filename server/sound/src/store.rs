//! Where sound lies: a folder, or what else is behind [`Blobs`].

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use futures::future::BoxFuture;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Nothing has this name.
    #[error("nothing is stored under this name")]
    Missing,
    /// A name that is none: only `a-z 0-9 _ - . /`, no empty part, none that begins with a dot.
    #[error("not a name for the store")]
    Name,
    /// No room left.
    #[error("the store is full")]
    Full,
    /// Whatever else went wrong.
    #[error("the store failed: {0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for StoreFault {
    fn from(why: std::io::Error) -> Self {
        match why.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(why),
        }
    }
}

/// A store of named bytes. Names are made by us (`prompts/<company>/<id>/8k.wav`), never by people.
pub trait Blobs: Send + Sync {
    /// Puts them there, whole or not at all; what had the name before is replaced.
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> BoxFuture<'a, Result<(), StoreFault>>;
    /// Begins to write under this name, piece by piece; nothing has the name before [`BlobWriter::finish`]. May wait for a disk.
    ///
    /// # Errors
    /// As the store fails.
    fn begin(&self, name: &str) -> Result<Box<dyn BlobWriter>, StoreFault>;
    /// How many there are.
    fn size<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<u64, StoreFault>>;
    /// Reads those from one place up to another; fewer where they end.
    fn read<'a>(&'a self, name: &'a str, range: Range<u64>) -> BoxFuture<'a, Result<Vec<u8>, StoreFault>>;
    /// Reads them.
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<u8>, StoreFault>>;
    /// Removes what has this name, and everything below it; nothing when there is nothing.
    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), StoreFault>>;
}

/// Something that is being written; dropped before it is finished it leaves nothing.
pub trait BlobWriter: Send {
    /// Puts these behind what was written. May wait for a disk.
    ///
    /// # Errors
    /// As the store fails.
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreFault>;
    /// Gives it its name.
    ///
    /// # Errors
    /// As the store fails; then there is nothing.
    fn finish(self: Box<Self>) -> Result<(), StoreFault>;
}

/// A file that is being written beside its name.
struct Part {
    file: std::fs::File,
    aside: PathBuf,
    path: PathBuf,
    done: bool,
}

impl BlobWriter for Part {
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreFault> {
        Ok(std::io::Write::write_all(&mut self.file, bytes)?)
    }
    fn finish(mut self: Box<Self>) -> Result<(), StoreFault> {
        self.file.sync_all()?;
        std::fs::rename(&self.aside, &self.path)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            drop(std::fs::remove_file(&self.aside));
        }
    }
}

/// A folder of this machine, or one that several nodes share.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// In this folder, which is made with the first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }
    /// Where it lies.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Whether this is a name for a store: see [`StoreFault::Name`].
    pub fn is_name(name: &str) -> bool {
        let good = |part: &str| {
            let letters = part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-.".contains(&it));
            !part.is_empty() && !part.starts_with('.') && letters
        };
        name.len() <= 300 && name.split('/').all(good)
    }

    fn path(&self, name: &str) -> Result<PathBuf, StoreFault> {
        if Self::is_name(name) { Ok(self.0.join(name)) } else { Err(StoreFault::Name) }
    }
}

impl Blobs for Folder {
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            let path = self.path(name)?;
            let write = move || -> Result<(), StoreFault> {
                use std::io::Write;
                let folder = path.parent().ok_or(StoreFault::Name)?;
                std::fs::create_dir_all(folder)?;
                let aside = path.with_extension("part");
                let mut file = std::fs::File::create(&aside)?;
                let written = file.write_all(&bytes).and_then(|()| file.sync_all());
                if let Err(why) = written {
                    drop(std::fs::remove_file(&aside));
                    return Err(why.into());
                }
                Ok(std::fs::rename(aside, path)?)
            };
            apart(write).await
        })
    }

    fn begin(&self, name: &str) -> Result<Box<dyn BlobWriter>, StoreFault> {
        let path = self.path(name)?;
        std::fs::create_dir_all(path.parent().ok_or(StoreFault::Name)?)?;
        let aside = path.with_extension("part");
        let file = std::fs::File::create(&aside)?;
        Ok(Box::new(Part { file, aside, path, done: false }))
    }

    fn size<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<u64, StoreFault>> {
        Box::pin(async move {
            let path = self.path(name)?;
            apart(move || Ok(std::fs::metadata(path)?.len())).await
        })
    }

    fn read<'a>(&'a self, name: &'a str, range: Range<u64>) -> BoxFuture<'a, Result<Vec<u8>, StoreFault>> {
        Box::pin(async move {
            let path = self.path(name)?;
            let read = move || {
                use std::io::{Read, Seek, SeekFrom};
                let mut file = std::fs::File::open(path)?;
                file.seek(SeekFrom::Start(range.start))?;
                let mut bytes = Vec::new();
                file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
                Ok(bytes)
            };
            apart(read).await
        })
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<u8>, StoreFault>> {
        Box::pin(async move {
            let path = self.path(name)?;
            apart(move || Ok(std::fs::read(path)?)).await
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            let path = self.path(name)?;
            let gone = move || {
                // What a process left that ended while it wrote.
                drop(std::fs::remove_file(path.with_extension("part")));
                let done = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
                match done {
                    Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
                    other => Ok(other?),
                }
            };
            apart(gone).await
        })
    }
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreFault> + Send + 'static,
) -> Result<T, StoreFault> {
    tokio::task::spawn_blocking(work).await.map_err(|why| StoreFault::Io(std::io::Error::other(why)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_read_until_it_is_removed() {
        let root = std::env::temp_dir().join(format!("patchbay-blobs-{}", std::process::id()));
        let store = Folder::new(&root);
        store.put("prompts/one/8k.wav", vec![1, 2, 3]).await.unwrap();
        store.put("prompts/one/8k.wav", vec![4]).await.unwrap();
        store.put("prompts/one/16k.wav", vec![5]).await.unwrap();
        assert_eq!(store.get("prompts/one/8k.wav").await.unwrap(), [4]);
        let mut part = store.begin("prompts/one/long").unwrap();
        part.append(&[1, 2]).unwrap();
        assert!(matches!(store.get("prompts/one/long").await, Err(StoreFault::Missing)), "not before it is whole");
        part.append(&[3]).unwrap();
        part.finish().unwrap();
        assert_eq!(store.get("prompts/one/long").await.unwrap(), [1, 2, 3]);
        assert_eq!(store.size("prompts/one/long").await.unwrap(), 3);
        assert_eq!(store.read("prompts/one/long", 1..2).await.unwrap(), [2]);
        assert_eq!(store.read("prompts/one/long", 2..9).await.unwrap(), [3]);
        drop(store.begin("prompts/one/never").unwrap());
        assert_eq!(std::fs::read_dir(root.join("prompts/one")).unwrap().count(), 3, "nothing is left of what was not");
        store.remove("prompts/one").await.unwrap();
        assert!(matches!(store.get("prompts/one/16k.wav").await, Err(StoreFault::Missing)));
        store.remove("prompts/one").await.unwrap();
        std::fs::remove_dir_all(root).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_told_and_leaves_nothing() {
        let root = std::env::temp_dir().join(format!("patchbay-full-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        // Whatever is written to this device finds no room.
        std::os::unix::fs::symlink("/dev/full", root.join("one.part")).unwrap();
        let store = Folder::new(&root);
        let mut part = store.begin("one").unwrap();
        assert!(matches!(part.append(&[0; 4_096]), Err(StoreFault::Full)));
        drop(part);
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[tokio::test]
    async fn a_name_never_leaves_the_folder() {
        let store = Folder::new(std::env::temp_dir().join("patchbay-blobs-none"));
        for name in ["", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/.part", "A", "a b", "a\0b"] {
            assert!(matches!(store.put(name, vec![]).await, Err(StoreFault::Name)), "{name:?}");
        }
    }
}
