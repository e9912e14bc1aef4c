//! Legal forms of companies, which say nothing about who they are.

/// Forms at the end of a name, in the form that the key has before they are dropped: folded, without dots, words apart.
pub(super) const AT_END: &[&str] = &[
    // Germany, Austria, Switzerland, Liechtenstein
    "gmbh", "mbh", "ggmbh", "gesmbh", "ag", "kg", "kgaa", "ohg", "gbr", "ug", "haftungsbeschrankt", "ek", "ev", "eg", "partg",
    "gesellschaft mit beschrankter haftung", "aktiengesellschaft",
    // Britain, Ireland, the Commonwealth, the United States
    "ltd", "limited", "plc", "llp", "llc", "lp", "inc", "incorporated", "corp", "corporation", "co", "company", "pc", "pllc",
    "pty", "pte", "pvt", "private", "cic", "dac", "unlimited", "ltda", "teoranta", "cyf", "sdn", "bhd", "berhad",
    // The Netherlands and Belgium
    "bv", "nv", "vof", "cv", "bvba", "bvi", "sprl", "srl", "cvba", "vzw", "asbl", "besloten vennootschap",
    // France, Luxembourg
    "sa", "sarl", "sas", "sasu", "eurl", "sci", "snc", "scop", "sca", "societe anonyme", "et cie", "cie",
    // Italy, Spain, Portugal, Latin America
    "spa", "srls", "sapa", "soc coop", "sl", "slu", "sau", "scl", "lda", "eireli", "me", "epp", "sa de cv", "sab de cv", "s de rl de cv",
    "s de rl", "sapi de cv", "cia",
    // The north
    "ab", "aps", "as", "asa", "ans", "da", "is", "ks", "oy", "oyj", "ky", "tmi", "hf", "ehf", "ivs", "amba", "aktiebolag", "publ",
    // Central and eastern Europe
    "sp zoo", "sp z oo", "spolka z oo", "spolka z ograniczona odpowiedzialnoscia", "spolka akcyjna", "spj", "spk", "sro",
    "spol sro", "kft", "zrt", "nyrt", "bt", "kkt", "doo", "dd", "jdoo", "ood", "eood", "ead", "ad", "uab", "sia", "ou", "oü",
    "as ltd", "se", "eeig", "epe", "ae", "ike", "επε", "αε", "ικε", "оод", "еоод", "ад", "doo beograd",
    // Turkey
    "as ti", "ltd sti", "anonim sirketi", "sti", "tic", "san ve tic",
    // Asia
    "kk", "kabushiki kaisha", "gk", "yk", "pt", "tbk", "jsc", "ojsc", "cjsc", "pjsc", "fze", "fzco", "wll", "株式会社", "有限会社",
    "有限公司", "有限责任公司", "股份有限公司", "주식회사",
];

/// Forms at the start of a name. Few: "SAS Institute" and "AB InBev" keep theirs.
pub(super) const AT_START: &[&str] = &[
    "sarl", "eurl", "pt", "ooo", "zao", "oao", "pao", "ooo", "ооо", "зао", "оао", "пао", "ао", "тов", "株式会社", "有限会社", "주식회사",
    "uab", "firma",
];

/// Forms that Chinese, Japanese and Korean names carry without a space.
pub(super) const ATTACHED: &[&str] = &["株式会社", "有限会社", "合同会社", "股份有限公司", "有限责任公司", "有限公司", "주식회사"];
