//! baresip 1.0 as a hardware phone of a seat. It wants an address that is not loopback, so it lives in a network namespace
//! with one; see `infra/scripts/peers.sh`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use super::Folder;
use crate::process::{Owned, free_tcp_port};

/// A running baresip.
pub struct Baresip {
    process: Owned,
    folder: Folder,
    control: u16,
}

impl Baresip {
    /// Registers `username` at `registrar` (`127.0.0.1:5060`) over `transport`; answers by itself when `answers`.
    /// Sends the WAV file `speaks`, writes what it hears into `heard.wav` files in its folder.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(
        account: (&str, &str),
        domain: &str,
        registrar: &str,
        transport: &str,
        speaks: &str,
        answers: bool,
    ) -> Self {
        let folder = Folder::fresh("baresip");
        let control = free_tcp_port();
        let (username, password) = account;
        let answer = if answers { "auto" } else { "manual" };
        folder.write(
            "accounts",
            &format!(
                "<sip:{username}@{domain};transport={transport}>;auth_user={username};auth_pass={password};\
                 outbound=\"sip:{registrar};transport={transport}\";regint=60;answermode={answer};audio_codecs=PCMU,PCMA;\
                 audio_source=aufile,{speaks};audio_player=aufile,{}\n",
                folder.file("heard.wav").display()
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
         module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule auconv.so\nmodule auresamp.so\n\
         module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n\
         module_tmp uuid.so\nsndfile_path {folder}\n"
    )
}
