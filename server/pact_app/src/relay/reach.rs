//! Which addresses PACT may be sent to: the public internet, and networks that the configuration names. An admin who names a webhook must not
//! reach through it what stands behind the same wall as the server: its database, the cloud's own addresses, a printer.
//!
//! Names are looked up by [`Guard`], which leaves only allowed addresses; it is asked at every connection, so a name cannot point elsewhere between
//! the look and the connection. Addresses that stand in the URL itself are not looked up by anybody, so [`check_url`] looks at these.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The longest address of a webhook, in characters.
pub const MAX_URL_CHARS: usize = 2_000;

/// Why an address is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// It is no address.
    #[error("this is no address of a web server. Write it as https://host/path.")]
    NoUrl,
    /// It is too long.
    #[error("it is longer than {MAX_URL_CHARS} characters. Shorten it.")]
    TooLong,
    /// It is neither https nor http.
    #[error("it begins with {0}:. Write it as https://host/path.")]
    Scheme(String),
    /// It is http, and nothing allows that.
    #[error("it is not encrypted. Write it with https://; http:// is only for networks that the server's configuration allows.")]
    Plain,
    /// It holds a user or password, which would be shown and logged.
    #[error(
        "it holds a user or a password, which everybody would see who sees the address. Leave them out: the signature shows who posts."
    )]
    Credentials,
    /// It is an address inside.
    #[error(
        "{0} is not public. An address of a network inside must be allowed by the server's configuration (webhook_networks)."
    )]
    Inside(IpAddr),
}

/// Reads the address of a webhook, and refuses what it must not be whatever a name server says.
///
/// # Errors
/// What is wrong with it.
pub fn check_url(text: &str, networks: &[IpNet]) -> Result<Url, Unreachable> {
    if text.chars().count() > MAX_URL_CHARS {
        return Err(Unreachable::TooLong);
    }
    let mut url = Url::parse(text).map_err(|_| Unreachable::NoUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if networks.is_empty() => return Err(Unreachable::Plain),
        "http" => {}
        other => return Err(Unreachable::Scheme(other.to_owned())),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unreachable::Credentials);
    }
    url.set_fragment(None);
    let host = url.host_str().ok_or(Unreachable::NoUrl)?;
    if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        let plain = url.scheme() == "http";
        if !is_named(address, networks) && (plain || !is_public(address)) {
            return Err(if plain && is_public(address) { Unreachable::Plain } else { Unreachable::Inside(address) });
        }
    }
    Ok(url)
}

/// Looks names up, and leaves the addresses that may be reached.
#[derive(Debug)]
pub(super) struct Guard {
    networks: Arc<[IpNet]>,
    public: bool,
}

impl Guard {
    /// Lets through what is public, and what the configuration names.
    pub(super) fn encrypted(networks: &[IpNet]) -> Self {
        Self { networks: networks.into(), public: true }
    }

    /// Lets through only what the configuration names: what is not encrypted stays in the house.
    pub(super) fn plain(networks: &[IpNet]) -> Self {
        Self { networks: networks.into(), public: false }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (networks, public) = (Arc::clone(&self.networks), self.public);
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.iter().copied().filter(|at| is_named(at.ip(), &networks) || (public && is_public(at.ip()))).collect();
            if allowed.is_empty() {
                let why = format!("{name} has no address that may be reached: none of {} is public or allowed", found.len());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn is_named(address: IpAddr, networks: &[IpNet]) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

/// Whether an address is of the public internet (IANA's registries of special addresses).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, .., g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(one, two, three, four))
    };
    match (a, b) {
        // Translated to IPv4: what matters is where it ends.
        (0x64, 0xff9b) if [c, d] == [0, 0] => embedded(g, h),
        (0x2002, _) => embedded(b, c),
        // Teredo, ORCHID and documentation.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        // Only this part of the space is given out.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_public_may_be_reached() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("127.8.9.10", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("192.0.0.8", false),
            ("198.18.0.1", false),
            ("198.51.100.7", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700::1111", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::a00:1", false),
            ("64:ff9b::808:808", true),
            ("2002:7f00:1::", false),
            ("2002:808:808::", true),
            ("2001:db8::1", false),
            ("2001::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn an_address_is_taken_or_refused_with_a_reason() {
        let none: &[IpNet] = &[];
        let house: &[IpNet] = &["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let inside = |text: &str| Err(Unreachable::Inside(text.parse().unwrap()));
        for (url, networks, wanted) in [
            ("https://example.com/hook", none, Ok("https://example.com/hook")),
            ("https://example.com:8443/a?b=c#d", none, Ok("https://example.com:8443/a?b=c")),
            ("https://8.8.8.8/", none, Ok("https://8.8.8.8/")),
            ("http://example.com/hook", none, Err(Unreachable::Plain)),
            ("http://8.8.8.8/", house, Err(Unreachable::Plain)),
            ("http://127.0.0.1:99/", house, Ok("http://127.0.0.1:99/")),
            ("http://127.0.0.1:99/", none, Err(Unreachable::Plain)),
            ("https://127.0.0.1/", none, inside("127.0.0.1")),
            // Other ways to write the same address.
            ("https://2130706433/", none, inside("127.0.0.1")),
            ("https://0x7f.1/", none, inside("127.0.0.1")),
            ("https://[::ffff:10.0.0.1]/", none, inside("::ffff:10.0.0.1")),
            ("https://[fd00::1]/", house, Ok("https://[fd00::1]/")),
            ("https://10.0.0.1/", house, inside("10.0.0.1")),
            ("https://169.254.169.254/latest/meta-data", none, inside("169.254.169.254")),
            ("https://ann:secret@example.com/", none, Err(Unreachable::Credentials)),
            ("ftp://example.com/", none, Err(Unreachable::Scheme("ftp".into()))),
            ("file:///etc/passwd", none, Err(Unreachable::Scheme("file".into()))),
            ("example.com", none, Err(Unreachable::NoUrl)),
            ("", none, Err(Unreachable::NoUrl)),
        ] {
            let read = check_url(url, networks).map(String::from);
            assert_eq!(read.as_deref().map_err(Clone::clone), wanted, "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL_CHARS));
        assert_eq!(check_url(&long, none), Err(Unreachable::TooLong));
    }
}
