//! The sound of a recording, through links that last minutes, from any place on: a player asks for the part that it needs.

use std::ops::Range;

use axum::{
    body::Body as Sound,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::stream;
use kernel::{RecordingId, TenantId, Wall};
use patchbay_kernel as kernel;
use patchbay_sound::{
    StoreFault,
    vault::{Layout, VaultKey},
};
use patchbay_tenancy::Stamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{row::recording, shelf};
use crate::kit::{
    app::App,
    body::{Ask, Id},
    problem::{Or404, Problem},
};

/// What a ticket is sealed for.
const TICKET: &str = "recording_ticket";
/// Bytes of WAV in a second: two channels at 8 kHz.
const SECOND: u64 = 32_000;
/// Bytes of a WAV's head.
const HEAD: u64 = 44;

/// The proof in a link.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Ticket {
    /// As the link says.
    ticket: String,
}

/// The sound of a recording as WAV: the customer on the left, the agent on the right. The ticket is the proof. Parts can be asked
/// for by `Range`.
#[utoipa::path(get, path = "/v1/recordings/{id}/audio", operation_id = "recording_audio", tag = "recordings",
    params(("id" = String, Path), Ticket), security(()), responses(
        (status = 200, description = "WAV, two channels at 8 kHz", content_type = "audio/wav", body = String),
        (status = 206, description = "A part of it", content_type = "audio/wav", body = String)))]
pub async fn recording_audio(
    State(app): State<App>,
    Id(id): Id<RecordingId>,
    Ask(ticket): Ask<Ticket>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tenant = proven(&app, &ticket.ticket, id).ok_or_else(|| {
        Problem::new(StatusCode::FORBIDDEN, "ticket_invalid", "This link has run out. Ask for another one.")
    })?;
    let company = {
        let tx = app.database.tenant_read(tenant, Stamp::system(app.now(), app.chance())).await?;
        let row = tx.whole::<recording::Entity>().is(recording::Column::Id, id.uuid()).one().await?;
        let row = row.filter(|row| row.state == "ready").or_404()?;
        shelf::key(&app, &tx, row.key_id).await?
    };
    let wav = Wav::open(app, VaultKey::new(&company, *id.uuid().as_bytes()), shelf::name(tenant, id)).await?;
    let length = wav.length();
    let asked = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let part = asked.and_then(|asked| part(asked, length));
    if part.as_ref().is_some_and(Range::is_empty) {
        let whole = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
    }
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let Range { start, end } = part.unwrap_or(0..length);
    let mut headers = HeaderMap::new();
    let mut say = |name, text: String| text.parse().ok().map(|text| headers.insert(name, text));
    say(header::CONTENT_TYPE, "audio/wav".into());
    say(header::CONTENT_LENGTH, (end - start).to_string());
    say(header::CONTENT_DISPOSITION, format!("inline; filename=\"{id}.wav\""));
    say(header::ACCEPT_RANGES, "bytes".into());
    say(header::CACHE_CONTROL, "private, no-store".into());
    if status == StatusCode::PARTIAL_CONTENT {
        say(header::CONTENT_RANGE, format!("bytes {start}-{}/{length}", end - 1));
    }
    let pieces = stream::try_unfold((wav, start), move |(wav, at)| async move {
        if at >= end {
            return Ok::<_, std::io::Error>(None);
        }
        let mut piece = wav.from(at).await.map_err(|why| std::io::Error::other(why.code()))?;
        piece.truncate(usize::try_from(end - at).unwrap_or(usize::MAX));
        let next = at + piece.len() as u64;
        Ok(Some((piece, (wav, next))))
    });
    Ok((status, headers, Sound::from_stream(pieces)).into_response())
}

/// A sealed file as the WAV that it stands for.
struct Wav {
    app: App,
    key: VaultKey,
    name: String,
    layout: Layout,
}

