//! Whether a customer that enters is one that we know: pairs in several languages.

use pact_core::matching::{CandidateCustomer, KnownCustomer, Match, match_customer, name_key};
use uuid::Uuid;

use crate::{all_hold, id};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Want {
    Same,
    Near,
    New,
}
use Want::{Near, New, Same};

/// A customer in short: name | domain | phone | postcode | city | country; parts may be left out at the end.
fn parts(text: &str) -> [Option<String>; 6] {
    let mut parts = text.split('|').map(|part| Some(part.trim().to_owned()).filter(|part| !part.is_empty()));
    std::array::from_fn(|_| parts.next().flatten())
}

fn known(id: Uuid, text: &str) -> KnownCustomer {
    let [name, domain, phone, postcode, city, country] = parts(text);
    KnownCustomer { id, name_key: name_key(&name.unwrap_or_default()), domain, phone, postcode, city, country }
}

fn verdict(candidate: &str, all: &[KnownCustomer]) -> Match {
    let [name, domain, phone, postcode, city, country] = parts(candidate);
    let key = name_key(&name.unwrap_or_default());
    let candidate = CandidateCustomer {
        name_key: &key,
        domain: domain.as_deref(),
        phone: phone.as_deref(),
        postcode: postcode.as_deref(),
        city: city.as_deref(),
        country: country.as_deref(),
    };
    match_customer(&candidate, all)
}

const PAIRS: &[(&str, &str, Want)] = &[
    // The same name, with what differs in writing.
    ("Globex B.V.", "Globex", Same),
    ("GLOBEX BV||||Amsterdam|NL", "Globex||||Amsterdam|NL", Same),
    ("Globex||||Amsterdam|NL", "Globex NV", Same),
    ("Müller & Söhne GmbH", "Muller und Sohne", Same),
    ("Škoda Auto a.s.||||Mladá Boleslav|CZ", "Skoda Auto||||Mlada Boleslav|CZ", Same),
    ("SARL Dupont|||75001||FR", "Dupont S.A.|||75001||FR", Same),
    ("L'Oréal", "LOREAL SA", Same),
    ("ООО «Ромашка»", "Ромашка", Same),
    ("株式会社田中製作所", "田中製作所", Same),
    ("İstanbul Çelik A.Ş.", "Istanbul Celik", Same),
    ("Smørrebrød A/S||||København|DK", "Smorrebrod ApS||||Kobenhavn|DK", Same),
    ("Łódzkie Zakłady Sp. z o.o.", "Lodzkie Zaklady", Same),
    ("Acero del Norte, S.A. de C.V.|||||MX", "Acero del Norte|||||MX", Same),
    ("KONE Oyj", "Kone Oy", Same),
    ("The Smith & Sons Ltd", "Smith and Sons", Same),
    // The same name elsewhere, or with another domain: people decide.
    ("Globex||||Amsterdam|NL", "Globex||||Rotterdam|NL", Near),
    ("Globex|||||NL", "Globex|||||US", Near),
    ("Bauer GmbH|||10115|Berlin|DE", "Bauer GmbH|||80331|München|DE", Near),
    ("Globex|globex.nl", "Globex|globex.com", Near),
    // A domain decides, unless the names are far apart.
    ("Globex Benelux|globex.com", "Globex Corporation|globex.com", Same),
    ("|globex.com", "Globex|globex.com", Same),
    ("Globex Niederlande||||Amsterdam|NL", "Globex|globex.com|||Springfield|US", New),
    ("Globex Netherlands|globex.com|||Amsterdam|NL", "Globex|globex.com|||Springfield|US", Same),
    ("GBX|globex.com", "Globex International|globex.com", Near),
    ("Hooli|globex.com", "Globex|globex.com", Near),
    ("International Business Machines|ibm.com", "IBM|ibm.com", Near),
    ("Data Works|dataworks.de", "Dataworks|dataworks.de", Same),
    ("Initech|initech.com", "Hooli|hooli.com", New),
    // A telephone number decides, unless the names are far apart (a switchboard, an office house).
    ("Globx||+31201234567", "Globex||+31201234567", Same),
    ("||+31201234567", "Globex||+31201234567", Same),
    ("Hooli||+31201234567", "Globex||+31201234567", Near),
    ("Globex||+31201234567||Amsterdam|NL", "Globex||+31201234567||Rotterdam|NL", Same),
    // A similar name in the same place.
    ("Globex Corporaton|||||NL", "Globex Corporation|||||NL", Near),
    ("Vandelay Industies|||1012AB||NL", "Vandelay Industries|||1012 AB||NL", Same),
    ("Wernham Hogg Papr||||Slough|GB", "Wernham Hogg Paper||||Slough|GB", Same),
    ("Mueller Maschinenbau|||10115||DE", "Müller Maschinenbau|||10115||DE", Same),
    ("Mueller Maschinenbau", "Müller Maschinenbau", Near),
    ("Jürgensen Bau||||Kiel|DE", "Juergensen Bau||||Kiel|DE", Same),
    ("Initech||||Austin|US", "Intech||||Austin|US", Near),
    ("Sons & Smith||||Leeds|GB", "Smith & Sons||||Leeds|GB", Same),
    ("Globex Benelux||||Amsterdam|NL", "Globex||||Amsterdam|NL", Near),
    ("Garcia Hermanos||||Sevilla|ES", "García Hnos||||Sevilla|ES", New),
    ("Stark Industires|stark.com|||Roma|IT", "Stark Industries|starkindustries.it|||Roma|IT", Near),
    ("Dupond||||Paris|FR", "Dupont||||Paris|FR", Near),
    ("Acme Steel||||Leeds|GB", "Acme Stone||||Leeds|GB", New),
    // A similar name, place not known or another.
    ("Vandelay Industies", "Vandelay Industries", Near),
    ("Vandelay Industies||||Roma|IT", "Vandelay Industries||||Milano|IT", Near),
    ("Vandelay Industies|||||IT", "Vandelay Industries|||||FR", New),
    ("Globex", "Globex Benelux", Near),
    ("Acme Steel", "Acme Stone", New),
    ("Bauer", "Brauer", Near),
    // Others.
    ("Globex", "Hooli", New),
    ("Studio 54||||Utrecht|NL", "Studio 55||||Utrecht|NL", New),
    ("Bau 2000|||10115||DE", "Bau 3000|||10115||DE", New),
    ("Nordwind||||Hamburg|DE", "Südwind||||Hamburg|DE", New),
    ("Hotel Krone||||Zürich|CH", "Hotel Sonne||||Zürich|CH", New),
    ("Bäckerei Schmidt||||Bonn|DE", "Metzgerei Schmidt||||Bonn|DE", New),
    ("Banco do Brasil", "Banco do Chile", New),
    ("Siemens", "Siemens Energy", Near),
    ("ABB", "ABN", New),
    ("SAP", "SEB", New),
    ("Тандер", "Тандем", Near),
    ("", "", New),
    ("…", "Globex", New),
    ("|||1012AB|Amsterdam|NL", "|||1012AB|Amsterdam|NL", New),
    ("GmbH", "AG", New),
];

