//! What a column's name means, in English, German, French, Spanish, Italian, Dutch and Portuguese.
//!
//! A name is brought into one form, looked up as a whole, and if that says nothing, without the words that only say whose it is ("company",
//! "Ansprechpartner"): those decide between customer and contact. What stays open (a column "Name" alone) is decided by the other columns.

use std::collections::HashMap;
use std::sync::LazyLock;

use pact_core::matching::fold_accents;

use super::Field;
use super::value;

/// What a column's name means, before the other columns are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// This field, whatever the other columns are.
    Is(Field),
    /// A name of the customer or the contact.
    Name,
    /// A telephone number of the customer or the contact.
    Phone,
    /// What somebody does at the customer, or what the lead is about.
    Title,
}

use Field::{
    ContactEmail, ContactFirstName, ContactLanguage, ContactLastName, ContactName, ContactPhone, ContactTitle, Currency,
    CustomerCity, CustomerCountry, CustomerEmployees, CustomerIndustry, CustomerName, CustomerPhone, CustomerPostcode,
    CustomerSegment, CustomerStreet, CustomerWebsite, ExpectedOn, ExternalKey, Message, Product, Source, Title, Value,
};
use Meaning::Is;

/// Names of columns, without the words in [`SMALL`]; a stroke between languages helps the reader only.
const NAMES: &[(Meaning, &str)] = &[
    (
        Meaning::Name,
        "name, full name | vollstandiger name, bezeichnung | nom complet, nom | nombre, nombre completo | nome completo, nominativo | naam, volledige naam | nome",
    ),
    (
        Meaning::Phone,
        "phone, telephone, tel, phone number, telephone number, phone no, tel no | telefon, telefonnummer, telefonnr, tel nr, rufnummer, festnetz | telephone fixe, numero telephone, fixe | telefono, numero telefono, telefono fijo | telefono fisso, recapito telefonico, recapito | telefoon, telefoonnummer, telefoonnr | telefone, numero telefone, telefone fixo",
    ),
    (Meaning::Title, "title | titel | titre | titulo | titolo"),
    (
        Is(CustomerName),
        "company, company name, organization, organisation, organization name, organisation name, account, account name, customer, customer name, client, client name, business, business name, firm, employer, legal name | firma, firmenname, firmen name, firmenbezeichnung, unternehmen, unternehmensname, unternehmen name, kunde, kundenname, kunden name, organisationsname, betrieb, gesellschaft | societe, entreprise, raison sociale, nom societe, nom entreprise, nom client, compte, etablissement | empresa, nombre empresa, razon social, cliente, nombre cliente, compania, cuenta, organizacion | azienda, nome azienda, ragione sociale, ditta, societa, nome cliente, denominazione | bedrijf, bedrijfsnaam, bedrijf naam, klant, klantnaam, organisatie, organisatienaam, onderneming | nome empresa, razao social, companhia, organizacao, nome organizacao",
    ),
    (
        Is(ContactName),
        "contact, contact name, contact person, person, person name, lead name, attention, attn | ansprechpartner, ansprechpartnerin, ansprechperson, kontakt, kontaktperson, kontaktname, name ansprechpartner | interlocuteur, nom contact, personne contact, personne a contacter | contacto, persona contacto, nombre contacto, persona de contacto | contatto, persona contatto, referente, nome contatto, nome referente | contactpersoon, naam contactpersoon, contactnaam | contato, pessoa contato, pessoa contacto, nome contato, nome contacto, pessoa",
    ),
    (
        Is(ContactFirstName),
        "first name, firstname, given name, forename, fname | vorname, rufname | prenom | nombre pila, primer nombre | nome battesimo, nome proprio | voornaam, roepnaam | primeiro nome, nome proprio",
    ),
    (
        Is(ContactLastName),
        "last name, lastname, surname, family name, lname | nachname, familienname, zuname | nom famille, nom usage | apellido, apellidos, primer apellido | cognome | achternaam, familienaam | sobrenome, apelido, ultimo nome",
    ),
    (
        Is(ContactTitle),
        "job title, position, role, job role, job, function, occupation | funktion, berufsbezeichnung, stellenbezeichnung, stelle, beruf, rolle | fonction, poste, intitule poste, profession | cargo, puesto, funcion, ocupacion | ruolo, mansione, funzione, posizione, qualifica, professione | functie, functietitel, functieomschrijving, beroep, rol | funcao, profissao",
    ),
    (
        Is(ContactEmail),
        "email, email address, mail, mail address, emailaddress, work email, business email, contact email | mailadresse, email adresse, emailadresse, elektronische post | courriel, adresse email, adresse mail, adresse courriel, adresse electronique, adresse messagerie, mel | correo, correo electronico, direccion correo, direccion email, email contacto | posta elettronica, indirizzo email, indirizzo posta elettronica, email referente | emailadres, mailadres, email adres | correio eletronico, correio electronico, endereco email, endereco correio eletronico",
    ),
    (
        Is(ContactPhone),
        "mobile, mobile phone, mobile number, cell, cell phone, cellphone, direct phone, direct line, direct dial, whatsapp | mobil, mobiltelefon, mobilnummer, handy, handynummer, durchwahl, mobilfunk | portable, telephone portable, tel portable, telephone mobile, gsm, ligne directe | movil, telefono movil, celular, telefono celular | cellulare, telefono cellulare, telefono mobile, cell referente | mobiel, mobiele telefoon, mobiel nummer, mobiele nummer, gsm nummer, doorkiesnummer | telemovel, telefone celular, telefone movel",
    ),
    (
        Is(ContactLanguage),
        "language, preferred language, spoken language | sprache, korrespondenzsprache, bevorzugte sprache | langue, langue preferee, langue parlee | idioma, lengua, idioma preferido | lingua, lingua preferita | taal, voorkeurstaal, spreektaal | lingua preferida, idioma preferencial",
    ),
    (
        Is(CustomerPhone),
        "switchboard, main phone, head office phone, office phone | zentrale, telefonzentrale, telefon zentrale | standard, standard telephonique, telephone standard | centralita | centralino | centrale, telefoon centraal | central telefonica, pbx",
    ),
    (
        Is(CustomerWebsite),
        "website, web site, web, url, homepage, domain, web address, company website, company domain, internet | webseite, webadresse, internetadresse, internetseite, domane | site web, site internet, site, adresse web, domaine | pagina web, sitio web, sitio, dominio, web empresa | sito, sito web, sito internet, pagina internet | webadres, webpagina, internetadres, domein | site empresa, pagina internet, endereco web, pagina web",
    ),
    (
        Is(CustomerStreet),
        "street, address, street address, address line 1, address line 2, address 1, address 2, address line, house number, house no, addressline1, addressline2, billing street, mailing street, mailing address, billing address, postal address, visiting address | strasse, str, anschrift, adresse, strasse hausnummer, strasse hausnr, hausnummer, hausnr, strasse nr, adresszeile 1, adresszeile 2, adresszusatz | rue, voie, numero rue, adresse 1, adresse 2, adresse postale, complement adresse, numero voie | calle, direccion, domicilio, direccion postal, calle numero, numero calle | via, indirizzo, via numero, numero civico, indirizzo 1, indirizzo 2 | straat, adres, straatnaam, straat huisnummer, straat huisnr, straat nr, huisnummer, huisnr, straat nummer, adresregel 1 | rua, endereco, morada, logradouro, rua numero, numero porta",
    ),
    (
        Is(CustomerPostcode),
        "postcode, post code, postal code, zip, zip code, zipcode, zip postal code, postalcode, billing zip | plz, postleitzahl | code postal, cp | codigo postal, cod postal | cap, codice avviamento postale, codice postale | cep, codigo enderecamento postal",
    ),
    (
        Is(CustomerCity),
        "city, town, place, locality, city town, billing city, mailing city | ort, stadt, wohnort, ortschaft, gemeinde, sitz | ville, commune, localite | ciudad, localidad, poblacion, municipio | citta, comune, localita | plaats, woonplaats, stad, vestigingsplaats, gemeente | cidade, localidade, municipio cidade",
    ),
    (
        Is(CustomerCountry),
        "country, country code, country region, nation, billing country, mailing country | land, landercode, landercode iso, landeskennzeichen, staat, laenderkennzeichen, lander | pays, code pays | pais, codigo pais | paese, nazione, stato, codice paese | landcode | codigo do pais",
    ),
    (
        Is(CustomerSegment),
        "segment, customer segment, market segment, customer type, tier, category | kundensegment, marktsegment, kundentyp, kundengruppe, kategorie | segment client, type client, categorie | segmento, segmento cliente, tipo cliente, categoria | segmento mercato, tipologia cliente | klantsegment, klanttype, marktsegment, categorie klant | segmento mercado, tipo de cliente",
    ),
    (
        Is(CustomerIndustry),
        "industry, sector, branch, line business, vertical, trade, industry sector | branche, industrie, wirtschaftszweig, gewerbe, sparte | secteur, secteur activite, activite, domaine activite | sector actividad, industria, actividad, rama, ramo | settore, settore attivita, attivita, comparto | bedrijfstak, sector bedrijf, bedrijfssector | setor, setor atividade, ramo atividade, atividade",
    ),
    (
        Is(CustomerEmployees),
        "employees, number employees, no employees, employee count, headcount, company size, staff, num employees | mitarbeiter, mitarbeiterzahl, anzahl mitarbeiter, beschaftigte, mitarbeiteranzahl, unternehmensgrosse, anzahl beschaftigte | effectif, effectifs, nombre employes, nombre salaries, salaries, taille entreprise | empleados, numero empleados, plantilla, tamano empresa | dipendenti, numero dipendenti, n dipendenti, addetti | medewerkers, aantal medewerkers, werknemers, aantal werknemers, bedrijfsgrootte, personeel | funcionarios, numero funcionarios, empregados, numero empregados, colaboradores",
    ),
    (
        Is(Title),
        "subject, lead title, opportunity, opportunity name, deal, deal name, topic, headline, lead | betreff, thema, anliegen, vorhaben, projekt, verkaufschance | objet, sujet, opportunite, affaire, projet | asunto, tema, oportunidad, proyecto | oggetto, argomento, opportunita, progetto | onderwerp, verkoopkans, kans, project | assunto, oportunidade, projeto",
    ),
    (
        Is(Source),
        "source, lead source, origin, channel, campaign, utm source, referrer, lead origin | quelle, herkunft, leadquelle, ursprung, kanal, kampagne, lead quelle | origine, provenance, canal, source lead, campagne, origine lead | origen, fuente, procedencia, campana, origen lead | provenienza, fonte, canale, campagna, origine lead, origine contatto | bron, herkomst, kanaal, leadbron, campagne lead | origem, proveniencia, campanha, origem lead",
    ),
    (
        Is(Product),
        "product, product name, product interest, interest, interested in, item, service, article, products | produkt, produktname, artikel, produktinteresse, interesse, interesse an, ware, leistung | produit, nom produit, produit demande, produit souhaite, interet, article demande | producto, nombre producto, producto interes, interes, articulo, servicio | prodotto, nome prodotto, interesse prodotto, articolo, servizio | productnaam, dienst, interesse in, artikel product | produto, nome produto, produto interesse, artigo, servico",
    ),
    (
        Is(Message),
        "message, comment, comments, note, notes, description, details, remarks, enquiry, inquiry, request, text, question, memo, your message, body | nachricht, bemerkung, bemerkungen, kommentar, anmerkung, anmerkungen, notiz, notizen, beschreibung, anfrage, mitteilung, hinweis, freitext, frage | commentaire, commentaires, remarque, remarques, demande, observations, votre message, texte, besoin | mensaje, comentario, comentarios, observaciones, notas, nota, descripcion, consulta, solicitud, texto | messaggio, commento, commenti, osservazioni, descrizione, richiesta, testo, annotazioni | bericht, opmerking, opmerkingen, omschrijving, toelichting, aanvraag, vraag, notitie, notities, beschrijving | mensagem, observacoes, observacao, descricao, pedido, anotacoes, solicitacao",
    ),
    (
        Is(Value),
        "value, amount, deal value, lead value, deal size, budget, revenue, expected revenue, estimated value, price, potential, value amount, opportunity value, turnover expected | wert, betrag, auftragswert, umsatz, erwarteter umsatz, volumen, auftragsvolumen, summe, potenzial, leadwert, preis | valeur, montant, chiffre affaires attendu, valeur estimee, prix, potentiel, montant estime | valor, importe, presupuesto, valor estimado, ingresos esperados, monto, precio | valore, importo, valore stimato, prezzo, fatturato atteso, potenziale | waarde, bedrag, verwachte omzet, orderwaarde, geschatte waarde, prijs | montante, orcamento, receita esperada, preco, valor previsto",
    ),
    (
        Is(Currency),
        "currency, currency code, value currency, iso currency | wahrung, waehrung, wahrungscode | devise, monnaie, code devise | moneda, divisa, codigo moneda | valuta, moneta, codice valuta | munt, muntsoort, valutacode | moeda, codigo moeda",
    ),
    (
        Is(ExpectedOn),
        "expected on, expected close, expected close date, close date, closing date, estimated close date, expected date, due date, close | abschlussdatum, erwarteter abschluss, erwartetes abschlussdatum, voraussichtlicher abschluss, kaufdatum, termin | date cloture, date cloture prevue, date prevue, date signature prevue, echeance | fecha cierre, fecha prevista, fecha cierre prevista, fecha estimada cierre | data chiusura, data chiusura prevista, data prevista | sluitingsdatum, verwachte sluitingsdatum, afsluitdatum, verwachte datum | data fecho, data fechamento, data fecho prevista, data fechamento prevista",
    ),
    (
        Is(ExternalKey),
        "external key, external id, externalkey, external reference, lead id, opportunity id, deal id, lead number, lead no | lead nr, leadnr, leadnummer, externe id, vorgangsnummer, anfragenummer | id lead, identifiant lead, identifiant externe, reference lead | identificador lead, id externo, referencia lead | id contatto lead, identificativo lead, codice lead, riferimento lead | externe sleutel, lead nummer, extern id | identificador externo, codigo lead",
    ),
];

