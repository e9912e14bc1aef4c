//! Cases: names in seven languages, encodings, delimiters, hostile files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::Cursor;

use encoding_rs::Encoding;

use super::layout::{Format, Said, Sample, look};
use super::plan::{Mapping, Plan};
use super::refused::Refused;
use super::rows::{Cells, Fault, Row, Rows};
use super::{Field, MAX_ROW_BYTES, Unreadable, header, places, value};
use crate::ops::lead::EnterLead;

fn sample_of(bytes: &[u8]) -> Result<Sample, Unreadable> {
    look(Cursor::new(bytes), &Said::default(), "NL")
}

fn rows_of(bytes: &[u8]) -> (Sample, Vec<Row>) {
    let sample = sample_of(bytes).unwrap();
    let rows = Rows::open(Cursor::new(bytes), &sample.layout).unwrap().map(Result::unwrap).collect();
    (sample, rows)
}

/// What each row of a file becomes.
fn leads_of(bytes: &[u8], mapping: Option<&Mapping>) -> Vec<Result<EnterLead, String>> {
    let (sample, rows) = rows_of(bytes);
    let plan = Plan::make(&sample, mapping, "NL").unwrap();
    let reader = plan.reader();
    rows.into_iter().map(|row| row.cells.map_err(|fault| fault.to_string()).and_then(|cells| reader.lead(&cells))).collect()
}

fn guessed(columns: &str) -> Vec<String> {
    let columns: Vec<String> = columns.split(';').map(|name| name.trim().to_owned()).collect();
    header::guess(&columns, &[]).into_iter().map(|field| field.map_or("-".to_owned(), |field| field.to_string())).collect()
}

#[test]
fn columns_are_known_in_seven_languages() {
    let cases = [
        (
            "Company; First Name; Last Name; Job Title; E-mail Address; Phone Number; Street Address; ZIP; City; Country; Website; No. of Employees; Lead Source; Comments",
            "customer.name contact.first_name contact.last_name contact.title contact.email contact.phone customer.street customer.postcode customer.city customer.country customer.website customer.employees source message",
        ),
        (
            "Firma; Ansprechpartner; Funktion; E-Mail; Telefon; Straße/Hausnr.; PLZ; Ort; Land; Branche; Anzahl Mitarbeiter; Nachricht; Auftragswert; Währung",
            "customer.name contact.name contact.title contact.email contact.phone customer.street customer.postcode customer.city customer.country customer.industry customer.employees message value currency",
        ),
        (
            "Raison sociale; Prénom; Nom; Fonction; Adresse e-mail; Téléphone; Code postal; Ville; Pays; Secteur d'activité; Montant; Date de clôture prévue; Demande",
            "customer.name contact.first_name contact.last_name contact.title contact.email contact.phone customer.postcode customer.city customer.country customer.industry value expected_on message",
        ),
        (
            "Empresa; Persona de contacto; Cargo; Correo electrónico; Teléfono; Dirección; Código Postal; Ciudad; País; Sector; Importe; Observaciones; Idioma",
            "customer.name contact.name contact.title contact.email contact.phone customer.street customer.postcode customer.city customer.country customer.industry value message contact.language",
        ),
        (
            "Ragione Sociale; Nome; Cognome; Ruolo; Indirizzo e-mail; Cellulare; Indirizzo; CAP; Città; Nazione; Settore; N. dipendenti; Valuta; Richiesta",
            "customer.name contact.first_name contact.last_name contact.title contact.email contact.phone customer.street customer.postcode customer.city customer.country customer.industry customer.employees currency message",
        ),
        (
            "Bedrijfsnaam; Contactpersoon; Functie; E-mailadres; Telefoonnummer; Straat + huisnr; Postcode; Plaats; Land; Branche; Aantal medewerkers; Opmerkingen; Herkomst",
            "customer.name contact.name contact.title contact.email contact.phone customer.street customer.postcode customer.city customer.country customer.industry customer.employees message source",
        ),
        (
            "Nome da Empresa; Nome; Sobrenome; Função; Endereço de e-mail; Telemóvel; Morada; CEP; Cidade; País; Setor; Orçamento; Moeda; Mensagem",
            "customer.name contact.first_name contact.last_name contact.title contact.email contact.phone customer.street customer.postcode customer.city customer.country customer.industry value currency message",
        ),
        (
            "companyName; contact_email; contactPhone; companyPhone; leadSource; Product Interest; Subject",
            "customer.name contact.email contact.phone customer.phone source product title",
        ),
        (
            "title; customer.name; contact.name; contact.email; contact.title",
            "title customer.name contact.name contact.email contact.title",
        ),
        ("Name; Website; City", "customer.name customer.website customer.city"),
        ("Name; Email; Phone", "contact.name contact.email contact.phone"),
        ("Titel; Kunde; Ansprechpartnerin", "contact.title customer.name contact.name"),
        ("Titel; Kunde; Telefon Zentrale", "title customer.name customer.phone"),
        ("Account Manager; Customer number; Lead status; Score; ID", "- - - - -"),
        ("Lead-ID; Firma", "external_key customer.name"),
    ];
    for (columns, wanted) in cases {
        assert_eq!(guessed(columns).join(" "), wanted, "{columns}");
    }
}

