//! Countries and languages by their names in English, German, French, Spanish, Italian, Dutch and Portuguese, and by their codes.

use std::collections::HashMap;
use std::sync::LazyLock;

use pact_core::matching::fold_accents;

/// Two-letter code, three-letter code, then names without accents.
const COUNTRIES: &str = "
AE ARE united arab emirates, uae, vereinigte arabische emirate, emirats arabes unis, emiratos arabes unidos, emirati arabi uniti, verenigde arabische emiraten, emirados arabes unidos
AL ALB albania, albanien, albanie
AR ARG argentina, argentinien, argentine, argentinie
AT AUT austria, osterreich, oesterreich, autriche, oostenrijk
AU AUS australia, australien, australie
BA BIH bosnia and herzegovina, bosnia, bosnien und herzegowina, bosnien, bosnie herzegovine, bosnia y herzegovina, bosnia ed erzegovina, bosnie en herzegovina, bosnia e herzegovina
BE BEL belgium, belgien, belgique, belgica, belgio, belgie
BG BGR bulgaria, bulgarien, bulgarie, bulgarije
BO BOL bolivia, bolivien, bolivie
BR BRA brazil, brasilien, bresil, brasil, brasile, brazilie
BY BLR belarus, weissrussland, bielorussie, bielorrusia, bielorussia, wit rusland, bielorrussia
CA CAN canada, kanada
CH CHE switzerland, schweiz, suisse, suiza, svizzera, zwitserland, suica
CL CHL chile, chili, cile
CN CHN china, chine, cina, pr china
CO COL colombia, kolumbien, colombie
CR CRI costa rica
CY CYP cyprus, zypern, chypre, chipre, cipro
CZ CZE czechia, czech republic, tschechien, tschechische republik, tchequie, republique tcheque, chequia, republica checa, cechia, repubblica ceca, tsjechie, chequia
DE DEU germany, deutschland, allemagne, alemania, germania, duitsland, alemanha, brd
DK DNK denmark, danemark, dinamarca, danimarca, denemarken
DO DOM dominican republic, dominikanische republik, republique dominicaine, republica dominicana, repubblica dominicana, dominicaanse republiek
DZ DZA algeria, algerien, algerie, argelia, algerije
EC ECU ecuador, equateur, equador
EE EST estonia, estland, estonie
EG EGY egypt, agypten, aegypten, egypte, egipto, egitto, egito
ES ESP spain, spanien, espagne, espana, spagna, spanje, espanha
FI FIN finland, finnland, finlande, finlandia
FR FRA france, frankreich, francia, frankrijk, franca
GB GBR united kingdom, uk, great britain, britain, england, scotland, wales, northern ireland, vereinigtes konigreich, grossbritannien, royaume uni, grande bretagne, angleterre, reino unido, gran bretana, inglaterra, regno unito, gran bretagna, inghilterra, verenigd koninkrijk, groot brittannie, engeland, gra bretanha
GH GHA ghana
GR GRC greece, griechenland, grece, grecia, griekenland, el
GT GTM guatemala
HK HKG hong kong, hongkong
HR HRV croatia, kroatien, croatie, croacia, croazia, kroatie
HU HUN hungary, ungarn, hongrie, hungria, ungheria, hongarije
ID IDN indonesia, indonesien, indonesie
IE IRL ireland, irland, irlande, irlanda, ierland, republic of ireland
IL ISR israel, israele
IN IND india, indien, inde
IQ IRQ iraq, irak
IR IRN iran
IS ISL iceland, island, islande, islandia, islanda, ijsland
IT ITA italy, italien, italie, italia
JO JOR jordan, jordanien, jordanie, jordania, giordania
JP JPN japan, japon, giappone, japao
KE KEN kenya, kenia, quenia
KR KOR south korea, korea, republic of korea, sudkorea, coree du sud, corea del sur, corea del sud, zuid korea, coreia do sul
KW KWT kuwait, koweit, koeweit
KZ KAZ kazakhstan, kasachstan, kazajistan, kazakistan, kazachstan, cazaquistao
LB LBN lebanon, libanon, liban, libano
LI LIE liechtenstein
LT LTU lithuania, litauen, lituanie, lituania, litouwen
LU LUX luxembourg, luxemburg, luxemburgo, lussemburgo
LV LVA latvia, lettland, lettonie, letonia, lettonia, letland
MA MAR morocco, marokko, maroc, marruecos, marocco, marrocos
MC MCO monaco
MD MDA moldova, moldau, moldawien, moldavie, moldavia
ME MNE montenegro
MK MKD north macedonia, macedonia, nordmazedonien, macedoine du nord, macedonia del norte, macedonia del nord, noord macedonie, macedonia do norte
MT MLT malta, malte
MX MEX mexico, mexiko, mexique, messico
MY MYS malaysia, malaisie, malasia, maleisie, malasia
NG NGA nigeria
NL NLD netherlands, the netherlands, holland, nederland, niederlande, pays bas, paises bajos, paesi bassi, olanda, paises baixos, holanda
NO NOR norway, norwegen, norvege, noruega, norvegia, noorwegen
NZ NZL new zealand, neuseeland, nouvelle zelande, nueva zelanda, nuova zelanda, nieuw zeeland, nova zelandia
PA PAN panama
PE PER peru, perou
PH PHL philippines, philippinen, filipinas, filippine, filipijnen
PK PAK pakistan, paquistao
PL POL poland, polen, pologne, polonia
PT PRT portugal, portogallo
PY PRY paraguay, paraguai
QA QAT qatar, katar, catar
RO ROU romania, rumanien, roumanie, rumania, roemenie, romenia
RS SRB serbia, serbien, serbie, servie, servia
RU RUS russia, russian federation, russland, russie, rusia, rusland
SA SAU saudi arabia, saudi arabien, arabie saoudite, arabia saudita, arabia saudi, saoedi arabie
SE SWE sweden, schweden, suede, suecia, svezia, zweden
SG SGP singapore, singapur, singapour, singapura
SI SVN slovenia, slowenien, slovenie, eslovenia, slovenie
SK SVK slovakia, slowakei, slowakische republik, slovaquie, eslovaquia, slovacchia, slowakije
TH THA thailand, thailande, tailandia
TN TUN tunisia, tunesien, tunisie, tunez, tunesie
TR TUR turkey, turkiye, turkei, tuerkei, turquie, turquia, turchia, turkije
TW TWN taiwan
UA UKR ukraine, ucrania, ucraina, oekraine
US USA united states, united states of america, us, america, vereinigte staaten, vereinigte staaten von amerika, etats unis, estados unidos, eeuu, stati uniti, verenigde staten, amerika, eua
UY URY uruguay, uruguai
VE VEN venezuela
VN VNM vietnam, viet nam
XK XKX kosovo
ZA ZAF south africa, sudafrika, suedafrika, afrique du sud, sudafrica, zuid afrika, africa do sul
";

