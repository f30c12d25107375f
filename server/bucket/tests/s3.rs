//! Against a store that speaks S3 (`moto_server`, which `infra/scripts/deps.sh test` installs).
#![allow(clippy::unwrap_used)]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use patchbay_bucket::{Bucket, BucketSettings, carry};
use patchbay_sound::{Blobs, StoreFault};

/// A store of one's own with an empty bucket `sounds`; ends with the test.
struct Store {
    child: Child,
    at: SocketAddr,
    near: PathBuf,
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.near));
    }
}

fn server() -> PathBuf {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let own = PathBuf::from(home).join(".cache/patchbay/moto-5.2.5/bin/moto_server");
    assert!(own.exists(), "no moto_server: run infra/scripts/deps.sh test");
    own
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Store {
    fn start(name: &str) -> Self {
        let (at, near) = (free(), std::env::temp_dir().join(format!("patchbay-bucket-{name}-{}", std::process::id())));
        let mut store = Self { child: Self::spawn(at), at, near };
        store.make_bucket();
        store
    }
    fn spawn(at: SocketAddr) -> Child {
        let mut command = Command::new(server());
        command.args(["-H", "127.0.0.1", "-p", &at.port().to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }
    fn make_bucket(&mut self) {
        for _ in 0..300 {
            if let Ok(mut stream) = TcpStream::connect(self.at) {
                write!(stream, "PUT /sounds HTTP/1.0\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", self.at).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                assert!(answer.contains(" 200 "), "{answer}");
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the store does not answer");
    }
    fn bucket(&self, prefix: &str) -> Arc<Bucket> {
        let settings = BucketSettings {
            name: "sounds".into(),
            endpoint: Some(format!("http://{}", self.at)),
            region: "us-east-1".into(),
            access_key: "test".into(),
            secret_key: "test".into(),
            prefix: prefix.into(),
            near: self.near.clone(),
        };
        Arc::new(Bucket::open(settings).unwrap())
    }
    fn waiting(&self) -> usize {
        std::fs::read_dir(self.near.join("recordings/a")).map_or(0, Iterator::count)
    }
    async fn until_carried(&self) {
        for _ in 0..300 {
            if self.waiting() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("still not carried");
    }
}

fn write(bucket: &Bucket, name: &str, pieces: &[Vec<u8>]) {
    let mut part = bucket.begin(name).unwrap();
    for piece in pieces {
        part.append(piece).unwrap();
    }
    part.finish().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_is_read_until_it_is_removed() {
    let store = Store::start("put");
    let (bucket, other) = (store.bucket("one/deep"), store.bucket(""));
    bucket.check().await.unwrap();
    bucket.put("prompts/one/8k.wav", vec![1, 2, 3]).await.unwrap();
    bucket.put("prompts/one/8k.wav", vec![4, 5, 6, 7]).await.unwrap();
    bucket.put("prompts/one/16k.wav", vec![5]).await.unwrap();
    bucket.put("prompts/onelike/8k.wav", vec![6]).await.unwrap();
    assert_eq!(bucket.get("prompts/one/8k.wav").await.unwrap(), [4, 5, 6, 7]);
    assert_eq!(bucket.size("prompts/one/8k.wav").await.unwrap(), 4);
    assert_eq!(bucket.read("prompts/one/8k.wav", 1..3).await.unwrap(), [5, 6]);
    assert_eq!(bucket.read("prompts/one/8k.wav", 2..99).await.unwrap(), [6, 7], "fewer where it ends");
    assert!(bucket.read("prompts/one/8k.wav", 4..9).await.unwrap().is_empty(), "nothing behind the end");
    assert!(matches!(other.get("prompts/one/8k.wav").await, Err(StoreFault::Missing)), "names begin with the prefix");
    assert_eq!(other.get("one/deep/prompts/one/16k.wav").await.unwrap(), [5]);
    bucket.remove("prompts/one").await.unwrap();
    assert!(matches!(bucket.get("prompts/one/16k.wav").await, Err(StoreFault::Missing)));
    assert!(matches!(bucket.size("prompts/one/8k.wav").await, Err(StoreFault::Missing)));
    assert_eq!(bucket.get("prompts/onelike/8k.wav").await.unwrap(), [6], "a name that only begins alike stays");
    bucket.remove("prompts/one").await.unwrap();
    for name in ["", "../x", "a//b", "A", ".a"] {
        assert!(matches!(bucket.put(name, vec![]).await, Err(StoreFault::Name)), "{name:?}");
        assert!(matches!(bucket.begin(name), Err(StoreFault::Name)), "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_wait_for_a_store_that_is_away_and_are_heard_meanwhile() {
    let mut store = Store::start("away");
    let bucket = store.bucket("");
    let long: Vec<Vec<u8>> = (0..20_u8).map(|piece| vec![piece; 1 << 20]).collect();
    store.child.kill().unwrap();
    store.child.wait().unwrap();
    write(&bucket, "recordings/a/short", &[vec![1, 2], vec![3]]);
    write(&bucket, "recordings/a/long", &long);
    write(&bucket, "recordings/a/removed", &[vec![9]]);
    let unfinished = bucket.begin("recordings/a/open").unwrap();
    let carrier = tokio::spawn(carry(bucket.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bucket.get("recordings/a/short").await.unwrap(), [1, 2, 3], "heard from the folder");
    assert!(matches!(bucket.put("prompts/a", vec![1]).await, Err(StoreFault::Io(_))), "who waits is told");
    assert_eq!(store.waiting(), 4);
    store.child = Store::spawn(store.at);
    store.make_bucket();
    bucket.remove("recordings/a/removed").await.unwrap();
    drop(unfinished);
    store.until_carried().await;
    assert_eq!(bucket.get("recordings/a/short").await.unwrap(), [1, 2, 3], "heard from the bucket");
    assert_eq!(bucket.size("recordings/a/long").await.unwrap(), 20 << 20);
    assert_eq!(bucket.read("recordings/a/long", (10 << 20) - 1..(10 << 20) + 1).await.unwrap(), [9, 10]);
    assert!(matches!(bucket.get("recordings/a/removed").await, Err(StoreFault::Missing)));
    write(&bucket, "recordings/a/next", &[vec![7]]);
    store.until_carried().await;
    assert_eq!(bucket.get("recordings/a/next").await.unwrap(), [7], "carried without being looked for");
    carrier.abort();
    // Another life finds what a former one left.
    write(&bucket, "recordings/a/left", &[vec![8]]);
    drop(bucket);
    let carrier = tokio::spawn(carry(store.bucket("")));
    store.until_carried().await;
    carrier.abort();
    assert_eq!(store.bucket("").get("recordings/a/left").await.unwrap(), [8]);
}
