//! Texts become speech: one trait for whatever speaks. [`Installed`] runs the programs of this machine, flite for English and
//! espeak-ng for everything else, each as a process of its own: nothing leaves the house, and a program that fails or hangs costs
//! one prompt.

use std::{path::PathBuf, process::Stdio, time::Duration};

use futures::future::BoxFuture;
use tokio::{io::AsyncWriteExt, process::Command, sync::Semaphore, time::timeout};

use crate::decode::{DecodeFault, Recording, decode};

/// Longest text, in characters: about two minutes.
pub const CHARS_MOST: usize = 2_000;
/// Programs that run at once; others wait.
const AT_ONCE: usize = 2;
/// A program that has not spoken by then is ended.
const WITHIN: Duration = Duration::from_secs(20);

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    /// The text.
    pub text: String,
    /// BCP 47: `en`, `zh-Hans`.
    pub language: String,
    /// One of [`Speech::voices`]; `None`: the first that speaks the language.
    pub voice: Option<String>,
    /// Per cent of the usual pace, 50 to 200.
    pub pace: u16,
}

/// Somebody who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Its name.
    pub name: String,
    /// BCP 47 of what it speaks; empty for any.
    pub language: String,
}

/// Why nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeechFault {
    /// Nobody here speaks this language.
    #[error("No voice here speaks this language.")]
    NoVoice,
    /// Nobody has this name.
    #[error("There is no such voice.")]
    Unknown,
    /// The engine failed; in words for whoever set it up.
    #[error("The speech engine failed: {0}")]
    Engine(String),
    /// It took too long.
    #[error("The speech engine took too long.")]
    Late,
}

/// Whatever speaks.
pub trait Speech: Send + Sync {
    /// Stable word for what made a prompt: `installed`, `endpoint`.
    fn engine(&self) -> &'static str;
    /// What else its sound depends on, for a cache: the same saying with the same mark sounds the same.
    fn mark(&self) -> String {
        String::new()
    }
    /// Who speaks.
    fn voices(&self) -> Vec<Voice>;
    /// Says it.
    fn speak<'a>(&'a self, saying: &'a Saying) -> BoxFuture<'a, Result<Recording, SpeechFault>>;
}

/// The programs of this machine, looked for when this is made.
#[derive(Debug)]
pub struct Installed {
    flite: Option<PathBuf>,
    espeak: Option<PathBuf>,
    turns: Semaphore,
}

/// Voices of flite's Debian package.
const FLITE: [&str; 4] = ["slt", "rms", "awb", "kal16"];
/// What espeak-ng calls the languages that the product speaks; others go by their first part.
const ESPEAK: [(&str, &str); 4] = [("zh-hk", "yue"), ("zh", "cmn"), ("en-us", "en-us"), ("en-gb", "en-gb")];

fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

impl Default for Installed {
    fn default() -> Self {
        Self::new()
    }
}

impl Installed {
    /// With what is on the search path.
    pub fn new() -> Self {
        Self { flite: found("flite"), espeak: found("espeak-ng"), turns: Semaphore::new(AT_ONCE) }
    }

    /// The program and its arguments, without the file that it writes; `None`: nobody speaks this.
    fn command(&self, saying: &Saying) -> Result<(PathBuf, Vec<String>), SpeechFault> {
        let language = saying.language.to_ascii_lowercase();
        let english = language == "en" || language.starts_with("en-");
        let wish = saying.voice.as_deref();
        let flite = self.flite.as_ref().filter(|_| english);
        let pace = f64::from(saying.pace.clamp(50, 200)) / 100.0;
        match (flite, wish) {
            (Some(flite), wish) if wish.is_none_or(|wish| FLITE.contains(&wish)) => {
                let voice = wish.unwrap_or(FLITE[0]).to_owned();
                let stretch = format!("duration_stretch={:.2}", 1.0 / pace);
                Ok((
                    flite.clone(),
                    ["-voice", &voice, "--setf", &stretch, "-f", "/dev/stdin", "-o"].map(Into::into).into(),
                ))
            }
            (_, None | Some("espeak")) => {
                let espeak = self.espeak.as_ref().ok_or(SpeechFault::NoVoice)?;
                let voice = espeak_voice(&language).ok_or(SpeechFault::NoVoice)?;
                let words = format!("{:.0}", 165.0 * pace);
                Ok((espeak.clone(), ["-v", &voice, "-s", &words, "--stdin", "-w"].map(Into::into).into()))
            }
            _ => Err(SpeechFault::Unknown),
        }
    }

