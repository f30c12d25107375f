//! Child processes that end with their test, by their own id.

use std::{
    io,
    process::{Child, ExitStatus},
    time::Duration,
};

/// A child that is killed when it goes out of scope.
#[derive(Debug)]
pub struct Owned(Child);

impl Owned {
    /// Takes charge of a child.
    pub const fn new(child: Child) -> Self {
        Self(child)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(|_| ())
    }

    /// Asks it to end (SIGTERM) and waits.
    pub async fn terminate(&mut self, patience: Duration) -> Option<ExitStatus> {
        self.ask_to_stop();
        self.wait(patience).await
    }

    /// SIGTERM, no more.
    pub fn ask_to_stop(&self) {
        let _ = std::process::Command::new("kill").arg(self.0.id().to_string()).status();
    }

    /// Its exit, within this time.
    pub async fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let steps = patience.as_millis() / 20;
        for _ in 0..=steps {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A UDP port that was free a moment ago, on loopback.
///
/// # Panics
/// When the system has none left.
pub fn free_udp_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("loopback has a free UDP port");
    socket.local_addr().expect("a bound socket has an address").port()
}

/// A UDP port below whose number the TCP port is free too.
///
/// # Panics
/// When the system has none left.
pub fn free_both() -> u16 {
    for _ in 0..50 {
        let port = free_tcp_port();
        if std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no number is free for both UDP and TCP");
}

/// A TCP port that was free a moment ago, on loopback.
///
/// # Panics
/// When the system has none left.
pub fn free_tcp_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free TCP port");
    socket.local_addr().expect("a bound socket has an address").port()
}
