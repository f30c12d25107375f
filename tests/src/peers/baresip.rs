//! baresip 1.0 as a hardware phone of a seat. It wants an address that is not loopback, so it lives in a network namespace
//! with one; see `infra/scripts/peers.sh`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use super::{Folder, share_in_file};
use crate::{
    process::{Owned, free_tcp_port},
    story::{DOMAIN, hardware::Order},
};

/// A running baresip.
pub struct Baresip {
    process: Owned,
    folder: Folder,
    control: u16,
}

impl Baresip {
    /// Registers `account` at `registrar` over `transport`, sends the WAV file `speaks`, writes what it hears into its folder.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(account: (&str, &str), registrar: &str, transport: &str, speaks: &str) -> Self {
        let folder = Folder::fresh("baresip");
        let control = free_tcp_port();
        let (username, password) = account;
        folder.write(
            "accounts",
            &format!(
                "<sip:{username}@{DOMAIN};transport={transport}>;auth_user={username};auth_pass={password};\
                 outbound=\"sip:{registrar};transport={transport}\";regint=60;answermode=manual;audio_codecs=PCMU,PCMA;\
                 audio_source=aufile,{speaks}\n"
            ),
        );
        folder.write("contacts", "");
        folder.write("config", &config(control, &folder.file("").display().to_string()));
        let log = std::fs::File::create(folder.file("out.log")).expect("our own folder can be written");
        let errors = log.try_clone().expect("a file can be opened twice");
        let child = Command::new("baresip")
            .arg("-f")
            .arg(folder.file(""))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("baresip is installed");
        Self { process: Owned::new(child), folder, control }
    }

    /// What it printed.
    pub fn log(&self) -> String {
        self.folder.read("out.log")
    }

    /// The process, to see whether it lives.
    pub const fn process(&mut self) -> &mut Owned {
        &mut self.process
    }

    /// Gives an order.
    ///
    /// # Panics
    /// When the control connection fails; with what it printed.
    pub fn tell(&self, order: &Order) {
        let sent = match order {
            Order::Answer => self.command("accept", ""),
            Order::Dial(uri) => self.command("dial", uri),
            Order::HangUp => self.command("hangup", ""),
            Order::SendOn(uri) => self.command("transfer", uri),
        };
        if let Err(why) = sent {
            panic!("baresip takes no orders: {why}\n{}", self.log());
        }
    }

    /// Share of this frequency in what it decoded during its newest call; `None` when it wrote nothing.
    pub fn heard(&self, hz: u16) -> Option<f32> {
        self.folder.newest("-dec.wav").and_then(|path| share_in_file(&path, hz))
    }

    /// One command, such as `dial` with `sip:101@..`, `hangup`, `hold`, `resume`; its answer.
    ///
    /// # Errors
    /// When the control connection fails.
    pub fn command(&self, command: &str, parameter: &str) -> std::io::Result<String> {
        let body = format!("{{\"command\":\"{command}\",\"params\":\"{parameter}\",\"token\":\"t\"}}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.control))?;
        stream.set_read_timeout(Some(Duration::from_secs(3)))?;
        // Netstrings: length, colon, body, comma.
        write!(stream, "{}:{body},", body.len())?;
        let mut answer = [0; 4_096];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

fn config(control: u16, folder: &str) -> String {
    format!(
        "poll_method epoll\nsip_verify_server no\nsip_trans_def udp\ncall_local_timeout 60\ncall_max_calls 4\n\
         audio_srate 8000-48000\naudio_channels 1-2\nausrc_srate 8000\nauplay_srate 8000\n\
         rtp_tos 184\nrtcp_mux no\njitter_buffer_type fixed\njitter_buffer_delay 1-5\n\
         module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\n\
         module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n\
         module_tmp uuid.so\nmodule sndfile.so\nsnd_path {folder}\n"
    )
}