/// Words that say nothing by themselves.
const SMALL: &str = "a an the of or and in by your our my their preferred primary main required optional | der die das des dem den von vom zu zum zur und oder ihr ihre \
    unser unsere am im erste | le la les l du de d des et ou votre vos notre au aux en | el los las del y o su sus tu tus nuestro | il lo gli i della dello dell dei di da e \
    tuo vostro suo | het een van en uw je ons onze | o os as do dos das e seu sua nosso";
/// Words that say that something is the customer's.
const CUSTOMERS: &str = "company companies business firm organization organisation account customer client employer office billing | firma firmen unternehmen kunde kunden \
    organisation betrieb | societe entreprise client compte etablissement | empresa cliente compania cuenta | azienda ditta societa aziendale | bedrijf klant organisatie \
    zakelijk | companhia conta organizacao";
/// Words that say that something is the contact's.
const CONTACTS: &str = "contact person lead personal direct | kontakt person ansprechpartner ansprechpartnerin kontaktperson personlich | interlocuteur personne prospect | \
    contacto persona | contatto referente | contactpersoon persoon prive | contato pessoa";

struct Dictionary {
    names: HashMap<String, Meaning>,
    small: Vec<&'static str>,
    customers: Vec<&'static str>,
    contacts: Vec<&'static str>,
}

