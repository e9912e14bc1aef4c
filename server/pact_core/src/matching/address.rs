//! E-mail addresses, and the domains by which companies are known.

const MAX_LOCAL_CHARS: usize = 64;
const MAX_EMAIL_CHARS: usize = 254;

/// Providers of mailboxes to anybody: their domains name no company.
const FREE_MAIL: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "protonmail.com",
    "protonmail.ch",
    "proton.me",
    "pm.me",
    "tutanota.com",
    "tuta.io",
    "tuta.com",
    "fastmail.com",
    "fastmail.fm",
    "hey.com",
    "mail.com",
    "email.com",
    "usa.com",
    "msn.com",
    "passport.com",
    "zoho.com",
    "hushmail.com",
    "inbox.com",
    "duck.com",
    "web.de",
    "freenet.de",
    "t-online.de",
    "arcor.de",
    "posteo.de",
    "posteo.net",
    "mailbox.org",
    "online.de",
    "1und1.de",
    "vodafone.de",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "laposte.net",
    "sfr.fr",
    "neuf.fr",
    "bbox.fr",
    "libero.it",
    "virgilio.it",
    "tiscali.it",
    "alice.it",
    "tin.it",
    "telefonica.net",
    "terra.es",
    "sapo.pt",
    "ziggo.nl",
    "kpnmail.nl",
    "kpnplanet.nl",
    "planet.nl",
    "home.nl",
    "hetnet.nl",
    "casema.nl",
    "chello.nl",
    "xs4all.nl",
    "upcmail.nl",
    "telenet.be",
    "skynet.be",
    "proximus.be",
    "bluewin.ch",
    "gmx.net",
    "btinternet.com",
    "sky.com",
    "talktalk.net",
    "virginmedia.com",
    "ntlworld.com",
    "blueyonder.co.uk",
    "comcast.net",
    "verizon.net",
    "att.net",
    "sbcglobal.net",
    "bellsouth.net",
    "cox.net",
    "charter.net",
    "shaw.ca",
    "rogers.com",
    "bigpond.com",
    "bigpond.net.au",
    "optusnet.com.au",
    "xtra.co.nz",
    "wp.pl",
    "o2.pl",
    "onet.pl",
    "interia.pl",
    "seznam.cz",
    "centrum.cz",
    "azet.sk",
    "freemail.hu",
    "citromail.hu",
    "abv.bg",
    "mail.ru",
    "bk.ru",
    "list.ru",
    "inbox.ru",
    "rambler.ru",
    "ukr.net",
    "i.ua",
    "qq.com",
    "163.com",
    "126.com",
    "sina.com",
    "foxmail.com",
    "naver.com",
    "hanmail.net",
    "daum.net",
    "rediffmail.com",
    "uol.com.br",
    "bol.com.br",
    "terra.com.br",
    "ig.com.br",
    "telia.com",
    "bredband.net",
    "online.no",
    "luukku.com",
    "tdcadsl.dk",
    "mailinator.com",
];

/// Providers with a domain in many countries: "yahoo.co.uk", "gmx.at".
const FREE_MAIL_IN_MANY_COUNTRIES: &[&str] =
    &["yahoo", "ymail", "hotmail", "outlook", "live", "gmx", "yandex", "aol", "rocketmail"];

/// Labels before a company's domain that name a service.
const SERVICE_LABELS: &[&str] = &["www", "www2", "mail", "email", "smtp", "m"];

/// An e-mail address in lower case, out of what people paste: `"Ann" <Ann@Globex.COM>`, `mailto:…`; `None` when it is none.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = match text.rsplit_once('<') {
        Some((_, rest)) => rest.split_once('>')?.0,
        None => text,
    };
    let inner = inner.trim();
    let is_mailto = inner.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:"));
    let address = if is_mailto { inner[7..].split('?').next().unwrap_or_default() } else { inner };
    let address = address.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'')).to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\' | '"');
    let fits = address.chars().count() <= MAX_EMAIL_CHARS && (1..=MAX_LOCAL_CHARS).contains(&local.chars().count());
    let dots_well = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    (fits && dots_well && !local.contains(is_odd) && is_domain(domain)).then_some(address)
}

/// The domain of an e-mail address by which a company is known; `None` for providers of mailboxes to anybody.
pub fn company_domain(address: &str) -> Option<String> {
    let address = email(address)?;
    let (_, domain) = address.rsplit_once('@')?;
    if is_free_mail(domain) { None } else { Some(without_service(domain).to_owned()) }
}

/// The domain of a website: `https://www.globex.com/nl` is `globex.com`; `None` when the text is none.
pub fn website_domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?.trim_end_matches('.');
    let domain = without_service(host);
    (is_domain(domain) && !is_free_mail(domain)).then(|| domain.to_owned())
}

/// Whether a domain is one of a provider of mailboxes to anybody.
pub fn is_free_mail(domain: &str) -> bool {
    let domain = domain.to_lowercase();
    FREE_MAIL.contains(&domain.as_str())
        || domain
            .split_once('.')
            .is_some_and(|(name, country)| FREE_MAIL_IN_MANY_COUNTRIES.contains(&name) && is_end_of_country(country))
}

/// "fr", "com", "co.uk", "com.br": what stands after the name of a provider.
fn is_end_of_country(end: &str) -> bool {
    match end.split_once('.') {
        None => end.len() <= 3,
        Some((kind, country)) => matches!(kind, "co" | "com") && country.len() == 2,
    }
}

fn without_service(host: &str) -> &str {
    match host.split_once('.') {
        Some((label, rest)) if SERVICE_LABELS.contains(&label) && rest.contains('.') => rest,
        Some(_) | None => host,
    }
}

fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let good = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    labels.len() >= 2
        && labels.iter().all(good)
        && labels.last().is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(char::is_numeric))
}