/// Code, then names without accents.
const LANGUAGES: &str = "
ar arabic, arabisch, arabe, arabo
bg bulgarian, bulgarisch, bulgare, bulgaro, bulgaars
cs czech, tschechisch, tcheque, checo, ceco, tsjechisch, tcheco
da danish, danisch, danois, danes, danese, deens, dinamarques
de german, deutsch, allemand, aleman, tedesco, duits, alemao, ger, deu
el greek, griechisch, grec, griego, greco, grieks, grego
en english, englisch, anglais, ingles, inglese, engels, eng
es spanish, spanisch, espagnol, espanol, castellano, spagnolo, spaans, espanhol, esp, spa
et estonian, estnisch, estonien, estonio, estone, ests
fi finnish, finnisch, finnois, finlandes, finlandese, fins
fr french, franzosisch, francais, frances, francese, frans, fra, fre
hr croatian, kroatisch, croate, croata
hu hungarian, ungarisch, hongrois, hungaro, ungherese, hongaars
it italian, italienisch, italien, italiano, italiaans, ita
ja japanese, japanisch, japonais, japones, giapponese, japans
lt lithuanian, litauisch, lituanien, lituano, litouws
lv latvian, lettisch, letton, leton, lettone, lets, letao
nl dutch, niederlandisch, hollandisch, neerlandais, neerlandes, holandes, olandese, nederlands, nld, dut, flemish, flamisch, vlaams
no norwegian, norwegisch, norvegien, noruego, norvegese, noors, noruegues
pl polish, polnisch, polonais, polaco, polacco, pools, polones
pt portuguese, portugiesisch, portugais, portugues, portoghese, portugees, por
ro romanian, rumanisch, roumain, rumano, rumeno, roemeens, romeno
ru russian, russisch, russe, ruso, russo
sk slovak, slowakisch, slovaque, eslovaco, slovacco, slowaaks
sl slovenian, slovene, slowenisch, esloveno, sloveno, sloveens
sr serbian, serbisch, serbe, serbio, serbo, servisch, servio
sv swedish, schwedisch, suedois, sueco, svedese, zweeds
tr turkish, turkisch, turc, turco, turks
uk ukrainian, ukrainisch, ukrainien, ucraniano, ucraino, oekraiens
zh chinese, chinesisch, chinois, chino, cinese, chinees, chines, mandarin
";

static COUNTRY_CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut codes = HashMap::new();
    for (code, names) in COUNTRIES.lines().filter_map(|line| line.split_once(' ')) {
        let (three, names) = names.split_once(' ').unwrap_or((names, ""));
        codes.insert(three.to_lowercase(), code);
        codes.extend(names.split(',').map(|name| (name.trim().to_owned(), code)));
    }
    codes
});

static LANGUAGE_CODES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = LANGUAGES.lines().filter_map(|line| line.split_once(' '));
    lines.flat_map(|(code, names)| names.split(',').map(move |name| (name.trim(), code))).collect()
});

/// The two-letter code of a country, by its name or code.
pub fn country(text: &str) -> Option<String> {
    let name = plain(text);
    if let Some(code) = COUNTRY_CODES.get(&name) {
        return Some((*code).to_owned());
    }
    (name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_lowercase())).then(|| name.to_uppercase())
}

/// The two-letter code of a language, by its name or by a tag such as `de-AT`.
pub fn language(text: &str) -> Option<String> {
    let name = plain(text);
    if let Some(code) = LANGUAGE_CODES.get(name.as_str()) {
        return Some((*code).to_owned());
    }
    let first = name.split(' ').next().unwrap_or_default();
    (first.len() == 2 && first.bytes().all(|byte| byte.is_ascii_lowercase())).then(|| first.to_owned())
}

fn plain(text: &str) -> String {
    let folded = fold_accents(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // "U.S.A." and "U. K." are spelt with points.
    let words: Vec<&str> = words.collect();
    if words.len() > 1 && words.iter().all(|word| word.chars().count() == 1) { words.concat() } else { words.join(" ") }
}
