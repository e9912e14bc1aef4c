//! Bringing names, addresses and numbers into one form; contacts and open leads.

use pact_core::matching::{
    CandidateContact, CandidateLead, KnownContact, KnownLead, Match, company_domain, email, fold_accents, match_contact,
    match_open_lead, name_key, name_score, person_key, phone, website_domain,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{all_hold, id};

/// Names that are one company, written in different ways; the first is the key.
const SAME_KEY: &[&[&str]] = &[
    &[
        "globex",
        "Globex",
        "GLOBEX B.V.",
        "Globex BV",
        "globex b. v.",
        "The Globex Company",
        "Globex, Inc.",
        "Globex Corp",
        " Globex  N.V. ",
    ],
    &["muller sohne", "Müller & Söhne GmbH", "MÜLLER+SÖHNE GMBH & CO. KG", "Muller und Sohne AG", "Müller & Söhne oHG"],
    &["mueller", "Mueller GmbH"],
    &["smith sons", "Smith & Sons Ltd", "Smith and Sons Limited", "The Smith & Sons Ltd.", "Smith & Sons plc"],
    &["skoda auto", "Škoda Auto a.s.", "SKODA AUTO, a. s."],
    &["lodzkie zaklady", "Łódzkie Zakłady Sp. z o.o.", "Lodzkie Zaklady sp.z o.o.", "LODZKIE ZAKLADY SPÓŁKA Z O.O."],
    &["strasse bau", "Straße Bau GmbH", "Strasse Bau e.K."],
    &["smorrebrod", "Smørrebrød A/S", "Smørrebrød ApS", "smorrebrod as"],
    &["aeronautica", "Æronautica S.p.A.", "Aeronautica SpA", "Aeronautica S.r.l."],
    &["dupont", "SARL Dupont", "Dupont S.A.R.L.", "Dupont SA", "Dupont S.A.S.", "Dupont et Cie"],
    &["l oreal", "L Oréal"],
    &["loreal", "L'Oréal S.A.", "L’Oréal"],
    &["sas institute", "SAS Institute Inc.", "SAS Institute GmbH"],
    &["acero del norte", "Acero del Norte, S.A. de C.V.", "Acero del Norte SL", "Acero del Norte S. de R.L. de C.V."],
    &["kone", "KONE Oyj", "Kone Oy"],
    &["magyar vas", "Magyar Vas Kft.", "Magyar Vas Zrt."],
    &["volvo", "Volvo AB", "Volvo Aktiebolag"],
    &["ab inbev", "AB InBev NV/SA"],
    &["ag", "AG"],
    &["the", "The"],
    &["and", "AND"],
    &["ромашка", "ООО «Ромашка»", "ООО Ромашка"],
    &["田中製作所", "株式会社田中製作所", "田中製作所 株式会社", "田中製作所"],
    &["华为技术", "华为技术有限公司"],
    &["삼성전자", "삼성전자 주식회사", "삼성전자"],
    &["αφοι παπαδοπουλου", "Αφοί Παπαδόπουλου Α.Ε.", "ΑΦΟΙ ΠΑΠΑΔΟΠΟΥΛΟΥ ΑΕ"],
    &["hm", "H&M", "H & M AB", "H. M.", "HM"],
    &["dw", "D.W. Ltd", "D W"],
    &["3m", "3M Company"],
    &["3m deutschland", "3M Deutschland GmbH"],
    &["कमल", "कमल Pvt. Ltd."],
    &["कोमल", "कोमल Pvt. Ltd."],
    &["ガス", "ガス株式会社", "ｶﾞｽ"],
    &["7 eleven", "7-Eleven, Inc.", "7 Eleven"],
    &["at t", "AT&T Inc.", "AT & T"],
    &["istanbul celik", "İstanbul Çelik A.Ş.", "Istanbul Celik AS", "İSTANBUL ÇELİK Ltd. Şti."],
    &["ferreira", "Ferreira Lda.", "Ferreira, LDA", "Ferreira Ltda"],
    &["kovac", "Kovač d.o.o.", "Kovac DOO"],
    &["initech", "Initech (Pty) Ltd", "Initech Pte. Ltd.", "Initech Pvt. Ltd.", "Initech LLC", "initech l.l.c."],
    &["", "", "  ", "…"],
];

#[test]
fn one_company_has_one_key() {
    all_hold(SAME_KEY.iter().flat_map(|row| {
        row[1..].iter().filter_map(|name| {
            let got = name_key(name);
            (got != row[0]).then(|| format!("{name:?}: {got:?}, not {:?}", row[0]))
        })
    }));
}

#[test]
fn names_of_people() {
    let cases = [
        ("Ann Visser", "Visser, Ann"),
        ("Dr. Ann Visser", "ann visser"),
        ("Prof. Dr. Jürgen Müller", "Müller, Jurgen"),
        ("José  García", "Jose Garcia"),
    ];
    for (one, other) in cases {
        assert_eq!(person_key(one), person_key(other), "{one} and {other}");
    }
    assert_ne!(person_key("Ann Visser"), person_key("Anna Visser"));
    assert_eq!(person_key("Mr"), "mr");
    assert_eq!(fold_accents("Škoda Łódź Straße İstanbul Đorđe"), "skoda lodz strasse istanbul dorde");
}

#[test]
fn scores_part_typos_from_other_names() {
    // One, other, at least, at most.
    let cases = [
        ("globex", "globex", 1.0, 1.0),
        ("globex", "globx", 0.86, 0.95),
        ("initech", "intech", 0.86, 0.95),
        ("mueller", "muller", 0.99, 1.0),
        ("smith sons", "sons smith", 0.99, 1.0),
        ("data works", "dataworks", 0.99, 1.0),
        ("globex", "globex benelux", 0.88, 0.92),
        ("globex corporaton", "globex corporation", 0.95, 1.0),
        ("acme steel", "acme stone", 0.0, 0.82),
        ("studio 54", "studio 55", 0.0, 0.6),
        ("bau 2000", "bau", 0.0, 0.6),
        ("globex", "initech", 0.0, 0.5),
        ("abc", "abd", 0.0, 0.85),
        ("bau", "bau nord", 0.0, 0.80),
        ("", "globex", 0.0, 0.0),
        ("", "", 0.0, 0.0),
    ];
    all_hold(cases.iter().filter_map(|(one, other, least, most)| {
        let score = name_score(one, other);
        (!(*least..=*most).contains(&score)).then(|| format!("{one} and {other}: {score:.3}"))
    }));
}

#[test]
fn e_mail_addresses_and_domains() {
    let addresses = [
        ("Ann@Globex.COM", Some("ann@globex.com")),
        ("  \"Visser, Ann\" <Ann.Visser@globex.nl> ", Some("ann.visser@globex.nl")),
        ("mailto:ann@globex.com?subject=Hi", Some("ann@globex.com")),
        ("ann+pact@globex.com;", Some("ann+pact@globex.com")),
        ("müller@müller.de", Some("müller@müller.de")),
        ("o'brien@globex.ie", Some("o'brien@globex.ie")),
        ("ann@globex", None),
        ("ann", None),
        ("@globex.com", None),
        ("ann@", None),
        ("ann@@globex.com", None),
        ("ann visser@globex.com", None),
        (".ann@globex.com", None),
        ("ann@globex..com", None),
        ("ann@-globex.com", None),
        ("ann@1.2.3.4", None),
        ("", None),
        ("ann@globex.com, bo@globex.com", None),
        ("<", None),
        (">ann@globex.com<", None),
    ];
    all_hold(addresses.iter().filter_map(|(text, want)| {
        let got = email(text);
        (got.as_deref() != *want).then(|| format!("{text:?}: {got:?}, not {want:?}"))
    }));
    let domains = [
        ("ann@globex.com", Some("globex.com")),
        ("ann@mail.globex.com", Some("globex.com")),
        ("ann@sales.globex.com", Some("sales.globex.com")),
        ("ann@gmail.com", None),
        ("ann@yahoo.co.uk", None),
        ("ann@hotmail.fr", None),
        ("ann@gmx.at", None),
        ("ann@t-online.de", None),
        ("ann@live.nl", None),
        ("ann@live.globex.com", Some("live.globex.com")),
        ("ann@mail.ru", None),
        ("ann@QQ.com", None),
        ("nobody", None),
    ];
    all_hold(domains.iter().filter_map(|(text, want)| {
        let got = company_domain(text);
        (got.as_deref() != *want).then(|| format!("{text:?}: {got:?}, not {want:?}"))
    }));
    let sites = [
        ("https://www.Globex.com/nl?x=1", Some("globex.com")),
        ("globex.com", Some("globex.com")),
        ("http://globex.com:8080/", Some("globex.com")),
        ("www.globex.co.uk.", Some("globex.co.uk")),
        ("gmail.com", None),
        ("globex", None),
        ("", None),
    ];
    all_hold(sites.iter().filter_map(|(text, want)| {
        let got = website_domain(text);
        (got.as_deref() != *want).then(|| format!("{text:?}: {got:?}, not {want:?}"))
    }));
}

#[test]
fn telephone_numbers() {
    let cases = [
        ("+31 20 123 4567", None, Some("+31201234567")),
        ("020 123 4567", Some("NL"), Some("+31201234567")),
        ("020-1234567", Some("nl"), Some("+31201234567")),
        ("0031 20 123 4567", None, Some("+31201234567")),
        ("0031 20 123 4567", Some("DE"), Some("+31201234567")),
        ("+31 (0)20 123 4567", None, Some("+31201234567")),
        ("tel:+31-20-1234567", None, Some("+31201234567")),
        ("+44 (0) 20 7946 0958", None, Some("+442079460958")),
        ("020 7946 0958", Some("GB"), Some("+442079460958")),
        ("(212) 555-0123", Some("US"), Some("+12125550123")),
        ("1-212-555-0123", Some("US"), Some("+12125550123")),
        ("+1 212 555 0123 ext. 7", None, Some("+12125550123")),
        ("212.555.0123", Some("US"), Some("+12125550123")),
        ("030 901820", Some("DE"), Some("+4930901820")),
        ("+49 (0)30 / 901820", None, Some("+4930901820")),
        ("06 1234 5678", Some("IT"), Some("+390612345678")),
        ("+39 06 1234 5678", Some("DE"), Some("+390612345678")),
        ("01 23 45 67 89", Some("FR"), Some("+33123456789")),
        ("080 1234 5678", Some("IN"), Some("+918012345678")),
        ("09 123 4567", Some("NZ"), Some("+6491234567")),
        ("020 123 4567", None, None),
        ("12", Some("NL"), None),
        ("call me", Some("NL"), None),
        ("", Some("NL"), None),
        ("020 123 4567", Some("XX"), None),
        ("+999 123456789", None, None),
        ("123456789012345678901234567890", Some("US"), None),
    ];
    all_hold(cases.iter().filter_map(|(text, country, want)| {
        let got = phone(text, *country);
        (got.as_deref() != *want).then(|| format!("{text:?} {country:?}: {got:?}, not {want:?}"))
    }));
}

fn contact(number: u128, name: &str, email: Option<&str>, phone: Option<&str>, customer: u128) -> KnownContact {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    KnownContact { id: id(number), name_key: person_key(name), email: owned(email), phone: owned(phone), customer: id(customer) }
}

#[test]
fn contacts_that_are_known() {
    let known = [
        contact(1, "Ann Visser", Some("ann@globex.com"), Some("+31201234567"), 50),
        contact(2, "Bo Lind", None, Some("+31201234567"), 50),
        contact(3, "Ann Visser", Some("ann@hooli.com"), None, 60),
        contact(4, "Jan de Vries", None, None, 50),
    ];
    // Name, e-mail, phone, customer, same, near.
    type Case = (&'static str, Option<&'static str>, Option<&'static str>, Option<u128>, Option<u128>, Option<u128>);
    let cases: &[Case] = &[
        ("Somebody", Some("ann@globex.com"), None, None, Some(1), None),
        ("Lind, Bo", None, Some("+31201234567"), None, Some(2), None),
        ("Zoe Quinn", None, Some("+31201234567"), Some(50), None, None),
        ("Ann Visser", None, None, Some(50), Some(1), None),
        ("Ann Visser", None, None, Some(60), Some(3), None),
        ("Ann Visser", None, None, None, None, None),
        ("Ann Visser", Some("visser@globex.com"), None, Some(50), None, Some(1)),
        ("Ann Viser", None, None, Some(50), None, Some(1)),
        ("Jan de Vries", Some("jan@globex.com"), None, Some(50), Some(4), None),
        ("Jan Peters", None, None, Some(50), None, None),
        ("", None, None, Some(50), None, None),
        ("", None, Some("+31201234567"), Some(50), None, Some(1)),
    ];
    all_hold(cases.iter().filter_map(|(name, email, phone, customer, same, near)| {
        let key = person_key(name);
        let candidate = CandidateContact { name_key: &key, email: *email, phone: *phone, customer: customer.map(id) };
        let got = match_contact(&candidate, &known);
        ((got.same(), got.near()) != (same.map(id), near.map(id))).then(|| format!("{candidate:?}: {got:?}"))
    }));
}

#[test]
fn leads_that_are_open() {
    let lead = |number, customer, contact: Option<u128>, product: Option<&str>, key: Option<&str>| KnownLead {
        id: id(number),
        customer: id(customer),
        contact: contact.map(id),
        product: product.map(str::to_owned),
        external_key: key.map(str::to_owned),
    };
    let known = [
        lead(1, 50, Some(70), Some("Pumps"), Some("A-1")),
        lead(2, 50, Some(71), Some("valves"), None),
        lead(3, 60, None, None, None),
    ];
    // Customer, contact, product, key, same, near.
    type Case = (u128, Option<u128>, Option<&'static str>, Option<&'static str>, Option<u128>, Option<u128>);
    let cases: &[Case] = &[
        (50, Some(70), Some("pumps"), None, Some(1), None),
        (99, None, None, Some("A-1"), Some(1), None),
        (50, Some(70), Some("pumps"), Some("A-2"), None, None),
        (50, Some(71), Some("Pumps"), None, None, Some(1)),
        (50, None, Some(" VALVES "), None, None, Some(2)),
        (50, Some(71), None, None, None, Some(2)),
        (50, Some(72), None, None, None, None),
        (50, Some(70), Some("compressors"), None, None, None),
        (60, Some(80), Some("pumps"), None, None, None),
        (51, Some(70), Some("pumps"), None, None, None),
    ];
    all_hold(cases.iter().filter_map(|(customer, contact, product, key, same, near)| {
        let candidate =
            CandidateLead { customer: id(*customer), contact: contact.map(id), product: *product, external_key: *key };
        let got = match_open_lead(&candidate, &known);
        ((got.same(), got.near()) != (same.map(id), near.map(id))).then(|| format!("{candidate:?}: {got:?}"))
    }));
    assert_eq!(
        match_open_lead(
            &CandidateLead { customer: id(50), contact: Some(id(70)), product: Some("pumps"), external_key: None },
            &known
        ),
        Match::Same { id: id(1), because: "the same contact asks about the same product".to_owned() }
    );
}

proptest! {
    #[test]
    fn keys_are_final(name in "\\PC{0,40}") {
        let key = name_key(&name);
        prop_assert_eq!(name_key(&key), key.clone(), "of {:?}", name);
        prop_assert_eq!(person_key(&person_key(&name)), person_key(&name));
        prop_assert_eq!(fold_accents(&fold_accents(&name)), fold_accents(&name));
        prop_assert!(!key.starts_with(' ') && !key.ends_with(' ') && !key.contains("  "));
    }

    #[test]
    fn a_score_is_between_nothing_and_one_and_the_same_both_ways(one in "[a-f0-2 ]{0,12}", other in "[a-f0-2 ]{0,12}") {
        let (one, other) = (name_key(&one), name_key(&other));
        let score = name_score(&one, &other);
        prop_assert!((0.0..=1.0).contains(&score));
        prop_assert!((score - name_score(&other, &one)).abs() < 1e-9);
        prop_assert_eq!(name_score(&one, &one), if one.is_empty() { 0.0 } else { 1.0 });
    }

    #[test]
    fn addresses_and_numbers_are_final(text in "\\PC{0,40}", typed in "[-+0-9 ()/.]{0,24}", country in prop::option::of(prop::sample::select(vec!["NL", "US", "IT", "GB"]))) {
        if let Some(address) = email(&text) {
            prop_assert_eq!(email(&address), Some(address.clone()));
        }
        if let Some(number) = phone(&typed, country) {
            prop_assert_eq!(phone(&number, None), Some(number.clone()));
            prop_assert!(number.starts_with('+') && number.len() <= 16);
        }
        let _ = phone(&text, country);
        let _: Option<Uuid> = match_contact(&CandidateContact::default(), &[]).same();
    }
}
