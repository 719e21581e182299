use proptest::prelude::*;

use super::*;
use crate::api::{Accepted, Attempt, Cancel, Mode, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission};
use crate::model::{Account, Address, FinalState, Lane, Message, MessageId, SourceType, Timestamp, Word};

fn octets(max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..max)
}

fn word() -> impl Strategy<Value = Word> {
    octets(40).prop_map(Word::new)
}

fn address() -> impl Strategy<Value = Address> {
    (any::<u8>(), any::<u8>(), octets(30)).prop_map(|(ton, npi, digits)| Address::new(ton, npi, digits))
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp)
}

fn message() -> impl Strategy<Value = Message> {
    (any::<u64>(), "[a-z]{0,9}", "[a-z:!]{0,9}", address(), octets(300), any::<bool>()).prop_map(
        |(id, account, lane, source, text, is_rare)| {
            let mut message = Message::new(MessageId(id), Account::new(account), Lane::new(lane));
            (message.source, message.user_data) = (source, text.into());
            if is_rare {
                message.extra_mut().raw_sip = true;
            }
            message
        },
    )
}

fn state() -> impl Strategy<Value = FinalState> {
    prop::sample::select(&FinalState::ALL[..])
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        prop::sample::select(vec![
            Refusal::QueueFull,
            Refusal::NoRoute,
            Refusal::TooLarge,
            Refusal::Expired,
            Refusal::Unknown,
            Refusal::TooLate,
            Refusal::NotCharged,
            Refusal::Duplicate,
            Refusal::Busy,
            Refusal::Broken,
            Refusal::Away,
        ]),
        any::<u32>().prop_map(Refusal::Denied),
        (state(), any::<u32>()).prop_map(|(state, error)| Refusal::Undelivered(state, error)),
    ]
}

fn decided() -> impl Strategy<Value = Result<Accepted, Refusal>> {
    let refused = proptest::collection::vec((0_usize..300, refusal()), 0..4);
    let accepted = (any::<u64>(), any::<bool>(), refused);
    let accepted = accepted.prop_map(|(id, duplicate, refused)| Accepted { id: MessageId(id), duplicate, refused });
    prop_oneof![accepted.prop_map(Ok), refusal().prop_map(Err)]
}

fn submission() -> impl Strategy<Value = Submission> {
    let mode = prop::sample::select(vec![Mode::StoreAndForward, Mode::Datagram, Mode::Transaction]);
    let source = prop::sample::select(vec![None, Some(SourceType::Ims), Some(SourceType::Cs), Some(SourceType::Smpp)]);
    (message(), proptest::collection::vec(message(), 0..3), any::<bool>(), mode, source).prop_map(
        |(message, more, replace_if_present, mode, source_type)| Submission {
            message,
            more,
            replace_if_present,
            mode,
            source_type,
        },
    )
}

fn attempt() -> impl Strategy<Value = Attempt> {
    prop_oneof![
        Just(Attempt::Delivered),
        word().prop_map(Attempt::Handed),
        (state(), any::<u32>()).prop_map(|(state, error)| Attempt::Failed(state, error)),
        any::<u32>().prop_map(Attempt::TryAgain),
        Just(Attempt::Unknown),
    ]
}

/// Reads octets as some value and writes it again.
type Again = fn(&[u8]) -> Result<Vec<u8>, WireError>;