static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| {
    let words = |list: &'static str| list.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>();
    let small = words(SMALL);
    let mut names = HashMap::new();
    // "Title" is what the contact does in most tables; the other columns decide.
    for field in Field::ALL.iter().filter(|field| **field != Title) {
        names.insert(plain(field.as_str()), Is(*field));
    }
    names.insert("value amount".to_owned(), Is(Value));
    for (meaning, list) in NAMES {
        for name in list.split([',', '|']).map(plain) {
            let short = without(&name, &small);
            // The first one who has a word keeps it.
            names.entry(if short.is_empty() { name } else { short }).or_insert(*meaning);
        }
    }
    Dictionary { names, small, customers: words(CUSTOMERS), contacts: words(CONTACTS) }
});

/// What a column's name means, if it is known.
pub fn meaning(name: &str) -> Option<Meaning> {
    let dictionary = &*DICTIONARY;
    let name = plain(name);
    let short = without(&name, &dictionary.small);
    let known = |name: &str| dictionary.names.get(name).copied();
    if let Some(meaning) = known(&name).or_else(|| known(&short)) {
        return Some(meaning);
    }
    let of_customer = short.split(' ').any(|word| dictionary.customers.contains(&word));
    let of_contact = short.split(' ').any(|word| dictionary.contacts.contains(&word));
    let rest = without(&without(&short, &dictionary.customers), &dictionary.contacts);
    let meaning = known(&rest).filter(|_| !rest.is_empty())?;
    Some(match (meaning, of_customer && !of_contact, of_contact) {
        (Meaning::Name, true, _) => Is(CustomerName),
        (Meaning::Name, _, true) => Is(ContactName),
        (Meaning::Phone, true, _) => Is(CustomerPhone),
        (Meaning::Phone, _, true) => Is(ContactPhone),
        (Meaning::Title, _, true) => Is(ContactTitle),
        (Meaning::Is(_) | Meaning::Name | Meaning::Phone | Meaning::Title, _, _) => meaning,
    })
}

