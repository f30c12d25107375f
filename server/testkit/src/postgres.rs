//! Databases for tests: a private PostgreSQL server per test process, and SQLite files.
//!
//! The server is made by `initdb` in a temporary folder, listens on a random loopback TCP port, and dies with the process that
//! started it: a small shell holds a pipe from us and stops the server when the pipe closes, whichever way we end. The schema is
//! migrated once into a template; each test gets a copy.

use std::{
    io::{self, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::OnceCell;

/// Where Debian and PostgreSQL's own packages put the server's programs.
const FOLDERS: [&str; 4] =
    ["/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin", "/usr/local/pgsql/bin"];
const TEMPLATE: &str = "patchbay_template";

/// Makes the cluster, runs it, and ends it when standard input ends. `$1` programs, `$2` folder, `$3` TCP port.
const SCRIPT: &str = r#"
cd / && "$1/initdb" -D "$2/data" -U owner -A trust -E UTF8 --locale=C --no-sync >"$2/initdb.log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -p "$3" -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
  -c synchronous_commit=off -c max_connections=300 -c shared_buffers=64MB -c logging_collector=off \
  >"$2/server.log" 2>&1 </dev/null &
server=$!
read -r _
kill -INT $server
wait $server
rm -rf "$2"
"#;

/// A running server.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    tcp_port: u16,
    template: OnceCell<()>,
    next: AtomicU32,
    /// Kept open for as long as the server shall live.
    _pipe: ChildStdin,
    _shell: Child,
}

/// The server of this test process, started at the first call; `None`, with a line on standard error, where PostgreSQL is not
/// installed. With `PATCHBAY_TEST_POSTGRES=required` that is a failure instead.
pub fn postgres() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        let started = FOLDERS.iter().map(Path::new).find(|path| path.join("initdb").exists()).map(Cluster::start);
        match started {
            Some(Ok(cluster)) => Some(cluster),
            Some(Err(error)) => panic!("PostgreSQL is installed but does not start: {error}"),
            None => {
                assert!(std::env::var("PATCHBAY_TEST_POSTGRES").is_err(), "PostgreSQL is required and not installed");
                let _ = writeln!(io::stderr(), "PostgreSQL is not installed: its half of this test is skipped");
                None
            }
        }
    });
    cluster.as_ref()
}

impl Cluster {
    fn start(programs: &Path) -> io::Result<Self> {
        let folder = temporary_folder("postgres")?;
        let tcp_port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = as_unprivileged(&folder)?;
        command.args(["sh", "-c", SCRIPT, "sh"]).arg(programs).arg(&folder).arg(tcp_port.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = command.spawn()?;
        let pipe = shell.stdin.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let programs = programs.to_owned();
        let next = AtomicU32::new(1);
        let cluster = Self { programs, folder, tcp_port, template: OnceCell::new(), next, _pipe: pipe, _shell: shell };
        for _ in 0..300 {
            if cluster.program("pg_isready", &[])? {
                return Ok(cluster);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(io::Error::other(format!("no answer within 30 s; see {}", cluster.folder.display())))
    }

    /// A fresh database with the schema, as `postgres://` address of its owner.
    pub async fn database(&self) -> String {
        self.template
            .get_or_init(|| async {
                assert!(self.program("createdb", &[TEMPLATE]).expect("createdb runs"), "createdb of the template");
                patchbay_migrations::migrate(&self.url(TEMPLATE)).await.expect("the schema migrates");
            })
            .await;
        let name = self.name();
        let made = self.program("createdb", &["-T", TEMPLATE, &name]).expect("createdb runs");
        assert!(made, "createdb of {name} failed");
        self.url(&name)
    }

    /// A fresh database without the schema.
    pub fn empty_database(&self) -> String {
        let name = self.name();
        assert!(self.program("createdb", &[&name]).expect("createdb runs"), "createdb of {name} failed");
        self.url(&name)
    }

    fn name(&self) -> String {
        format!("test_{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://owner@127.0.0.1:{}/{database}", self.tcp_port)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> io::Result<bool> {
        let mut command = Command::new(self.programs.join(name));
        command.args(["-h", "127.0.0.1", "-p", &self.tcp_port.to_string(), "-U", "owner"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.status()?.success())
    }
}

/// PostgreSQL refuses to run as root: then it runs as the user `postgres` of its package, who gets the folder.
fn as_unprivileged(folder: &Path) -> io::Result<Command> {
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(folder)?);
    if owner != 0 {
        return Ok(Command::new("env"));
    }
    let given = Command::new("chown").args(["postgres:postgres"]).arg(folder).status()?;
    if !given.success() {
        return Err(io::Error::other("root needs the user postgres to run PostgreSQL as"));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "env"]);
    Ok(command)
}

/// A SQLite file with the schema; removed when dropped.
pub struct SqliteFile {
    folder: PathBuf,
}

/// A fresh SQLite database with the schema.
pub async fn sqlite() -> SqliteFile {
    let file = SqliteFile { folder: temporary_folder("sqlite").expect("a temporary folder can be made") };
    patchbay_migrations::migrate(&file.url()).await.expect("the schema migrates");
    file
}

impl SqliteFile {
    /// Its address.
    pub fn url(&self) -> String {
        format!("sqlite://{}/patchbay.db", self.folder.display())
    }
    /// The folder that it lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn temporary_folder(kind: &str) -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("patchbay-{kind}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