    async fn run(&self, saying: &Saying) -> Result<Recording, SpeechFault> {
        let (program, mut arguments) = self.command(saying)?;
        let _turn = timeout(WITHIN, self.turns.acquire()).await.map_err(|_| SpeechFault::Late)?;
        let engine = |why: &dyn std::fmt::Display| SpeechFault::Engine(why.to_string());
        let out = OutFile::new();
        arguments.push(out.0.to_string_lossy().into_owned());
        let mut child = Command::new(&program)
            .args(&arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| engine(&why))?;
        let mut stdin = child.stdin.take();
        let text = format!("{}\n", plain(&saying.text));
        let work = async {
            if let Some(stdin) = &mut stdin {
                // A program that does not read has its own reasons, which its end tells.
                drop(stdin.write_all(text.as_bytes()).await);
            }
            drop(stdin);
            child.wait().await
        };
        let status = timeout(WITHIN, work).await.map_err(|_| SpeechFault::Late)?.map_err(|why| engine(&why))?;
        if !status.success() {
            return Err(engine(&status));
        }
        let bytes = tokio::fs::read(&out.0).await.map_err(|why| engine(&why))?;
        let decoded = tokio::task::spawn_blocking(move || decode(bytes)).await;
        decoded.unwrap_or(Err(DecodeFault::Damaged)).map_err(|why| engine(&why))
    }
}

impl Speech for Installed {
    fn engine(&self) -> &'static str {
        "installed"
    }

    fn voices(&self) -> Vec<Voice> {
        let voice = |name: &str, language: &str| Voice { name: name.to_owned(), language: language.to_owned() };
        let flite = self.flite.iter().flat_map(|_| FLITE).map(|name| voice(name, "en"));
        flite.chain(self.espeak.iter().map(|_| voice("espeak", ""))).collect()
    }

    fn speak<'a>(&'a self, saying: &'a Saying) -> BoxFuture<'a, Result<Recording, SpeechFault>> {
        Box::pin(self.run(saying))
    }
}

/// What espeak-ng calls this language; only letters, digits and hyphens get through.
fn espeak_voice(language: &str) -> Option<String> {
    if let Some((_, voice)) =
        ESPEAK.iter().find(|(tag, _)| language == *tag || language.starts_with(&format!("{tag}-")))
    {
        return Some((*voice).to_owned());
    }
    let first = language.split('-').next().filter(|part| (2..=3).contains(&part.len()))?;
    first.bytes().all(|it| it.is_ascii_lowercase()).then(|| first.to_owned())
}

/// The text without what an engine could take for an order: marks of SSML and phonemes, control bytes.
fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() || "<>[]{}|\\".contains(it) { ' ' } else { it }).collect()
}

/// A file of our own that is gone afterwards, whatever happens.
struct OutFile(PathBuf);

impl OutFile {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("patchbay-speech-{}-{}.wav", std::process::id(), NEXT.fetch_add(1, Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::shape;

    fn saying(text: &str, language: &str, voice: Option<&str>) -> Saying {
        Saying { text: text.into(), language: language.into(), voice: voice.map(Into::into), pace: 100 }
    }

    #[tokio::test]
    async fn english_and_chinese_are_spoken_here() {
        let here = Installed::new();
        if here.flite.is_none() || here.espeak.is_none() {
            assert!(here.voices().len() < 5, "a machine without engines offers no voices of theirs");
            return;
        }
        for (text, language, least_ms) in [
            ("Thank you for calling. Please hold the line.", "en", 1_500),
            ("感谢您的来电，请稍候。", "zh-Hans", 1_500),
            ("多謝您的來電，請稍候。", "zh-Hant", 1_500),
        ] {
            let spoken = here.speak(&saying(text, language, None)).await.unwrap();
            let shaped = shape(&spoken).unwrap();
            assert!((least_ms..9_000).contains(&shaped.ms()), "{language}: {} ms", shaped.ms());
        }
        let slow = Saying { pace: 50, ..saying("One two three four five.", "en", Some("rms")) };
        let (slow, quick) = (here.speak(&slow).await.unwrap(), Saying { pace: 200, ..slow });
        let quick = here.speak(&quick).await.unwrap();
        assert!(slow.samples.len() > quick.samples.len() * 2);
    }

    #[tokio::test]
    async fn a_text_is_a_text_and_a_voice_is_one_of_the_list() {
        let here = Installed::new();
        assert_eq!(plain("a<break time='9999s'/>[[h@l'oU]]"), "a break time='9999s'/   h@l'oU  ");
        for (language, voice) in [("en", "../../etc/passwd"), ("en", "-h"), ("zh", "slt")] {
            assert_eq!(here.speak(&saying("x", language, Some(voice))).await.err(), Some(SpeechFault::Unknown));
        }
        for language in ["-w/tmp/x", "e", "", "../x", "toolong"] {
            assert_eq!(here.speak(&saying("x", language, None)).await.err(), Some(SpeechFault::NoVoice), "{language}");
        }
        assert_eq!(espeak_voice("zh-hk").as_deref(), Some("yue"));
        assert_eq!(espeak_voice("de-at").as_deref(), Some("de"));
    }
}
