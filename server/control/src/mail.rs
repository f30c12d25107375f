//! Outgoing mail: letters are jobs in the store, written in the transaction that asks for them, sent by [`send_due`]. The link in
//! a job is sealed: who reads the table must not be able to click.

use kernel::Wall;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Stamp,
    job::{Job, NewJob, backoff_s},
};
use serde::{Deserialize, Serialize};

use crate::kit::{app::App, problem::Problem};

const QUEUE: &str = "mail";
const WORKER: &str = "mail";
const ATTEMPTS: i32 = 12;
const AT_ONCE: u64 = 10;
/// Seconds that a batch may take; a worker that dies loses its letters to the next after that.
const LEASE_S: i64 = 300;

/// How mail leaves.
#[derive(Clone)]
pub struct MailSettings {
    /// `smtp://user:password@host:587` or `smtps://..`.
    pub url: String,
    /// Sender, such as `Patchbay <no-reply@example.com>`.
    pub from: String,
}

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// Check of an address.
    VerifyEmail,
    /// Invitation to a company.
    Invitation,
    /// An endpoint for webhooks was switched off.
    WebhookOff,
    /// A new password for a forgotten one.
    PasswordReset,
    /// A caller left a message.
    Voicemail,
    /// Somebody else turned the second factor off.
    SecondFactorReset,
}

/// A letter to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What it is about.
    pub kind: LetterKind,
    /// Address.
    pub to: String,
    /// Who reads it; may be unknown.
    pub name: String,
    /// The company, in an invitation; the address of an endpoint; who left a message, and when.
    pub about: String,
    /// Where to click; empty: nowhere.
    pub link: String,
}

/// The job that sends it. Put it into the transaction that made the link.
pub fn job(app: &App, letter: &Letter, now: Wall) -> Result<NewJob, Problem> {
    let sealed = app.sealer.seal(&letter.link, &context(&letter.to), app.chance().as_mut());
    let payload = serde_json::to_value(Letter { link: sealed, ..letter.clone() }).map_err(Problem::internal)?;
    let kind = match letter.kind {
        LetterKind::VerifyEmail => "mail.verify_email",
        LetterKind::Invitation => "mail.invitation",
        LetterKind::WebhookOff => "mail.webhook_off",
        LetterKind::PasswordReset => "mail.password_reset",
        LetterKind::Voicemail => "mail.voicemail",
        LetterKind::SecondFactorReset => "mail.second_factor_reset",
    };
    Ok(NewJob {
        queue: QUEUE.into(),
        kind: kind.into(),
        payload,
        run_at: now,
        max_attempts: ATTEMPTS,
        dedupe_key: None,
    })
}

fn context(to: &str) -> String {
    format!("mail:{to}")
}

/// Sends what is due; says how many letters were tried. Fails as the store does; a letter that cannot be sent is tried again later.
pub async fn send_due(app: &App) -> Result<usize, Problem> {
    let Some(settings) = &app.mail else { return Ok(0) };
    let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    let jobs = tx.claim_jobs(QUEUE, WORKER, AT_ONCE, LEASE_S).await?;
    tx.commit().await?;
    for job in &jobs {
        let outcome = send(app, settings, job).await;
        let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
        match outcome {
            Ok(()) => tx.finish_job(job.id, WORKER).await?,
            Err(why) => {
                tracing::warn!(job = %job.id, attempt = job.attempts, %why, "a letter could not be sent");
                tx.fail_job(job.id, WORKER, &why, tx.now().plus_s(backoff_s(job.attempts))).await?
            }
        };
        tx.commit().await?;
    }
    Ok(jobs.len())
}

async fn send(app: &App, settings: &MailSettings, job: &Job) -> Result<(), String> {
    let mut letter: Letter = serde_json::from_value(job.payload.clone()).map_err(|why| why.to_string())?;
    let link = app.sealer.unseal(&letter.link, &context(&letter.to)).map_err(|why| why.to_string())?;
    letter.link = link.into_inner();
    let message = written(&app.settings.name, &settings.from, &letter)?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url).map_err(|why| why.to_string())?;
    transport.build().send(message).await.map(|_| ()).map_err(|why| why.to_string())
}

fn written(site: &str, from: &str, letter: &Letter) -> Result<Message, String> {
    let name = Some(letter.name.clone()).filter(|name| !name.is_empty());
    let to = Mailbox::new(name, letter.to.parse().map_err(|_| format!("not an address: {}", letter.to))?);
    let from: Mailbox = from.parse().map_err(|_| format!("not a sender: {from}"))?;
    let (subject, text) = match letter.kind {
        LetterKind::VerifyEmail => (
            format!("Confirm your address for {site}"),
            format!(
                "Hello {},\n\nclick here to confirm your address:\n\n{}\n\nIf you did not sign up, ignore this letter.\n",
                letter.name, letter.link
            ),
        ),
        LetterKind::PasswordReset => (
            format!("A new password for {site}"),
            format!(
                "Hello {},\n\nclick here to choose a new password:\n\n{}\n\nThe link is good for an hour and once. If you did not ask \
                 for it, ignore this letter: your password stays as it is.\n",
                letter.name, letter.link
            ),
        ),
        LetterKind::SecondFactorReset => (
            format!("Your second factor on {site} was turned off"),
            format!(
                "Hello {},\n\n{} turned your second factor off and signed you out everywhere. Sign in with your password and turn it \
                 on again:\n\n{}\n\nIf you did not ask for this, change your password and tell the owner of your company.\n",
                letter.name, letter.about, letter.link
            ),
        ),
        LetterKind::Voicemail => (
            format!("A message from {}", letter.about),
            match letter.link.as_str() {
                "" => format!("Hello {},\n\na caller left a message: {}.\n", letter.name, letter.about),
                link => format!(
                    "Hello {},\n\na caller left a message: {}. Hear it here:\n\n{link}\n",
                    letter.name, letter.about
                ),
            },
        ),
        LetterKind::Invitation => (
            format!("{} invites you to {site}", letter.about),
            format!(
                "Hello,\n\n{} invites you. Click here to join:\n\n{}\n\nThe link is good for seven days.\n",
                letter.about, letter.link
            ),
        ),
        LetterKind::WebhookOff => (
            format!("A webhook of yours on {site} was switched off"),
            format!(
                "Hello {},\n\nevents could not be delivered to\n\n{}\n\nand are kept from now on instead of being sent. \
                 See what went wrong, and switch it on again, here:\n\n{}\n\nNothing is lost: it goes on where it stopped.\n",
                letter.name, letter.about, letter.link
            ),
        ),
    };
    let builder = Message::builder().from(from).to(to).subject(subject).header(ContentType::TEXT_PLAIN);
    builder.body(text).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_names_its_reader_and_holds_the_link() {
        let letter = Letter {
            kind: LetterKind::Invitation,
            to: "bo@example.com".into(),
            name: String::new(),
            about: "Acme".into(),
            link: "https://x.example/join?token=t".into(),
        };
        let text =
            String::from_utf8(written("Patchbay", "Patchbay <no@example.com>", &letter).unwrap().formatted()).unwrap();
        assert!(text.contains("To: bo@example.com") && text.contains("Acme invites you"), "{text}");
        assert!(text.replace("=\r\n", "").contains("/join?token"), "{text}");
    }
}
