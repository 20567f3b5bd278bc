//! `NOTIFY` and `LISTEN`: bells that ring in every process of the cluster.

use super::super::bells::{Bell, Bells};
use super::link::{Dialer, Wire};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::AsyncMessage;

/// Who listens and has lost its connection dials again after this; until then the timeouts of those who wait do.
const REDIAL: Duration = Duration::from_millis(500);

/// Rings a bell with everybody who listens.
pub fn notify(bell: Bell) -> &'static str {
    match bell {
        Bell::Log => "NOTIFY courant_log",
        Bell::Inbox => "NOTIFY courant_inbox",
        Bell::Answers => "NOTIFY courant_answers",
    }
}

/// Rings the bells for what the database tells, for ever. With each new connection it rings them all: something may have
/// been told while there was none.
pub async fn listen(dialer: Arc<Dialer>, bells: Arc<Bells>) {
    loop {
        // Why it failed is told by the calls: they need the same server.
        if let Ok((client, wire)) = dialer.dial().await {
            let listening = client.batch_execute("LISTEN courant_log; LISTEN courant_inbox; LISTEN courant_answers");
            let subscribed = async {
                if listening.await.is_ok() {
                    for bell in [Bell::Log, Bell::Inbox, Bell::Answers] {
                        bells.ring(bell);
                    }
                }
                // The connection is kept open by its client.
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = ring_all(wire, &bells) => {}
                () = subscribed => {}
            }
        }
        tokio::time::sleep(REDIAL).await;
    }
}

/// Until the connection ends.
async fn ring_all(mut wire: Wire, bells: &Bells) {
    while let Some(Ok(message)) = poll_fn(|context| wire.poll_message(context)).await {
        let AsyncMessage::Notification(told) = message else { continue };
        match told.channel() {
            "courant_log" => bells.ring(Bell::Log),
            "courant_inbox" => bells.ring(Bell::Inbox),
            "courant_answers" => bells.ring(Bell::Answers),
            _ => {}
        }
    }
}