impl Wav {
    /// Whole, or not at all: the file's end is looked at before anything is given out.
    async fn open(app: App, key: VaultKey, name: String) -> Result<Self, Problem> {
        let size = app.blobs.size(&name).await.map_err(unread)?;
        let head = app.blobs.read(&name, Layout::HEAD).await.map_err(unread)?;
        let layout = Layout::of(size).ok().filter(|_| Layout::is_one(&head)).ok_or_else(damaged)?;
        let wav = Self { app, key, name, layout };
        wav.second(layout.seconds - 1).await?;
        Ok(wav)
    }

    const fn length(&self) -> u64 {
        HEAD + self.layout.samples() * 4
    }

    async fn second(&self, number: u64) -> Result<Vec<i16>, Problem> {
        let sealed = self.app.blobs.read(&self.name, self.layout.place(number)).await.map_err(unread)?;
        self.key.second(self.layout, number, &sealed).map_err(|_| damaged())
    }

    /// Bytes from this place to the end of its second.
    async fn from(&self, at: u64) -> Result<Vec<u8>, Problem> {
        let Some(sound) = at.checked_sub(HEAD) else {
            return Ok(head(self.length() - HEAD).split_off(usize::try_from(at).unwrap_or(0)));
        };
        let stereo = self.second(sound / SECOND).await?;
        let bytes = stereo.into_iter().flat_map(i16::to_le_bytes);
        Ok(bytes.skip(usize::try_from(sound % SECOND).unwrap_or(0)).collect())
    }
}

fn damaged() -> Problem {
    Problem::conflict("recording_damaged", "This recording was changed or cut outside of this service.")
}

fn unread(why: StoreFault) -> Problem {
    match why {
        StoreFault::Missing => damaged(),
        other => Problem::internal(other),
    }
}

/// The part that is asked for; empty: there is none. `None`: not a wish that we know, so the whole. Source: RFC 9110 section 14.1.2.
fn part(asked: &str, length: u64) -> Option<Range<u64>> {
    let (from, to) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from, to) {
        ("", last) => (length.saturating_sub(last.parse().ok()?), length),
        (from, "") => (from.parse().ok()?, length),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.saturating_add(1)),
    };
    Some(from..to.min(length))
}

/// A link to this recording.
pub fn link(app: &App, tenant: TenantId, id: RecordingId, until: Wall) -> String {
    let text = format!("{tenant} {id} {}", until.unix_s());
    let sealed = app.sealer.seal(&text, TICKET, app.chance().as_mut());
    format!("/v1/recordings/{id}/audio?ticket={}", URL_SAFE_NO_PAD.encode(sealed))
}

/// Whose recording the ticket opens, if it is this one and still good.
fn proven(app: &App, ticket: &str, id: RecordingId) -> Option<TenantId> {
    let sealed = String::from_utf8(URL_SAFE_NO_PAD.decode(ticket).ok()?).ok()?;
    let text = app.sealer.unseal(&sealed, TICKET).ok()?;
    let mut words = text.expose().split(' ');
    let tenant: TenantId = words.next()?.parse().ok()?;
    let right = words.next()? == id.to_string();
    let until: i64 = words.next()?.parse().ok()?;
    (right && app.now().unix_s() < until).then_some(tenant)
}

/// A WAV head for so many bytes of two channels at 8 kHz.
fn head(bytes: u64) -> Vec<u8> {
    let mut head = patchbay_codec::wav::write_as(&[], 8_000, 2);
    let size = u32::try_from(bytes).unwrap_or(u32::MAX - 36);
    head[4..8].copy_from_slice(&(size + 36).to_le_bytes());
    head[40..44].copy_from_slice(&size.to_le_bytes());
    head
}

crate::resource!(recording_audio);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_rfc() {
        for (asked, wanted) in [
            ("bytes=0-", Some(0..100)),
            ("bytes=10-19", Some(10..20)),
            ("bytes=90-200", Some(90..100)),
            ("bytes=-30", Some(70..100)),
            ("bytes=-300", Some(0..100)),
            ("bytes=100-", Some(100..100)),
            ("bytes=1-2,4-5", None),
            ("lines=1-2", None),
            ("bytes=x-", None),
        ] {
            assert_eq!(part(asked, 100), wanted, "{asked}");
        }
        assert!(part("bytes=9-3", 100).is_some_and(|part| part.is_empty()));
    }
}
