//! Certificates of the SIP-over-TLS listener, and what we accept when we connect.

use std::{path::Path, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::config::Sip;

/// The server side: the configured certificate, or one of our own that is kept in the data folder.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub fn server(sip: &Sip, data_folder: &Path) -> Result<Arc<ServerConfig>, String> {
    let (chain, key) = match (&sip.tls_certificate, &sip.tls_key) {
        (Some(chain), Some(key)) => (chain.clone(), key.clone()),
        (None, None) => own(&sip.domain, data_folder)?,
        _ => return Err("sip.tls_certificate and sip.tls_key go together".into()),
    };
    let certificates = CertificateDer::pem_file_iter(&chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| format!("{}: {why}", chain.display()))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|why| format!("{}: {why}", key.display()))?;
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map(Arc::new)
        .map_err(|why| format!("the SIP certificate cannot be used: {why}"))
}

/// A self-signed certificate for this domain, made once.
fn own(domain: &str, data_folder: &Path) -> Result<(std::path::PathBuf, std::path::PathBuf), String> {
    let (chain, key) = (data_folder.join("sip-certificate.pem"), data_folder.join("sip-key.pem"));
    if chain.exists() && key.exists() {
        return Ok((chain, key));
    }
    let say = |why: rcgen::Error| format!("no certificate could be made: {why}");
    let names = vec![domain.to_owned(), "localhost".into(), "127.0.0.1".into()];
    let pair = KeyPair::generate().map_err(say)?;
    let certificate = CertificateParams::new(names).and_then(|made| made.self_signed(&pair)).map_err(say)?;
    write_private(&key, pair.serialize_pem().as_bytes())?;
    std::fs::write(&chain, certificate.pem()).map_err(|why| format!("{}: {why}", chain.display()))?;
    Ok((chain, key))
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// A sentence that names the file.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), String> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut options = std::fs::OpenOptions::new();
    let say = |why: std::io::Error| format!("{}: {why}", path.display());
    options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(say)?.write_all(bytes).map_err(say)
}

/// The client side towards carriers: their certificates must be valid for their names. Roots come from `sip.tls_roots` (PEM);
/// without it, no TLS connection of ours is believed.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub fn client(sip: &Sip) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &sip.tls_roots {
        let say = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|why| say(&why))? {
            roots.add(certificate.map_err(|why| say(&why))?).map_err(|why| say(&why))?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_certificate_is_made_once_and_its_key_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("patchbay-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sip = Sip::default();
        server(&sip, &folder).unwrap();
        let first = std::fs::read(folder.join("sip-certificate.pem")).unwrap();
        server(&sip, &folder).unwrap();
        assert_eq!(first, std::fs::read(folder.join("sip-certificate.pem")).unwrap());
        let mode = std::fs::metadata(folder.join("sip-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn half_a_pair_is_refused() {
        let sip = Sip { tls_certificate: Some("x.pem".into()), ..Sip::default() };
        assert!(server(&sip, Path::new(".")).unwrap_err().contains("go together"));
    }
}
