//! linphone 5.1 (`linphonec`) as a second hardware phone that we did not write.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use super::{Folder, share_in_file};
use crate::{
    process::Owned,
    story::{DOMAIN, hardware::Order},
};

/// A running linphonec, told by its standard input.
pub struct Linphone {
    process: Mutex<Owned>,
    folder: Folder,
}

impl Linphone {
    /// Starts it with files for a sound card and registers `account` at `registrar` over `transport`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(account: (&str, &str), registrar: &str, transport: &str, speaks: &str) -> Self {
        let folder = Folder::fresh("linphone");
        let (username, password) = account;
        folder.write(
            "rc",
            &format!(
                "[sip]\nsip_port=-1\nsip_tcp_port=-1\nsip_tls_port=-1\ndefault_proxy=0\nverify_server_certs=0\nverify_server_cn=0\n\
                 media_encryption=none\n\
                 [proxy_0]\nreg_proxy=<sip:{registrar};transport={transport}>\nreg_identity=sip:{username}@{DOMAIN}\nreg_route=<sip:{registrar};transport={transport};lr>\n\
                 reg_expires=60\nreg_sendregister=1\n\
                 [auth_info_0]\nusername={username}\npasswd={password}\nrealm={DOMAIN}\ndomain={DOMAIN}\n\
                 [net]\nfirewall_policy=0\nnat_policy_ref=\n[rtp]\naudio_rtp_port=-1\n[sound]\nremote_ring=\nlocal_ring=\n\
                 [audio_codec_0]\nmime=PCMU\nrate=8000\nenabled=1\n"
            ),
        );
        let own = folder.file(".local/share/linphone");
        std::fs::create_dir_all(own).expect("our own folder can be written");
        let log = std::fs::File::create(folder.file("out.log")).expect("our own folder can be written");
        let errors = log.try_clone().expect("a file can be opened twice");
        let child = Command::new("linphonec")
            .arg("-c")
            .arg(folder.file("rc"))
            .env("HOME", folder.file(""))
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("linphonec is installed (Debian package linphone-cli)");
        let phone = Self { process: Mutex::new(Owned::new(child)), folder };
        phone.say("soundcard use files");
        phone.say(&format!("play {speaks}"));
        phone.say(&format!("record {}", phone.folder.file("heard.wav").display()));
        phone
    }

    /// One line of its command language: `call sip:..`, `answer`, `terminate`.
    ///
    /// # Panics
    /// When it is gone.
    pub fn say(&self, line: &str) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let input = process.child().stdin.as_mut().expect("its input is a pipe of ours");
        writeln!(input, "{line}").expect("linphonec listens");
    }

    /// Gives an order.
    pub fn tell(&self, order: &Order) {
        match order {
            Order::Answer => self.say("answer"),
            Order::Dial(uri) => self.say(&format!("call {uri}")),
            Order::SendOn(uri) => self.say(&format!("transfer {uri}")),
            Order::HangUp => self.say("terminate"),
        }
    }

    /// Share of this frequency in the last second of what it heard; `None` when it wrote nothing.
    pub fn heard(&self, hz: u16) -> Option<f32> {
        share_in_file(&self.folder.file("heard.wav"), hz)
    }

    /// What it printed.
    pub fn log(&self) -> String {
        self.folder.read("out.log")
    }
}
