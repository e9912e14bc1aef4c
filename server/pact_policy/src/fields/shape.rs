//! The shape of a field's words: how languages write that something was done, on which day and by whom.

use super::lexicon::{Lexicon, Phrases};
use crate::manifest::FieldType;

/// Words that lead up to a day: "sent on", "versandt am", "envoyé le".
const ON: &[&str] = &["on", "am", "le", "el", "em", "op", "il", "in", "at", "den", "dia", "dne"];

/// Words that lead up to who did it: "seen by", "betreut von", "vu par".
const BY: &[&str] =
    &["by", "durch", "von", "vom", "par", "por", "pelo", "pela", "door", "da", "dal", "dalla", "who", "wer", "qui"];

/// What is done to things and contracts, and says nothing of anybody's day: founded, installed, bought, signed, due.
const OF_THINGS: &[&str] = &[
    "found",
    "instal",
    "purchas",
    "bought",
    "sign",
    "deliver",
    "open",
    "built",
    "commission",
    "inspect",
    "servic",
    "expect",
    "born",
    "moved",
    "clos",
    "expir",
    "insur",
    "certif",
    "renew",
    "creat",
    "establish",
    "licens",
    "order",
    "ship",
    "paid",
    "gegrund",
    "eroffn",
    "gebaut",
    "geliefert",
    "gekauft",
    "bestellt",
    "unterzeichn",
    "unterschrieb",
    "bezahlt",
    "gekundigt",
    "geboren",
    "erwartet",
    "verlangert",
    "geschlossen",
    "erbaut",
    "abgenommen",
    "gewartet",
    "zertifiz",
    "gepruft",
    "fondee",
    "fonde",
    "ouvert",
    "achete",
    "livre",
    "commande",
    "paye",
    "construit",
    "ne",
    "nee",
    "attendu",
    "resilie",
    "fundad",
    "abiert",
    "comprad",
    "instalad",
    "firmad",
    "entregad",
    "pagad",
    "construid",
    "nacid",
    "renovad",
    "pedid",
    "abert",
    "compr",
    "verla",
    "assinad",
    "entregu",
    "pag",
    "construid",
    "nascid",
    "opgericht",
    "geopend",
    "gekocht",
    "geinstall",
    "getekend",
    "geleverd",
    "betaald",
    "gebouwd",
    "verlengd",
    "opgezegd",
    "fondat",
    "apert",
    "acquistat",
    "firmat",
];

/// Whether a day is that on which something was done, and nothing says what was: "Geschickt am", "Mandado el".
pub(super) fn day_of_doing(text: &[String]) -> bool {
    let [.., done, on] = text else { return false };
    let of_things = text.iter().any(|word| OF_THINGS.iter().any(|thing| word.starts_with(thing)));
    ON.contains(&on.as_str()) && is_participle(done) && !of_things
}

/// Whether a text field holds who did something: "Zuletzt betreut von", "Visited by".
pub(super) fn done_by(lexicon: &Lexicon, text: &[String], ty: FieldType) -> bool {
    let ends = ends_in_by(text);
    let begins =
        text.first().is_some_and(|first| matches!(first.as_str(), "who" | "wer" | "qui" | "quien" | "quem" | "wie" | "chi"));
    let last = begins && lexicon.lately.any(text);
    let words = matches!(ty, FieldType::Text | FieldType::LongText | FieldType::Choice | FieldType::Link);
    let did = [&lexicon.did, &lexicon.performed, &lexicon.act].into_iter().any(|list: &Phrases| list.any(text));
    words && text.len() > 1 && (did && ends || last)
}

/// Whether it ends with a word that leads up to who did it: "Ficha alterada por".
pub(super) fn ends_in_by(text: &[String]) -> bool {
    text.last().is_some_and(|last| BY.contains(&last.as_str()))
}

