//! A person's command, run within limits: no environment of ours, a time, a size, and whatever it started ends with it.

use crate::fetch::FetchError;
use crate::text;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// Of what a command says on its error output this much is read, and the first line is shown.
const MAX_STDERR_BYTES: usize = 4 * 1024;
const MAX_STDERR_LINE: usize = 200;

/// What may come of a command.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub patience: Duration,
    /// Bytes of its output; `too_large`: the error of more.
    pub limit: usize,
    pub too_large: fn(usize) -> FetchError,
}

/// What a command writes on its output, whole, with a good exit status, in time. `words`: the program, which is there, and
/// its arguments. `input`: what it is given to read.
pub async fn run(words: &[String], input: Option<Vec<u8>>, bounds: Bounds) -> Result<Vec<u8>, FetchError> {
    let (program, arguments) = words.split_first().ok_or_else(|| FetchError::Local("no command".into()))?;
    let mut command = tokio::process::Command::new(program);
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.args(arguments).current_dir("/").stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Nothing of our own environment: it may hold secrets.
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    command.process_group(0).kill_on_drop(true);
    let cannot = |error: std::io::Error| FetchError::Local(format!("the command cannot be started: {error}"));
    let mut child = command.spawn().map_err(cannot)?;
    let mut group = Group::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let Bounds { patience, limit, too_large } = bounds;
    let run = async {
        // Too much output ends both: a command whose output is not read waits for ever.
        let whole =
            async { Some(read(stdout, limit, Rest::Stop).await).filter(|o| o.len() <= limit).ok_or_else(|| too_large(limit)) };
        let said = async { Ok(read(stderr, MAX_STDERR_BYTES, Rest::Drop).await) };
        let given = async {
            if let Some((mut stdin, input)) = stdin.zip(input) {
                // One that does not read what it is given says by its exit status whether that was right.
                _ = stdin.write_all(&input).await;
            }
            Ok(())
        };
        let (output, said, ()) = tokio::try_join!(whole, said, given)?;
        let status = child.wait().await.map_err(cannot)?;
        if status.success() {
            Ok(output)
        } else {
            Err(FetchError::Local(format!("the command failed ({status}){}", first_line(&said))))
        }
    };
    let ended = tokio::time::timeout(patience, run).await;
    let result = ended.unwrap_or(Err(FetchError::Timeout(patience)));
    if child.id().is_none() {
        group.let_go();
    }
    result
}

/// A command with all that it started: killed when this is dropped, so also where the poll itself is given up. The
/// number is the command's and nobody else's until it was waited for; then it is let go.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &tokio::process::Child) -> Group {
        Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw))
    }

    fn let_go(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Fails only where it has ended by itself.
            _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// What becomes of output beyond the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// One byte more than the limit is read, and no more.
    Stop,
    /// Read and dropped, so that the command is not held up.
    Drop,
}

async fn read(from: Option<impl AsyncRead + Unpin>, limit: usize, rest: Rest) -> Vec<u8> {
    let Some(mut from) = from else { return Vec::new() };
    let mut bytes = Vec::new();
    // An output that cannot be read has ended; the exit status says whether that was right.
    _ = (&mut from).take(limit as u64 + 1).read_to_end(&mut bytes).await;
    if rest == Rest::Drop {
        _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    }
    bytes
}

fn first_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(text::one_line).find(|line| !line.is_empty());
    line.map(|line| format!(": {}", text::clip(&line, MAX_STDERR_LINE))).unwrap_or_default()
}