#[test]
fn encodings_are_found() {
    let text = "Firma;Ort;Straße\nMüller & Söhne GmbH;Köln;Große Straße 5\nCafé Zoë;Düsseldorf;Königsallee 1\n";
    let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
    };
    let latin = Encoding::for_label(b"windows-1252").unwrap().encode(text).0.into_owned();
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("UTF-8", text.as_bytes().to_vec(), "UTF-8"),
        ("UTF-8 with a mark", [b"\xef\xbb\xbf", text.as_bytes()].concat(), "UTF-8"),
        ("UTF-16, little end first, with a mark", wide(b"\xff\xfe", u16::to_le_bytes), "UTF-16LE"),
        ("UTF-16, big end first, with a mark", wide(b"\xfe\xff", u16::to_be_bytes), "UTF-16BE"),
        ("UTF-16, little end first", wide(b"", u16::to_le_bytes), "UTF-16LE"),
        ("UTF-16, big end first", wide(b"", u16::to_be_bytes), "UTF-16BE"),
        ("windows-1252", latin, "windows-1252"),
    ];
    for (what, bytes, encoding) in cases {
        let leads = leads_of(&bytes, None);
        assert_eq!(sample_of(&bytes).unwrap().layout.encoding.name(), encoding, "{what}");
        let lead = leads[0].as_ref().unwrap();
        assert_eq!(lead.customer.name.as_deref(), Some("Müller & Söhne GmbH"), "{what}");
        assert_eq!(lead.customer.street.as_deref(), Some("Große Straße 5"), "{what}");
        assert_eq!(leads.len(), 2, "{what}");
    }
}

#[test]
fn letters_far_into_the_file_decide_the_encoding() {
    let mut text = format!("Company,City\n{}", "Plain,Town\n".repeat(40_000));
    text.push_str("Société Générale,Orléans\nHôtel du Château,Besançon\n");
    let bytes = Encoding::for_label(b"windows-1252").unwrap().encode(&text).0.into_owned();
    let leads = look(Cursor::new(&bytes), &Said::default(), "FR").unwrap();
    assert_eq!(leads.layout.encoding.name(), "windows-1252");
    let last = Rows::open(Cursor::new(&bytes), &leads.layout).unwrap().last().unwrap().unwrap();
    assert_eq!(last.cells, Ok(Cells::Placed(vec!["Hôtel du Château".into(), "Besançon".into()])));
}

#[test]
fn one_damaged_row_does_not_change_the_encoding_of_the_others() {
    let mut bytes = "Firma;Ort\n".to_owned().into_bytes();
    for _ in 0..40 {
        bytes.extend_from_slice("Müller;Köln\n".as_bytes());
    }
    bytes.extend_from_slice(b"M\xfcller;K\xf6ln\n");
    let (sample, rows) = rows_of(&bytes);
    assert_eq!(sample.layout.encoding.name(), "UTF-8");
    assert_eq!(rows[0].cells, Ok(Cells::Placed(vec!["Müller".into(), "Köln".into()])));
    assert_eq!((rows[40].line, &rows[40].cells), (42, &Err(Fault::Damaged)));
}

