//! Outgoing mail.

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `smtp://user:password@host:587` or `smtps://..`.
    pub url: String,
    /// Sender, such as `Patchbay <no-reply@example.com>`.
    pub from: String,
}