/// Everything that goes over the wire as a whole body, as octets, and what reads it.
fn body() -> impl Strategy<Value = (Vec<u8>, Again)> {
    fn again<T: Wire>(octets: &[u8]) -> Result<Vec<u8>, WireError> {
        read::<T>(octets).map(|value| write(&value))
    }
    let account = || "[a-zé]{0,9}".prop_map(Account::new);
    let reports = proptest::collection::vec((message(), attempt()), 0..4);
    let networks = (word(), any::<u8>(), any::<u32>(), any::<Option<u64>>());
    let orders = (account(), any::<Option<u64>>(), address(), address(), word(), any::<Option<u64>>());
    prop_oneof![
        proptest::collection::vec(submission(), 0..4).prop_map(|all| (write(&all), again::<Vec<Submission>> as Again)),
        proptest::collection::vec(proptest::option::of(decided()), 0..6)
            .prop_map(|all| (write(&all), again::<Vec<Option<Result<Accepted, Refusal>>>> as Again)),
        (any::<(u64, u64)>(), reports).prop_map(|(teller, reports)| {
            let reports = reports.into_iter().map(|(message, attempt)| Report { message, attempt }).collect();
            (write(&Reports { teller, reports }), again::<Reports> as Again)
        }),
        networks.prop_map(|(remote, state, error, done)| {
            let report = NetworkReport { lane: "uk".into(), remote, state, error, done: done.map(Timestamp) };
            (write(&vec![report]), again::<Vec<NetworkReport>> as Again)
        }),
        orders.prop_map(|(account, id, source, destination, service_type, _)| {
            let cancel = Cancel { account, id: id.map(MessageId), source, destination, service_type };
            (write(&cancel), again::<Cancel> as Again)
        }),
        (account(), any::<u64>(), address()).prop_map(|(account, id, source)| {
            (write(&Question { account, id: MessageId(id), source }), again::<Question> as Again)
        }),
        (any::<u8>(), proptest::option::of(time()), any::<u32>()).prop_map(|(state, done, error)| {
            let standing: Result<Standing, Refusal> = Ok(Standing { state, done, error });
            (write(&standing), again::<Result<Standing, Refusal>> as Again)
        }),
        (account(), address(), proptest::option::of(time()), octets(200)).prop_map(|(account, source, time, text)| {
            let replacement = Replacement {
                account,
                id: MessageId(7),
                source,
                deliver_after: time,
                expires: None,
                registered_delivery: 1,
                sm_default_msg_id: 0,
                user_data: text.into(),
            };
            (write(&replacement), again::<Replacement> as Again)
        }),
        (0_usize..1 << 32, any::<u64>()).prop_map(|(max, hold)| {
            let want = Want { lane: "uk".into(), max, hold: std::time::Duration::from_millis(hold) };
            (write(&want), again::<Want> as Again)
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_every_prefix_is_refused((octets, again) in body(), cut in any::<prop::sample::Index>()) {
        prop_assert_eq!(again(&octets).unwrap(), octets.clone());
        prop_assert!(again(&octets[..cut.index(octets.len())]).is_err());
        let more = [&octets[..], &[0]].concat();
        prop_assert_eq!(again(&more).unwrap_err().fault, crate::model::FormFault::Surplus);
    }

    #[test]
    fn changed_octets_are_read_or_refused((mut octets, again) in body(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let at = at.index(octets.len());
        octets[at] = octet;
        if let Ok(written) = again(&octets) {
            prop_assert!(again(&written).is_ok());
        }
    }

    #[test]
    fn any_octets_are_read_or_refused(mut octets in octets(200), (_, again) in body()) {
        let _ = again(&octets);
        if let Some(first) = octets.first_mut() {
            *first = VERSION;
        }
        let _ = again(&octets);
        let mut frames = Frames::default();
        frames.push(&octets);
        while let Ok(Some(_)) = frames.next::<Late>() {}
    }

    #[test]
    fn frames_are_read_however_they_come(all in proptest::collection::vec((any::<u16>(), decided()), 0..6), size in 1_usize..50) {
        let all: Vec<Late> = all.into_iter().map(|(place, decided)| Late { place: place.into(), decided }).collect();
        let mut octets = vec![VERSION];
        for late in &all {
            octets.extend(KEEP_ALIVE);
            frame(late, &mut octets);
        }
        let (mut frames, mut came) = (Frames::default(), Vec::new());
        for some in octets.chunks(size) {
            frames.push(some);
            while let Some(late) = frames.next::<Late>().unwrap() {
                came.push(late);
            }
        }
        prop_assert_eq!(came, all);
    }
}

#[test]
fn a_list_written_item_by_item_is_the_list() {
    let lanes: Vec<Lane> = ["uk", "us"].map(Lane::from).into();
    let mut list = ListWriter::after(&7_u8);
    lanes.iter().for_each(|lane| list.push(lane));
    assert_eq!((list.count(), list.octets()), (2, 12));
    assert_eq!(list.finish(), write(&(7_u8, lanes)));
}

#[test]
fn what_cannot_be_read_is_named() {
    let text = |octets: &[u8]| read::<Vec<Question>>(octets).unwrap_err().to_string();
    assert_eq!(text(&[]), "version: octets missing");
    assert_eq!(text(&[9]), "version: version 9 is not known");
    assert_eq!(text(&[VERSION, 0, 0, 0, 1]), "count: more than 20000");
    let question = |id| Question { account: "shop".into(), id: MessageId(id), source: Address::default() };
    let octets = write(&vec![question(1), question(2)]);
    assert_eq!(text(&octets[..octets.len() - 4]), "item 1: id: octets missing");
    assert_eq!(text(&octets[..octets.len() - 1]), "item 1: source: octets missing");
    let submission = write(&vec![Submission::new(Message::new(MessageId(1), "shop".into(), "uk".into()))]);
    let error = read::<Vec<Submission>>(&submission[..20]).err().unwrap();
    assert_eq!(error.to_string(), "item 0: message: octets missing");
    let mut frames = Frames::default();
    frames.push(&[7]);
    assert_eq!(frames.next::<Late>().unwrap_err().to_string(), "version: version 7 is not known");
    let mut frames = Frames::default();
    frames.push(&[VERSION, 1, 0]);
    assert_eq!(frames.next::<Late>().unwrap_err().to_string(), "place: octets missing");
}