#[test]
fn delimiters_headers_and_formats_are_found() {
    use Format::{Csv, Ndjson};
    let cases: [(&str, Format, u8, bool, usize); 12] = [
        ("Company,City\nAcme,Berlin\n", Csv, b',', true, 2),
        ("Firma;Betrag\nAcme;1,50\nGlobex;2,70\n", Csv, b';', true, 2),
        ("Firma\tOrt\nAcme, Inc.\tBerlin\n", Csv, b'\t', true, 2),
        ("Firma|Ort\nAcme|Berlin\n", Csv, b'|', true, 2),
        ("sep=|\nFirma|Ort\nAcme|Berlin\n", Csv, b'|', true, 2),
        ("\n\n\u{feff}Firma;Ort\r\nAcme;Berlin\r\n", Csv, b';', true, 2),
        ("E-Mail\nann@acme.example\n", Csv, b',', true, 1),
        ("Acme,ann@acme.example,+31 20 1234567\nGlobex,bo@globex.example,030 123456\n", Csv, b',', false, 3),
        ("\"Company\",\"Message\"\n\"Acme\",\"We need, soon;\nten | pumps\"\n", Csv, b',', true, 2),
        ("Company,City\rAcme,Berlin\rGlobex,Rome\r", Csv, b',', true, 2),
        ("{\"company\": \"Acme\", \"contact\": {\"email\": \"ann@acme.example\"}}\n", Ndjson, b',', false, 2),
        ("xyz;abc\nAcme;Berlin\n", Csv, b';', true, 2),
    ];
    for (text, format, delimiter, header, columns) in cases {
        let sample = sample_of(text.as_bytes()).unwrap();
        let layout = sample.layout;
        assert_eq!(
            (layout.format, layout.delimiter, layout.header, sample.columns.len()),
            (format, delimiter, header, columns),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_no_list_of_leads_is_refused_with_what_to_do() {
    let cases: [(&[u8], &str); 7] = [
        (b"PK\x03\x04\x14\x00", "Save it as CSV"),
        (b"\x1f\x8b\x08\x00", "packed (gzip)"),
        (b"[{\"company\": \"Acme\"}]", "one object a line"),
        (b"{\n  \"company\": \"Acme\"\n}\n", "one object a line"),
        (b"", "holds no row"),
        (b"\n \n\n", "holds no row"),
        (&[0xef, 0xbb, 0xbf], "holds no row"),
    ];
    for (bytes, says) in cases {
        let refused = sample_of(bytes).unwrap_err().to_string();
        assert!(refused.contains(says), "{bytes:?}: {refused}");
    }
    let wide = vec!["x"; 501].join(",");
    assert!(matches!(sample_of(wide.as_bytes()), Err(Unreadable::Columns)));
    let nobody = sample_of(b"Colour,Size\nred,3\n").unwrap();
    assert!(matches!(Plan::make(&nobody, None, "NL"), Err(Unreadable::Nobody(_))));
}

#[test]
fn a_bad_row_is_refused_with_its_line_and_the_others_are_read() {
    let long = "x".repeat(MAX_ROW_BYTES + 1);
    let text = format!(
        "Company;Email;Message\n\
         Acme;ann@acme.example;\"one\nand two\"\n\
         Globex;\"bo@globex.example;never closed\n\
         Initech;cy@initech.example;fine\n\
         Too;many@cells.example;a;b;c\n\
         Short\n\
         ;;\n\
         ;;nobody asks\n\
         Long;dd@long.example;{long}\n\
         =1+1;ee@formula.example;=HYPERLINK(\"http://x\")\n\
         'quoted;\"ff@quote.example\";\"say \"\"hi\"\"\"\n"
    );
    let (sample, rows) = rows_of(text.as_bytes());
    let plan = Plan::make(&sample, None, "NL").unwrap();
    let reader = plan.reader();
    let said: Vec<(i64, Result<EnterLead, String>)> = rows
        .iter()
        .map(|row| (row.line, row.cells.clone().map_err(|fault| fault.to_string()).and_then(|cells| reader.lead(&cells))))
        .collect();
    let wanted: [(i64, Result<&str, &str>); 9] = [
        (2, Ok("Acme")),
        (4, Err("A quote (\") is opened")),
        (5, Ok("Initech")),
        (6, Err("The row has 5 cells and the file 3 columns")),
        (7, Ok("Short")),
        (9, Err("does not say who asks")),
        (10, Err("longer than 1024 KiB")),
        (11, Ok("=1+1")),
        (12, Ok("'quoted")),
    ];
    assert_eq!(said.len(), wanted.len());
    for ((line, lead), (wanted_line, wanted)) in said.iter().zip(wanted) {
        assert_eq!(*line, wanted_line);
        match (lead, wanted) {
            (Ok(lead), Ok(name)) => assert_eq!(lead.customer.name.as_deref(), Some(name)),
            (Err(why), Err(says)) => assert!(why.contains(says), "line {line}: {why}"),
            (lead, wanted) => panic!("line {line}: {lead:?} is not {wanted:?}"),
        }
    }
    assert_eq!(said[0].1.as_ref().unwrap().message.as_deref(), Some("one\nand two"));
    assert_eq!(said[7].1.as_ref().unwrap().message.as_deref(), Some("=HYPERLINK(\"http://x\")"));
    assert_eq!(said[8].1.as_ref().unwrap().message.as_deref(), Some("say \"hi\""));
    assert!(rows[6].raw.len() <= MAX_ROW_BYTES);
}

#[test]
fn quotes_that_never_end_are_read_in_one_go() {
    let text = format!("Company,Note\n{}", "a\"b,\"c\n".repeat(200_000));
    let (_, rows) = rows_of(text.as_bytes());
    assert_eq!(rows.len(), 200_000);
    assert!(rows.iter().all(|row| row.cells == Err(Fault::Unclosed)));
    assert_eq!(rows[199_999].line, 200_001);
}

#[test]
fn rows_of_json_say_the_same_as_rows_of_cells() {
    let text = "{\"company\": \"Acme\", \"contact\": {\"email\": \"ann@acme.example\", \"name\": \"Ann\"}, \"value\": {\"amount\": 1200, \"currency\": \"USD\"}, \"x\": null}\n\
                not json\n\
                [1, 2]\n\
                \n\
                {\"company\": \"Globex\", \"message\": [\"one\", \"two\"]}\n";
    let leads = leads_of(text.as_bytes(), None);
    let first = leads[0].as_ref().unwrap();
    assert_eq!(first.customer.name.as_deref(), Some("Acme"));
    assert_eq!(first.contact.as_ref().unwrap().email.as_deref(), Some("ann@acme.example"));
    assert_eq!(first.value.unwrap().to_string(), "USD 1,200.00");
    assert!(leads[1].as_ref().unwrap_err().contains("not JSON"));
    assert!(leads[2].as_ref().unwrap_err().contains("not an object"));
    assert_eq!(leads[3].as_ref().unwrap().message.as_deref(), Some("one, two"));
    let (_, rows) = rows_of(text.as_bytes());
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2, 3, 5]);
}

#[test]
fn a_saved_mapping_says_what_columns_mean() {
    let mapping: Mapping = serde_json::from_str(
        r#"{"columns": {"Wer": "customer.name", "WANN": "expected_on", "Weg": null}, "source": "fair", "currency": "CHF", "day_first": false}"#,
    )
    .unwrap();
    let leads = leads_of("wer,wann,Weg,Firma\nAcme,03/04/2026,x,Other\n".as_bytes(), Some(&mapping));
    let lead = leads[0].as_ref().unwrap();
    assert_eq!((lead.customer.name.as_deref(), lead.source.as_str()), (Some("Acme"), "fair"));
    assert_eq!(lead.expected_on.unwrap().to_string(), "2026-03-04");
    let other = Mapping { columns: [("Nichts".to_owned(), Some(Field::Title))].into(), ..Mapping::default() };
    let sample = sample_of(b"Firma,Ort\nAcme,Bonn\n").unwrap();
    assert!(matches!(Plan::make(&sample, Some(&other), "NL"), Err(Unreadable::OtherMapping(_))));
    assert!(serde_json::from_str::<Mapping>(r#"{"columns": {"a": "customer.nickname"}}"#).is_err());
}

#[test]
fn cells_are_read_as_people_write_them() {
    let lead = |header: &str, row: &str| leads_of(format!("Firma;{header}\nAcme;{row}\n").as_bytes(), None).remove(0);
    let days = [
        ("2026-03-04", "2026-03-04"),
        ("4.3.2026", "2026-03-04"),
        ("04/03/2026", "2026-03-04"),
        ("20260304", "2026-03-04"),
        ("2026-03-04T10:00:00Z", "2026-03-04"),
        ("31.12.26", "2026-12-31"),
    ];
    for (cell, day) in days {
        assert_eq!(lead("Abschlussdatum", cell).unwrap().expected_on.unwrap().to_string(), day, "{cell}");
    }
    let us = leads_of(b"Company,Close date\nAcme,03/04/2026\nGlobex,12/31/2026\n", None);
    assert_eq!(us[0].as_ref().unwrap().expected_on.unwrap().to_string(), "2026-03-04", "the other rows tell");
    let values = [
        ("12.000,50", "EUR 12,000.50"),
        ("€ 1.200,-", "EUR 1,200.00"),
        ("USD 5000", "USD 5,000.00"),
        ("£3,000", "GBP 3,000.00"),
        ("1200 Euro", "EUR 1,200.00"),
    ];
    for (cell, money) in values {
        assert_eq!(lead("Wert", cell).unwrap().value.unwrap().to_string(), money, "{cell}");
    }
    let counts = [("250", 250), ("ca. 1.200", 1200), ("50-100", 50), ("10 000", 10_000)];
    for (cell, count) in counts {
        assert_eq!(lead("Mitarbeiter", cell).unwrap().customer.employees, Some(count), "{cell}");
    }
    let countries =
        ["Niederlande", "Pays-Bas", "Países Bajos", "Paesi Bassi", "Nederland", "The Netherlands", "NLD", "nl", "Países Baixos"];
    for cell in countries {
        assert_eq!(lead("Land", cell).unwrap().customer.country.as_deref(), Some("NL"), "{cell}");
    }
    assert_eq!(places::country("U.S.A.").as_deref(), Some("US"));
    assert_eq!(places::country("UK").as_deref(), Some("GB"));
    assert_eq!(places::language("Français").as_deref(), Some("fr"));
    assert_eq!(places::language("de-AT").as_deref(), Some("de"));
    assert_eq!(value::said(" - "), None);
    assert_eq!(value::said("'+49 30 1"), Some("+49 30 1"));
    let refused = [
        ("Abschlussdatum", "31.31.2026", "Abschlussdatum"),
        ("Abschlussdatum", "soon", "\"soon\" is no day"),
        ("Land", "Atlantis", "no country"),
        ("Wert", "12k", "Wert"),
        ("Währung", "Taler", "no currency"),
        ("Sprache", "Klingon", "no language"),
        ("Mitarbeiter", "many", "no number of employees"),
    ];
    for (column, cell, says) in refused {
        let why = lead(column, cell).unwrap_err();
        assert!(why.contains(says) && why.contains(column), "{column} {cell}: {why}");
    }
}

#[test]
fn several_columns_of_one_meaning_are_put_together() {
    let leads = leads_of("Firma;Straße;Hausnummer;Telefon;Mobil;Nachricht;Bemerkung;E-Mail\nAcme;Ring;5;;0170 1;Hallo;Bitte;a@x.example; b@x.example\n".replace("a@x.example; b", "\"a@x.example, b\"").replace("\" b", " b").as_bytes(), None);
    let lead = leads[0].as_ref().map_or_else(|why| panic!("{why}"), Clone::clone);
    assert_eq!(lead.customer.street.as_deref(), Some("Ring 5"));
    assert_eq!(lead.message.as_deref(), Some("Hallo\nBitte"));
    assert_eq!(lead.contact.unwrap().phone.as_deref(), Some("0170 1"));
}

#[test]
fn refused_rows_can_be_mended_and_sent_again() {
    for text in [
        "Firma;Telefon;Nachricht\n=cmd();+49 30 1;\"zwei\nZeilen; ja\"\nGlobex;;x\n",
        "{\"Firma\": \"=cmd()\", \"Telefon\": \"+49 30 1\", \"Nachricht\": \"zwei\\nZeilen; ja\"}\n{\"Firma\": \"Globex\", \"Nachricht\": \"x\"}\n",
    ] {
        let (sample, rows) = rows_of(text.as_bytes());
        let plan = Plan::make(&sample, None, "DE").unwrap();
        let file = Refused::of(sample.layout, plan);
        let rows = file.rows(rows.iter().map(|row| (row.line, "because", row.raw.as_str()))).unwrap();
        let mended = [file.head().unwrap(), rows].concat();
        let said = String::from_utf8_lossy(&mended);
        assert!(said.contains("'=cmd()") && said.contains("pact_reason") && said.contains("because"), "{said}");
        let plain = |leads: Vec<Result<EnterLead, String>>| {
            leads.into_iter().map(|lead| format!("{:?}", lead.unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(plain(leads_of(&mended, None)), plain(leads_of(text.as_bytes(), None)));
    }
}

#[test]
fn two_slips_do_not_swallow_the_rows_between_them() {
    let (_, rows) = rows_of(b"Company,City,Note\nAcme,\"Berlin,a\nGlobex,Rome,b\nInitech,\"Paris,c\nHooli,Bonn,\"d\nand e\"\n");
    let said: Vec<(i64, bool)> = rows.iter().map(|row| (row.line, row.cells.is_ok())).collect();
    assert_eq!(said, [(2, false), (3, true), (4, false), (5, true)]);
}
