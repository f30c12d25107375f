//! Sound in a bucket of an object store: S3, or what speaks like it.
//!
//! What is written piece by piece (recordings) goes to a folder of this machine first and is carried to the bucket when it is whole:
//! a store that is slow or away for an hour delays nobody's call and loses nothing. What a person waits for (prompts) goes to the
//! bucket at once, and a failure is theirs to hear. Reading looks into the folder first.

mod carry;

use std::{ops::Range, path::PathBuf, sync::Arc, time::Duration};

use futures::{StreamExt, future::BoxFuture};
use object_store::{
    BackoffConfig, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use patchbay_sound::{BlobWriter, Blobs, Folder, StoreFault};
use tokio::sync::{Mutex, Notify};

pub use carry::carry;

/// Where the bucket is.
#[derive(Clone, Debug)]
pub struct BucketSettings {
    /// Its name.
    pub name: String,
    /// Address of the store, such as `https://s3.example.com`; `None`: Amazon's own.
    pub endpoint: Option<String>,
    /// Region, such as `eu-central-1`.
    pub region: String,
    /// Who we are there.
    pub access_key: String,
    /// And the proof of it.
    pub secret_key: String,
    /// All our names begin so; without a slash at the end; may be empty.
    pub prefix: String,
    /// What is to be carried waits here.
    pub near: PathBuf,
}

/// The settings are none.
#[derive(Debug, thiserror::Error)]
#[error("the bucket: {0}")]
pub struct BadBucket(String);

/// A folder and the bucket behind it.
pub struct Bucket {
    near: Folder,
    far: AmazonS3,
    prefix: String,
    /// Told when something was finished.
    written: Arc<Notify>,
    /// Held while something is carried or removed: what was removed does not come back.
    moving: Mutex<()>,
}

impl Bucket {
    /// Opens it; no request is made. [`carry`] does the carrying.
    ///
    /// # Errors
    /// Settings that name no place.
    pub fn open(settings: BucketSettings) -> Result<Self, BadBucket> {
        let backoff = BackoffConfig { max_backoff: Duration::from_secs(3), ..BackoffConfig::default() };
        // A person waits for most of what is asked; what nobody waits for is tried again by whoever carries.
        let retry = RetryConfig { backoff, max_retries: 3, retry_timeout: Duration::from_secs(15) };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(settings.name)
            .with_region(settings.region)
            .with_access_key_id(settings.access_key)
            .with_secret_access_key(settings.secret_key)
            .with_retry(retry);
        if let Some(endpoint) = settings.endpoint {
            builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
        }
        Ok(Self {
            near: Folder::new(settings.near),
            far: builder.build().map_err(|why| BadBucket(why.to_string()))?,
            prefix: settings.prefix.trim_matches('/').to_owned(),
            written: Arc::new(Notify::new()),
            moving: Mutex::new(()),
        })
    }

    /// Whether the bucket answers and is ours.
    ///
    /// # Errors
    /// As the store says.
    pub async fn check(&self) -> Result<(), StoreFault> {
        match self.far.list(Some(&Path::from(self.prefix.as_str()))).next().await {
            Some(Err(why)) => Err(fault(why)),
            None | Some(Ok(_)) => Ok(()),
        }
    }

    fn place(&self, name: &str) -> Result<Path, StoreFault> {
        if !Folder::is_name(name) {
            return Err(StoreFault::Name);
        }
        Ok(if self.prefix.is_empty() { Path::from(name) } else { Path::from(format!("{}/{name}", self.prefix)) })
    }

    /// Removes what has this name in the bucket, and everything below it.
    async fn remove_far(&self, place: &Path) -> Result<(), StoreFault> {
        let below = self.far.list(Some(place)).map(|found| found.map(|meta| meta.location));
        let itself = futures::stream::iter([Ok(place.clone())]);
        let mut gone = self.far.delete_stream(below.chain(itself).boxed());
        while let Some(one) = gone.next().await {
            match one {
                Err(why) if !matches!(why, object_store::Error::NotFound { .. }) => return Err(fault(why)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A file of the near folder whose end is told to whoever carries.
struct Written {
    part: Option<Box<dyn BlobWriter>>,
    written: Arc<Notify>,
}

impl BlobWriter for Written {
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreFault> {
        self.part.as_mut().ok_or(StoreFault::Missing)?.append(bytes)
    }
    fn finish(mut self: Box<Self>) -> Result<(), StoreFault> {
        self.part.take().ok_or(StoreFault::Missing)?.finish()?;
        self.written.notify_one();
        Ok(())
    }
}

impl Blobs for Bucket {
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            let place = self.place(name)?;
            self.far.put(&place, bytes.into()).await.map(drop).map_err(fault)
        })
    }

    fn begin(&self, name: &str) -> Result<Box<dyn BlobWriter>, StoreFault> {
        self.place(name)?;
        let part = Some(self.near.begin(name)?);
        Ok(Box::new(Written { part, written: self.written.clone() }))
    }

    fn size<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<u64, StoreFault>> {
        Box::pin(async move {
            match self.near.size(name).await {
                Err(StoreFault::Missing) => {
                    self.far.head(&self.place(name)?).await.map(|meta| meta.size).map_err(fault)
                }
                near => near,
            }
        })
    }

    fn read<'a>(&'a self, name: &'a str, range: Range<u64>) -> BoxFuture<'a, Result<Vec<u8>, StoreFault>> {
        Box::pin(async move {
            match self.near.read(name, range.clone()).await {
                Err(StoreFault::Missing) => {}
                near => return near,
            }
            let place = self.place(name)?;
            if range.is_empty() {
                return Ok(Vec::new());
            }
            match self.far.get_range(&place, range.clone()).await {
                Ok(bytes) => Ok(bytes.into()),
                Err(why @ object_store::Error::NotFound { .. }) => Err(fault(why)),
                // Behind the end there is nothing, which is no fault.
                Err(why) => match self.far.head(&place).await {
                    Ok(meta) if meta.size <= range.start => Ok(Vec::new()),
                    _ => Err(fault(why)),
                },
            }
        })
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<u8>, StoreFault>> {
        Box::pin(async move {
            match self.near.get(name).await {
                Err(StoreFault::Missing) => {}
                near => return near,
            }
            let found = self.far.get(&self.place(name)?).await.map_err(fault)?;
            Ok(found.bytes().await.map_err(fault)?.into())
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            let place = self.place(name)?;
            let _moving = self.moving.lock().await;
            self.near.remove(name).await?;
            self.remove_far(&place).await
        })
    }
}

fn fault(why: object_store::Error) -> StoreFault {
    match why {
        object_store::Error::NotFound { .. } => StoreFault::Missing,
        other => StoreFault::Io(std::io::Error::other(other)),
    }
}
