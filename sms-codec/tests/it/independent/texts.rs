//! Texts to ask about: always the same, of every script a table has, of lengths at every border.

use std::collections::BTreeMap;

use sms_codec::gsm7::Language;

use crate::common::rows;

/// What generates, given the same seed, the same texts everywhere.
pub(super) struct Generator {
    state: u64,
    pools: Vec<Vec<&'static str>>,
    national: BTreeMap<String, Vec<&'static str>>,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed, pools: POOLS.iter().map(|pool| pool.split(' ').collect()).collect(), national: national() }
    }

    /// A text of one or several pools, near the border of a part.
    pub(super) fn text(&mut self) -> String {
        let main = self.below(self.pools.len());
        // Two thirds keep to one pool, the rest mix in a little of another.
        let guest = if self.below(3) == 0 { self.below(self.pools.len()) } else { main };
        let guest_in = [2, 8, 50, 150][self.below(4)];
        self.filled(|generator| {
            let pool = if generator.below(guest_in) == 0 { guest } else { main };
            generator.pick_from_pool(pool)
        })
    }

    /// A text of GSM 7-bit characters only.
    pub(super) fn gsm_text(&mut self) -> String {
        let often = [2, 8, 50][self.below(3)];
        self.filled(|generator| match generator.below(often) {
            0 => generator.pick_from_pool(GSM_EXTENSION),
            1 => generator.pick_from_pool(GSM_BASIC),
            _ => generator.pick_from_pool(ASCII),
        })
    }

    /// A text in the letters of two tables, with ASCII and now and then a stranger.
    pub(super) fn national_text(&mut self, locking: Language, single: Language) -> String {
        let tables = [locking_table(locking), single_table(single)];
        let strangers = [10, 400, 4000][self.below(3)];
        self.filled(|generator| {
            if generator.below(strangers) == 0 {
                let pool = generator.below(generator.pools.len());
                return generator.pick_from_pool(pool);
            }
            match generator.below(4) {
                0 => generator.pick_from_pool(ASCII),
                turn => {
                    let cell = generator.below(128);
                    let cells = &generator.national[&tables[turn % 2]];
                    cells[cell % cells.len()]
                }
            }
        })
    }

    /// Any septets at all: void cells, escapes at both ends and in a row.
    pub(super) fn septets(&mut self) -> Vec<u8> {
        let length = self.below(40);
        (0..length).map(|_| if self.below(8) == 0 { 0x1B } else { self.below(128) as u8 }).collect()
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        // SplitMix64: small, and the same on every machine.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn filled(&mut self, mut next: impl FnMut(&mut Self) -> &'static str) -> String {
        let border = BORDERS[self.below(BORDERS.len())];
        let units = (border + self.below(5)).saturating_sub(2);
        let mut text = String::new();
        let mut filled = 0;
        while filled < units {
            let piece = next(self);
            filled += self.units(piece);
            text.push_str(piece);
        }
        text
    }

    /// About what a part counts, so that lengths gather at the borders.
    fn units(&self, piece: &str) -> usize {
        if self.pools[GSM_EXTENSION].contains(&piece) { 2 } else { piece.encode_utf16().count() }
    }

    fn pick_from_pool(&mut self, pool: usize) -> &'static str {
        let length = self.pools[pool].len();
        let piece = self.below(length);
        // A space separates the pieces, so it cannot be one.
        match self.pools[pool][piece] {
            "SP" => " ",
            "LF" => "\n",
            "CR" => "\r",
            "FF" => "\x0C",
            piece => piece,
        }
    }
}

/// As the published table calls it.
fn locking_table(language: Language) -> String {
    match language {
        // There is no Spanish one.
        Language::Default | Language::Spanish => "default".into(),
        _ => format!("{language:?}_lock").to_lowercase(),
    }
}

fn single_table(language: Language) -> String {
    match language {
        Language::Default => "default_ext".into(),
        _ => format!("{language:?}_single").to_lowercase(),
    }
}

/// The characters of each published table.
fn national() -> BTreeMap<String, Vec<&'static str>> {
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for row in rows(include_str!("../../../testdata/gsm7-tables.csv")) {
        let character = char::from_u32(u32::from_str_radix(&row["unicode"], 16).unwrap()).unwrap();
        tables.entry(row["table"].clone()).or_default().push(&*character.to_string().leak());
    }
    tables
}

/// Where a part ends, in units, for both alphabets and one to three parts; the neighbours are drawn too.
const BORDERS: [usize; 16] = [0, 2, 10, 35, 67, 70, 134, 140, 153, 160, 201, 268, 306, 320, 459, 612];

const ASCII: usize = 0;
const GSM_EXTENSION: usize = 1;
const GSM_BASIC: usize = 2;

/// What texts are made of; a piece may be several code points.
const POOLS: [&str; 13] = [
    "a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z \
     0 1 2 3 4 5 6 7 8 9 . , ; : ! ? ( ) ' \" # % & / * + - < = > @ $ _ SP SP SP SP LF CR",
    "[ ] { } \\ ~ ^ | € FF",
    "£ ¥ è é ù ì ò Ç Ø ø Å å Δ Φ Γ Λ Ω Π Ψ Σ Θ Ξ Æ æ ß É ¤ ¡ Ä Ö Ñ Ü § ¿ ä ö ñ ü à",
    // What looks as if it were in the alphabet.
    "ç ` ’ “ ” – … \u{A0} \u{AD} Α Β Ε Ω µ ¢ « » ² ½ º \u{7F} \u{1B} \u{0} \u{8} \u{85} \u{FEFF} \u{FFFD} \u{2028}",
    "á â ã ä ê ë í î ï ó ô õ ú û ÿ ý À Á Â Ã È Ê Ë Í Ï Ó Ô Õ Ú Û Ð Þ ð þ ÷ × ¬ ± ©",
    "ğ Ğ ı İ ş Ş ç ł ą ę ć ś ź ż č ř ž ý ů ő ű ă ș ț",
    "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я Ё Ж SP",
    "α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ ς τ υ φ χ ψ ω ά έ ή SP",
    "你 好 世 界 日 本 語 한 국 어 。 、 ש ל ו ם م ر ح ب ا ก า ร \u{FF21} \u{FF5E}",
    "😀 😂 ❤ ☎ ✓ 𝄞 𠮷 🚀 🎉 𝒳 \u{1F1E9} \u{10FFFF} \u{10000} \u{FFFF} \u{E000} \u{D7FF}",
    // Combining marks, alone and behind a letter.
    "e\u{301} a\u{308} n\u{303} o\u{302}\u{301} \u{301} \u{308} u\u{30A} c\u{327} Z\u{35C}\u{310}",
    "ह ि न ् द ी क\u{94D}ष த மி ழ் ব া ং ല \u{200D} \u{200C} اُ ردو ں",
    "👍🏽 👨\u{200D}👩\u{200D}👧 🏳\u{FE0F}\u{200D}🌈 🇩🇪 🇺🇳 ❤\u{FE0F} 1\u{FE0F}\u{20E3} 🧑🏿\u{200D}🚀",
];