/// Whether it says that a present or a sample was given: "Omaggio consegnato".
pub(super) fn hands_over(text: &[String]) -> bool {
    const PRESENTS: &[&str] = &[
        "gift",
        "gifts",
        "giveaway",
        "geschenk",
        "geschenke",
        "prasent",
        "werbegeschenk",
        "blumen",
        "flowers",
        "cadeau",
        "cadeaux",
        "fleurs",
        "regalo",
        "regalos",
        "obsequio",
        "detalle",
        "brinde",
        "brindes",
        "presente",
        "lembranca",
        "cadeautje",
        "attentie",
        "bloemen",
        "omaggio",
        "omaggi",
        "gadget",
        "fiori",
        "sample",
        "samples",
        "brochure",
        "brochures",
        "flyer",
        "muster",
        "prospekt",
        "katalog",
        "echantillon",
        "echantillons",
        "muestra",
        "muestras",
        "amostra",
        "amostras",
        "monster",
        "monsters",
        "campione",
        "campioni",
        "catalogue",
        "card",
        "cards",
        "note",
        "zettel",
        "mot",
        "nota",
        "bilhete",
        "briefje",
        "bigliettino",
        "visitenkarte",
        "visitenkarten",
        "carte",
        "cartes",
        "tarjeta",
        "tarjetas",
        "cartao",
        "cartoes",
        "biglietto",
        "biglietti",
        "kaartje",
        "visitekaartje",
        "catalogo",
        "catalogos",
        "cataloghi",
        "panettone",
        "panettoni",
        "calendar",
        "calendars",
        "kalender",
        "calendrier",
        "calendario",
        "wine",
        "wein",
        "vin",
        "vino",
        "vinho",
        "wijn",
        "chocolates",
        "chocolats",
        "pralinen",
        "hamper",
        "prasentkorb",
        "cesta",
        "folder",
        "folders",
        "mappe",
        "depliant",
        "depliants",
        "leaflet",
        "leaflets",
        "folleto",
        "folletos",
        "folheto",
        "folhetos",
    ];
    const GIVEN: &[&str] = &[
        "drop",
        "given",
        "left",
        "handed",
        "brought",
        "abgegeben",
        "ubergeben",
        "uberreicht",
        "ausgehandigt",
        "verteilt",
        "dagelassen",
        "mitgebracht",
        "remis",
        "donne",
        "laisse",
        "depose",
        "offert",
        "entregad",
        "dejad",
        "regalad",
        "entregue",
        "deixad",
        "achtergelaten",
        "afgegeven",
        "gegeven",
        "overhandigd",
        "uitgedeeld",
        "consegnat",
        "lasciat",
        "exchang",
        "getauscht",
        "ausgetauscht",
        "echange",
        "intercambi",
        "trocad",
        "uitgewisseld",
        "scambiat",
        "regalat",
    ];
    text.iter().any(|word| PRESENTS.contains(&word.as_str()))
        && text.iter().any(|word| GIVEN.iter().any(|given| word.starts_with(given)))
}

/// Whether it leads up to something: "contacts until won".
pub(super) fn leads_up(text: &[String]) -> bool {
    const UNTIL: &[&str] =
        &["until", "till", "before", "bis", "vor", "avant", "jusqu", "hasta", "antes", "ate", "tot", "voor", "fino", "prima"];
    text.iter().skip(1).any(|word| UNTIL.contains(&word.as_str()))
}

/// Whether every act that is named is one that has an address: "mentor's mail".
pub(super) fn only_addresses(text: &[String], acts: &[(usize, usize)]) -> bool {
    const ADDRESSES: &[&str] = &[
        "mail",
        "mails",
        "email",
        "emails",
        "e",
        "phone",
        "telephone",
        "telefon",
        "telefono",
        "telefone",
        "telefoon",
        "correo",
        "courriel",
    ];
    !acts.is_empty() && acts.iter().all(|(at, _)| text.get(*at).is_some_and(|word| ADDRESSES.contains(&word.as_str())))
}

/// Whether it tells somebody to tick something: "the rep ticks this when …".
pub(super) fn ticks(text: &[String]) -> bool {
    const TICK: &[&str] = &[
        "tick",
        "ticks",
        "ticked",
        "check",
        "checks",
        "mark",
        "marks",
        "sets",
        "set",
        "fills",
        "abhaken",
        "hakt",
        "ankreuzen",
        "kreuzt",
        "setzt",
        "coche",
        "cocher",
        "cochez",
        "remplit",
        "marca",
        "marcar",
        "marque",
        "rellena",
        "preenche",
        "assinala",
        "aanvinken",
        "vinkt",
        "vult",
        "spunta",
        "spuntare",
        "compila",
        "segna",
    ];
    text.iter().any(|word| TICK.contains(&word.as_str()))
}

/// Whether a word is a past participle by its form, without accents.
pub(super) fn is_participle(word: &str) -> bool {
    const ENDS: &[&str] = &[
        "ado", "ada", "ados", "adas", "ido", "ida", "idos", "idas", "ato", "ata", "ati", "ate", "uto", "uta", "ito", "ita", "ed",
        "iert", "oye", "aye", "ise",
    ];
    let ge =
        (word.starts_with("ge") || word.contains("ge")) && (word.ends_with('t') || word.ends_with("en") || word.ends_with('d'));
    let ver = word.starts_with("ver") && (word.ends_with('t') || word.ends_with("en") || word.ends_with('d'));
    word.len() > 4 && (ge || ver || ENDS.iter().any(|end| word.ends_with(end)))
}
