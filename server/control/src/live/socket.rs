//! The WebSocket of a live feed: `hello`, what was missed or a `snapshot`, then what happens; a ping every 20 s, and with it another
//! look at whether the reader may still see this. Whoever resumes from the last `seq` it saw misses nothing and sees nothing twice.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use patchbay_tenancy::EventRow;
use serde::Deserialize;
use tokio::{
    sync::broadcast::error::RecvError,
    time::{interval, timeout},
};

use super::{
    LiveGrant, News,
    frame::Frame,
    reader::{Missed, Reader},
    topics::Topics,
};
use crate::{
    calls::live::LiveCall,
    events::sight::Sight,
    kit::{app::App, body::Ask, problem::Problem},
};

const PING: Duration = Duration::from_secs(20);
/// A page that does not take a frame within this time is gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest message a page may send: it has nothing to say.
const INBOUND_BYTES: usize = 1_024;

/// What events are about that can change who sees what.
const DECIDES: [&str; 8] = ["seat", "member", "device", "api_key", "seat_token", "department", "team", "role"];

/// How a feed is opened.
#[derive(Deserialize)]
pub struct Opening {
    ticket: String,
    /// The last place in the log that the reader has seen.
    after: Option<i64>,
    /// Event types and `live`, comma between them; without it everything.
    topics: Option<String>,
}

/// Upgrades to a live feed. 401 without a good ticket.
pub async fn live(
    State(app): State<App>,
    Ask(opening): Ask<Opening>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let topics = Topics::parse(opening.topics.as_deref())?;
    let grant = app.live_tickets.redeem(&opening.ticket, app.clock.tick()).ok_or_else(Problem::unauthenticated)?;
    let sight = Sight::of(&app, &grant).await?.ok_or_else(Problem::unauthenticated)?;
    let after = opening.after;
    let upgrade = upgrade.read_buffer_size(INBOUND_BYTES).max_message_size(INBOUND_BYTES).max_frame_size(INBOUND_BYTES);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let mut line = Line { app, grant, sight, topics, socket, told: 0 };
        if let Err(Over::Fault(problem)) = line.run(after).await {
            tracing::warn!(code = problem.code(), "a live feed ended by a fault");
        }
    }))
}

enum Over {
    /// The page has left, or may no longer look.
    Gone,
    Fault(Problem),
}

impl From<Problem> for Over {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem)
    }
}

struct Line {
    app: App,
    grant: LiveGrant,
    sight: Sight,
    topics: Topics,
    socket: WebSocket,
    /// The last place in the log that the reader was told.
    told: i64,
}

impl Line {
    async fn run(&mut self, after: Option<i64>) -> Result<(), Over> {
        // Listening begins before the log is read: what happens in between is then seen twice and sent once.
        let mut events = self.app.database.feed();
        let mut news = self.app.feed.listen();
        let mut reader = Reader::at_end(&self.app, self.grant.tenant).await?;
        let now_at = reader.last();
        self.told = now_at;
        self.send(&Frame::Hello { seq: now_at }).await?;
        match after {
            Some(after) if reader.back_to(after) => {
                self.told = after;
                self.catch_up(&mut reader).await?;
            }
            Some(_) => self.resync(now_at).await?,
            None => {}
        }
        self.snapshot().await?;
        let mut pings = interval(PING);
        // The first tick comes at once.
        pings.tick().await;
        loop {
            tokio::select! {
                event = events.recv() => self.event(event, &mut reader).await?,
                piece = news.recv() => self.news(piece).await?,
                said = self.socket.recv() => match said {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return Err(Over::Gone),
                    // Pages have nothing to say; pongs keep proxies awake.
                    Some(Ok(_)) => {}
                },
                _ = pings.tick() => self.ping(&mut reader).await?,
            }
        }
    }

    async fn event(&mut self, event: Result<Arc<EventRow>, RecvError>, reader: &mut Reader) -> Result<(), Over> {
        match event {
            Ok(row) if row.tenant_id != self.grant.tenant.uuid() => Ok(()),
            Ok(row) if reader.takes(&row) => self.show(&row).await,
            Ok(row) if reader.has_hole_before(&row) => self.catch_up(reader).await,
            Ok(_) => Ok(()),
            Err(RecvError::Lagged(_)) => self.catch_up(reader).await,
            Err(RecvError::Closed) => Err(Over::Gone),
        }
    }

    async fn news(&mut self, piece: Result<Arc<News>, RecvError>) -> Result<(), Over> {
        let piece = match piece {
            Ok(piece) if piece.tenant() == self.grant.tenant => piece,
            Ok(_) => return Ok(()),
            Err(RecvError::Lagged(_)) => return self.snapshot().await,
            Err(RecvError::Closed) => return Err(Over::Gone),
        };
        if !self.topics.live || !self.sight.shows_news(&piece) {
            return Ok(());
        }
        let frame = match piece.as_ref() {
            News::Contacts(state) => Frame::device(state),
            News::Queues(_) => Frame::Queues,
            News::Answer(wish) => Frame::Answer { call: wish.call.to_string(), seat: wish.seat.to_string() },
            News::Call(event) => {
                let up = self.app.switch_if_up().map(|switch| switch.live(Some(self.grant.tenant))).unwrap_or_default();
                Frame::call(event, up.iter().find(|live| live.call == event.call))
            }
        };
        self.send(&frame).await
    }

    /// Also finds what another node wrote: this process's feed tells only of its own.
    async fn ping(&mut self, reader: &mut Reader) -> Result<(), Over> {
        self.sight = Sight::of(&self.app, &self.grant).await?.ok_or(Over::Gone)?;
        self.write(Message::Ping(Vec::new().into())).await?;
        self.catch_up(reader).await?;
        if reader.last() > self.told {
            self.told = reader.last();
            self.send(&Frame::Cursor { seq: self.told }).await?;
        }
        Ok(())
    }

    async fn resync(&mut self, seq: i64) -> Result<(), Over> {
        self.told = seq;
        self.send(&Frame::Resync { seq }).await
    }

    async fn snapshot(&mut self) -> Result<(), Over> {
        if !self.topics.live {
            return Ok(());
        }
        let up = self.app.switch_if_up().map(|switch| switch.live(Some(self.grant.tenant))).unwrap_or_default();
        let calls = up.iter().filter(|call| self.sight.shows_seat(call.seat)).map(LiveCall::from).collect();
        self.send(&Frame::Snapshot { calls }).await
    }

    async fn catch_up(&mut self, reader: &mut Reader) -> Result<(), Over> {
        loop {
            match reader.missed(&self.app).await? {
                Missed::TooMany => {
                    self.resync(reader.last()).await?;
                    return self.snapshot().await;
                }
                Missed::Events(rows, more) => {
                    for row in &rows {
                        self.show(row).await?;
                    }
                    if !more {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn show(&mut self, row: &EventRow) -> Result<(), Over> {
        // Who sits where, and who belongs where, decides what is seen: a change of it is looked at before anything else is shown.
        if DECIDES.contains(&row.entity.as_str()) {
            self.sight = Sight::of(&self.app, &self.grant).await?.ok_or(Over::Gone)?;
        }
        if !self.topics.wants(&row.kind) || !self.sight.shows_event(row) {
            return Ok(());
        }
        self.told = row.seq;
        self.send(&Frame::Event { event: row.into() }).await
    }

    async fn send(&mut self, frame: &Frame) -> Result<(), Over> {
        self.write(Message::Text(Utf8Bytes::from(frame.text()))).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Over> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over::Gone),
        }
    }
}
