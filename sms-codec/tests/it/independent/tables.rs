//! The cheapest tables, by what gsmcodecs makes of a text in each pair of them.

use sms_codec::gsm7::{Language, Languages, Tables};
use sms_codec::plan::{Encoding, Policy};

use super::gsm7::{GAPS, Question, units};
use super::program::Package;
use super::texts::Generator;

#[test]
fn by_the_septets_of_gsmcodecs_no_tables_are_cheaper() {
    let mut generator = Generator::new(25);
    let texts: Vec<_> = (0..4_000).map(|_| drawn(&mut generator)).collect();
    let questions: Vec<_> = texts.iter().flat_map(|(text, locking, single)| pairs(text, *locking, *single)).collect();
    let asked: Vec<_> = questions.iter().map(Question::json).collect();
    let Some(answers) = Package::GsmCodecs.answers(&asked) else { return };
    let (mut national, mut long) = (0, 0);
    for ((text, locking, single), (questions, answers)) in texts.iter().zip(questions.chunks(4).zip(answers.chunks(4))) {
        let mut met = [0; GAPS.len()];
        let pairs = questions.iter().zip(answers).map(|(question, answer)| (question, question.encoded(answer, &mut met)));
        let costs = pairs.filter_map(|(question, encoded)| match encoded {
            (septets, None) => Some(cost(question.tables(), &septets)),
            _ => None,
        });
        let policy = Policy { locking: Languages::of(&[*locking]), single: Languages::of(&[*single]), ..Policy::default() };
        let plan = policy.plan(text).unwrap();
        let planned = match plan.encoding() {
            Encoding::Gsm7(tables) => Some((plan.parts().into(), plan.units() + headers(tables, plan.parts().into()))),
            _ => None,
        };
        assert_eq!(planned, costs.min(), "{locking:?} {single:?} {text:?}");
        national += usize::from(matches!(plan.encoding(), Encoding::Gsm7(tables) if tables != Tables::DEFAULT));
        long += usize::from(plan.parts() > 1);
    }
    println!("{} texts: {national} in national tables, {long} in several parts", texts.len());
    assert!(national > texts.len() / 4 && long > texts.len() / 4, "texts of all kinds");
}

/// A text and the languages that are allowed for it, which may be those it is written in.
fn drawn(generator: &mut Generator) -> (String, Language, Language) {
    let [locking, single] = [(); 2].map(|()| Language::ALL[generator.below(Language::ALL.len())]);
    // Half the time one language for both, as people write.
    let single = if generator.below(2) == 0 { locking } else { single };
    (generator.national_text(locking, single), locking, single)
}

/// The default tables may always be used.
fn pairs(text: &str, locking: Language, single: Language) -> [Question; 4] {
    let default = Language::Default;
    [(default, default), (default, single), (locking, default), (locking, single)].map(|(locking, single)| Question {
        locking: locking.identifier(),
        single: single.identifier(),
        text: text.to_owned(),
        septets: Vec::new(),
    })
}

/// Parts, then septets with all headers.
fn cost(tables: Tables, septets: &[u8]) -> (usize, usize) {
    let parts = match septets.len() <= [160, 155, 152][elements(tables)] {
        true => 1,
        false => parts(septets, [153, 149, 146][elements(tables)]),
    };
    (parts, septets.len() + headers(tables, parts))
}

/// Filled from the front; no pair is divided.
fn parts(septets: &[u8], room: usize) -> usize {
    let (mut parts, mut filled) = (1, 0);
    for unit in units(septets) {
        if filled + unit.len() > room {
            (parts, filled) = (parts + 1, 0);
        }
        filled += unit.len();
    }
    parts
}

/// Septets that the headers of all parts take.
fn headers(tables: Tables, parts: usize) -> usize {
    let of_each = if parts == 1 { [0, 5, 8] } else { [7, 11, 14] };
    parts * of_each[elements(tables)]
}

/// Language elements in the header of each part.
fn elements(tables: Tables) -> usize {
    usize::from(tables.locking() != Language::Default) + usize::from(tables.single() != Language::Default)
}
