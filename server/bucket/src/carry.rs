//! Carries what lies whole in the near folder to the bucket.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use object_store::{ObjectStoreExt, WriteMultipart};
use patchbay_sound::StoreFault;
use tokio::io::AsyncReadExt;

use crate::{Bucket, fault};

/// Without news the folder is looked through so often: a former life of the process may have left something.
const LOOK: Duration = Duration::from_secs(60);
/// After a failure: from here on, twice as long each time,
const AGAIN: Duration = Duration::from_secs(1);
/// up to this.
const AGAIN_LONGEST: Duration = Duration::from_secs(120);
/// Bytes of one request. S3 takes no fewer than 5 MiB in a part that is not the last.
const PIECE: usize = 8 << 20;

/// Carries for ever; end it by dropping it.
pub async fn carry(bucket: Arc<Bucket>) {
    let mut pause = AGAIN;
    loop {
        match bucket.carry_all().await {
            Ok(()) => {
                pause = AGAIN;
                drop(tokio::time::timeout(LOOK, bucket.written.notified()).await);
            }
            Err(why) => {
                tracing::warn!(error = %why, again_s = pause.as_secs(), "sound waits to be carried to the bucket; nothing is lost");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(AGAIN_LONGEST);
            }
        }
    }
}

impl Bucket {
    /// Carries everything that is whole.
    async fn carry_all(&self) -> Result<(), StoreFault> {
        let root = self.near.root().to_owned();
        let found = tokio::task::spawn_blocking(move || whole(&root)).await.map_err(std::io::Error::other)??;
        for (name, path) in found {
            self.carry_one(&name, &path).await?;
        }
        Ok(())
    }

    async fn carry_one(&self, name: &str, path: &Path) -> Result<(), StoreFault> {
        let place = self.place(name)?;
        let _moving = self.moving.lock().await;
        let mut file = match tokio::fs::File::open(path).await {
            // Removed in the meantime.
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let mut piece = Vec::new();
        (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
        if piece.len() < PIECE {
            self.far.put(&place, piece.into()).await.map_err(fault)?;
        } else {
            let upload = self.far.put_multipart(&place).await.map_err(fault)?;
            let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE);
            while !piece.is_empty() {
                upload.wait_for_capacity(2).await.map_err(fault)?;
                upload.put(std::mem::take(&mut piece).into());
                (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
            }
            upload.finish().await.map_err(fault)?;
        }
        tokio::fs::remove_file(path).await?;
        Ok(())
    }
}

/// Names and paths of the files below this folder that nobody writes any more.
fn whole(root: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|end| end != "part")
                && let Ok(name) = path.strip_prefix(root)
                && let Some(name) = name.to_str()
            {
                found.push((name.to_owned(), path));
            }
        }
    }
    Ok(found)
}