#[test]
fn pairs_of_customers() {
    assert!(PAIRS.len() >= 60);
    all_hold(PAIRS.iter().filter_map(|(candidate, other, want)| {
        let got = verdict(candidate, &[known(id(1), other)]);
        let kind = match got {
            Match::Same { .. } => Same,
            Match::Near { .. } => Near,
            Match::New => New,
        };
        (kind != *want).then(|| format!("{candidate} and {other}: {got:?}, not {want:?}"))
    }));
}

#[test]
fn the_best_of_several_is_taken() {
    let all = [
        known(id(1), "Globex Benelux||||Amsterdam|NL"),
        known(id(2), "Globex|globex.com|||Springfield|US"),
        known(id(3), "Globex||||Amsterdam|NL"),
        known(id(4), "Hooli"),
    ];
    let cases = [
        ("Globex|globex.com|||Amsterdam|NL", Match::Same { id: id(2), because: "same e-mail domain globex.com".to_owned() }),
        ("Globex||||Amsterdam|NL", Match::Same { id: id(3), because: "same name in the same place".to_owned() }),
        ("Hooli", Match::Same { id: id(4), because: "same name".to_owned() }),
        ("Initech", Match::New),
    ];
    for (candidate, want) in cases {
        assert_eq!(verdict(candidate, &all), want, "{candidate}");
    }
    // Two that are equally good leave a doubt.
    let twins = [known(id(1), "Globex||||Amsterdam|NL"), known(id(2), "Globex||||Amsterdam|NL")];
    let Match::Near { id: near, because, .. } = verdict("Globex||||Amsterdam|NL", &twins) else { panic!("a doubt") };
    assert_eq!((near, because.as_str()), (id(1), "same name in the same place, but it is not the only one"));
    assert_eq!(verdict("Globex", &[]), Match::New);
}
