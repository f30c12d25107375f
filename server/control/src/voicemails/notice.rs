//! Letters about messages. Whether and how is the seat's setting; what was said never leaves by mail.

use kernel::{UserId, Uuid, VoicemailId};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;

use super::{lamp::seats_of, row::voicemail};
use crate::{
    kit::{app::App, problem::Problem, words::VoicemailNotice},
    mail::{self, Letter, LetterKind},
    people::row::member,
    seats::row::seat,
};

/// Puts letters to all whose box it lies in into the transaction that notes the message. Whether there are any.
///
/// # Errors
/// As the store fails.
pub async fn write(app: &App, tx: &TenantTx, row: &voicemail::Model) -> Result<bool, Problem> {
    if app.mail.is_none() {
        return Ok(false);
    }
    let page = app.link(&format!("/voicemail?message={}", VoicemailId::from_uuid(row.id)));
    let mut any = false;
    for (member, how) in readers(tx, row).await? {
        let link = match how {
            VoicemailNotice::Off => continue,
            VoicemailNotice::Notice => String::new(),
            VoicemailNotice::Link => page.clone(),
        };
        let Some(member) = tx.find_whole::<member::Entity>(member).await?.filter(|row| row.state == "active") else {
            continue;
        };
        let users = app.database.system().users(&[UserId::from_uuid(member.user_id)]).await?;
        let Some(person) = users.into_iter().next() else { continue };
        let letter =
            Letter { kind: LetterKind::Voicemail, to: person.email, name: person.name, about: about(row), link };
        tx.enqueue(mail::job(app, &letter, tx.now())?).await?;
        any = true;
    }
    Ok(any)
}

/// Whose box it is, with what each seat says about letters.
async fn readers(tx: &TenantTx, row: &voicemail::Model) -> Result<Vec<(Uuid, VoicemailNotice)>, Problem> {
    let seats = seats_of(tx, row).await?;
    let wish = |row: &seat::Model| Some((row.member_id?, VoicemailNotice::stored(&row.voicemail_notice)));
    Ok(seats.iter().filter_map(wish).collect())
}

/// Who left it and how long it is.
fn about(row: &voicemail::Model) -> String {
    let seconds = (row.duration_ms + 500) / 1_000;
    let who = match (row.caller_name.as_deref(), row.caller.as_str()) {
        (Some(name), number) if !name.is_empty() => format!("{name} ({number})"),
        (_, "" | "anonymous") => "a caller without a number".to_owned(),
        (_, number) => number.to_owned(),
    };
    format!("{who}, {}:{:02}", seconds / 60, seconds % 60)
}
