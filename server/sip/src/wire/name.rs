//! Header names: the ones we act on, their compact forms, their spelling on the wire.

macro_rules! names {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $(, $compact:literal)?;)*) => {
        /// A header field name, compared without case. Source: RFC 3261 section 7.3.3 for the compact forms.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Name { $($(#[$doc])* $variant,)*
            /// Any other header.
            Other }

        impl Name {
            /// The name of these bytes.
            pub fn of(bytes: &[u8]) -> Self {
                $(if bytes.eq_ignore_ascii_case($text.as_bytes()) $(|| bytes.eq_ignore_ascii_case($compact))? { return Self::$variant; })*
                Self::Other
            }
            /// As we write it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* Self::Other => "" }
            }
        }
    };
}

names! {
    /// Path of the request.
    Via = "Via", b"v";
    /// Dialog and transaction.
    From = "From", b"f";
    /// Logical recipient.
    To = "To", b"t";
    /// Dialog id.
    CallId = "Call-ID", b"i";
    /// Order of requests.
    CSeq = "CSeq";
    /// Where we can be reached.
    Contact = "Contact", b"m";
    /// Length of the body.
    ContentLength = "Content-Length", b"l";
    /// Type of the body.
    ContentType = "Content-Type", b"c";
    /// Encoding of the body.
    ContentEncoding = "Content-Encoding", b"e";
    /// Hops left.
    MaxForwards = "Max-Forwards";
    /// Path to take.
    Route = "Route";
    /// Path to remember.
    RecordRoute = "Record-Route";
    /// Extensions that must be understood.
    Require = "Require";
    /// The same, of proxies.
    ProxyRequire = "Proxy-Require";
    /// Extensions that are understood.
    Supported = "Supported", b"k";
    /// Extensions that are not.
    Unsupported = "Unsupported";
    /// Life time.
    Expires = "Expires";
    /// Shortest life time.
    MinExpires = "Min-Expires";
    /// Credentials.
    Authorization = "Authorization";
    /// Credentials for a proxy.
    ProxyAuthorization = "Proxy-Authorization";
    /// Challenge.
    WwwAuthenticate = "WWW-Authenticate";
    /// Challenge of a proxy.
    ProxyAuthenticate = "Proxy-Authenticate";
    /// Why.
    Reason = "Reason";
    /// When to try again.
    RetryAfter = "Retry-After";
    /// What calls itself how.
    UserAgent = "User-Agent";
    /// Methods.
    Allow = "Allow";
    /// Body types.
    Accept = "Accept";
    /// Event package.
    Event = "Event", b"o";
    /// Transfer target.
    ReferTo = "Refer-To", b"r";
    /// Dialog to replace.
    Replaces = "Replaces";
    /// Session timer.
    SessionExpires = "Session-Expires", b"x";
    /// Reliable provisional response.
    RSeq = "RSeq";
    /// Its acknowledgement.
    RAck = "RAck";
    /// Network-asserted identity.
    AssertedIdentity = "P-Asserted-Identity";
    /// Subject.
    Subject = "Subject", b"s";
}
