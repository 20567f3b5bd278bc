//! A PostgreSQL of the tests' own: in a temporary folder, on loopback, run by a user without rights, gone with the test.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server; it ends when this is dropped.
pub struct Server {
    pub port: u16,
    folder: tempfile::TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    process: Child,
}

impl Server {
    /// `None` where no PostgreSQL is installed.
    pub fn start() -> Option<Server> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        // initdb refuses root.
        let user = rustix::process::getuid().is_root().then(unprivileged);
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let mut initdb = command(&programs.join("initdb"), user);
        initdb.arg("--pgdata").arg(folder.path().join("data"));
        initdb.args(["--auth=trust", "--username=courant", "--no-sync", "--no-locale", "--encoding=UTF8"]);
        let made = initdb.current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = run(&programs, folder.path(), user, port);
        Some(Server { port, folder, programs, user, process })
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://courant@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Settings of its own, from the next start on.
    pub fn configure(&self, lines: &str) {
        use std::io::Write;
        let file = self.folder.path().join("data/postgresql.conf");
        writeln!(std::fs::OpenOptions::new().append(true).open(file).unwrap(), "{lines}").unwrap();
    }

    /// As a crash would.
    pub fn kill(&mut self) {
        // The others of its group follow their postmaster.
        self.signal(rustix::process::Signal::QUIT);
        self.process.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.process = run(&self.programs, self.folder.path(), self.user, self.port);
    }

    /// All its processes stop where they are, or go on.
    pub fn signal_all(&self, signal: rustix::process::Signal) {
        let group = rustix::process::Pid::from_child(&self.process);
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", group.as_raw_nonzero())).unwrap();
        self.signal(signal);
        for child in children.split_whitespace() {
            let child = rustix::process::Pid::from_raw(child.parse().unwrap()).unwrap();
            // One may have ended meanwhile.
            let _ended = rustix::process::kill_process(child, signal);
        }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.process), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended =
            rustix::process::kill_process(rustix::process::Pid::from_child(&self.process), rustix::process::Signal::QUIT);
        let _ended = self.process.wait();
    }
}

fn run(programs: &Path, folder: &Path, user: Option<(u32, u32)>, port: u16) -> Child {
    let mut postgres = command(&programs.join("postgres"), user);
    postgres.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    postgres.arg("-k").arg(folder).args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
    postgres.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Run as that user.
fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let Some((uid, gid)) = user else { return Command::new(program) };
    let mut command = Command::new(program);
    command.uid(uid).gid(gid);
    command
}

fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut numbers = line.split(':').skip(2).map(|number| number.parse().unwrap());
        Some((numbers.next().unwrap(), numbers.next().unwrap()))
    };
    of("postgres").or_else(|| of("nobody")).expect("a user without rights")
}

/// Where the newest `initdb` and `postgres` are: Debian's folders, else the path.
fn programs() -> Option<PathBuf> {
    let debian =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|version| version.unwrap().path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = debian.chain(std::env::split_paths(&path)).collect();
    found.retain(|folder| folder.join("initdb").exists() && folder.join("postgres").exists());
    found.sort();
    found.pop()
}