/// A name in one form: small letters without accents, words with one space between them, `e mail` as one word.
pub(super) fn plain(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    let folded = fold_accents(&spaced);
    let words: Vec<&str> = folded.split_whitespace().collect();
    format!(" {} ", words.join(" ")).replace(" e mail", " email").trim().to_owned()
}

fn without(name: &str, words: &[&str]) -> String {
    name.split(' ').filter(|word| !words.contains(word)).collect::<Vec<_>>().join(" ")
}

/// What each column says, by its name, by the other columns, and where its name says nothing by what is in it.
pub fn guess(columns: &[String], rows: &[Vec<String>]) -> Vec<Option<Field>> {
    let meanings: Vec<Option<Meaning>> = columns.iter().map(|name| meaning(name)).collect();
    let has = |fields: &[Field]| meanings.iter().any(|meaning| matches!(meaning, Some(Is(field)) if fields.contains(field)));
    let names_contact = has(&[ContactName, ContactFirstName, ContactLastName]);
    let about_contact = names_contact || has(&[ContactEmail, ContactTitle]);
    let names_customer = has(&[CustomerName]);
    // Names such as "contact.email" are those of our own REST interface.
    let is_ours = columns.iter().any(|name| name.contains('.') && name.parse::<Field>().is_ok());
    let mut guessed: Vec<Option<Field>> = meanings
        .iter()
        .map(|meaning| {
            Some(match (*meaning)? {
                Is(field) => field,
                // "Nom" beside "Prénom", "Nome" beside "Cognome".
                Meaning::Name if has(&[ContactFirstName]) && !has(&[ContactLastName]) => ContactLastName,
                Meaning::Name if has(&[ContactLastName]) && !has(&[ContactFirstName]) => ContactFirstName,
                Meaning::Name if names_customer => ContactName,
                Meaning::Name if names_contact || has(&[CustomerWebsite, CustomerIndustry, CustomerEmployees]) => CustomerName,
                Meaning::Name => ContactName,
                Meaning::Phone if about_contact => ContactPhone,
                Meaning::Phone => CustomerPhone,
                Meaning::Title if about_contact && !is_ours && !has(&[ContactTitle]) => ContactTitle,
                Meaning::Title => Title,
            })
        })
        .collect();
    for (at, known) in guessed.iter_mut().enumerate() {
        if known.is_none() && meanings[at].is_none() {
            *known = by_content(rows.iter().filter_map(|row| row.get(at)));
        }
    }
    guessed
}

/// What a column of unknown name holds, where nearly every cell says the same.
fn by_content<'a>(cells: impl Iterator<Item = &'a String>) -> Option<Field> {
    let cells: Vec<&String> = cells.filter(|cell| !cell.trim().is_empty()).collect();
    let nearly_all =
        |is: fn(&str) -> bool| !cells.is_empty() && cells.iter().filter(|cell| is(cell)).count() * 5 >= cells.len() * 4;
    if nearly_all(value::looks_like_email) {
        Some(ContactEmail)
    } else if nearly_all(value::looks_like_website) {
        Some(CustomerWebsite)
    } else {
        None
    }
}
