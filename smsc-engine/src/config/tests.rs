//! Settings from files and variables: what is taken, and every way to be wrong.

use super::Settings;

#[test]
fn without_accounts_there_is_the_test_account() {
    let settings = Settings::default();
    assert!(settings.has_test_account());
    assert_eq!(settings.accounts.len(), 1);
    assert!(settings.accounts[0].password == crate::frontend::Secret::new("test"));
}

#[test]
fn debug_of_settings_shows_no_password() {
    let mut settings = Settings::default();
    settings.accounts[0].password = crate::frontend::Secret::new("hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[cfg(feature = "config")]
mod loading {
    use std::fs;
    use std::path::Path;

    use crate::config::*;
    use crate::frontend::Secret;

    /// Loads a text as `smsc.toml` together with some variables.
    fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("smsc-config-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("smsc.toml");
        fs::write(&file, text).unwrap();
        let result = load_file(&file, variables);
        fs::remove_dir_all(&directory).unwrap();
        let prefix = format!("{}/", directory.display());
        result.map_err(|errors| errors.iter().map(|error| error.to_string().replace(&prefix, "")).collect())
    }

    fn load_file(file: &Path, variables: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
        load(Some(file), variables.iter().map(|(name, value)| (name.to_string(), value.to_string())))
    }

    fn load_variables(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        load(None, variables.iter().map(|(name, value)| (name.to_string(), value.to_string())))
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    /// A text, variables, and the lines they are refused with.
    #[track_caller]
    fn refused(text: &str, variables: &[(&str, &str)], lines: &[&str]) {
        assert_eq!(load_text(text, variables).unwrap_err(), lines);
    }

    /// Every key, most with a value that is not the default, as settings are shown.
    const OTHER: &str = include_str!("every_key.toml");

    /// The keys of that file that hold their defaults, for nothing else can stand beside the rest.
    const DEFAULTS: [&str; 5] = ["cluster_nodes", "dns_cluster_query", "client_ca_path", "password_hash", "mode"];

    fn other() -> Settings {
        load_text(OTHER, &[]).unwrap()
    }

    /// The keys of a file as variables with what they say.
    fn variables(text: &str) -> Vec<(String, String)> {
        let mut section = String::new();
        let mut variables = Vec::new();
        let mut list = "";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("[[") {
                list = name.trim_end_matches(']');
                section = format!("{}__0", list.replace('.', "__"));
            } else if let Some(name) = line.strip_prefix(&format!("[{list}.")).filter(|_| !list.is_empty()) {
                section = format!("{list}__0__{}", name.trim_end_matches(']').replace('.', "__"));
            } else if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').replace('.', "__");
            } else if let Some((key, value)) = line.split_once(" = ") {
                let value = value.trim_matches(['[', ']']);
                let value = if line.contains("= [") { value.replace('"', "") } else { value.trim_matches('"').into() };
                variables.push((format!("SMSC_{section}__{key}").to_uppercase(), value.replace("\\\\", "\\")));
            }
        }
        variables
    }

    fn borrowed(variables: &[(String, String)]) -> Vec<(&str, &str)> {
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// As settings are shown.
    fn shown(text: &str) -> String {
        text.replace("****************", "********")
    }

    #[test]
    fn nothing_given_means_all_defaults() {
        assert_eq!(load_variables(&[]).unwrap(), Settings::default());
        assert_eq!(load_text("", &[]).unwrap(), Settings::default());
        assert_eq!(load_text("# nothing\r\n[smpp]\r\n", &[]).unwrap(), Settings::default());
    }

    #[test]
    fn every_key_can_come_from_the_file() {
        assert_eq!(other().to_toml(), shown(OTHER));
        let sample = Settings::sample();
        let values = sample.lines().map(|line| line.trim_start_matches('#')).filter(|line| !line.starts_with(' '));
        let (ours, theirs): (Vec<_>, Vec<_>) =
            OTHER.lines().zip(values.skip(1)).filter(|(ours, theirs)| ours == theirs && ours.contains(" = ")).unzip();
        assert!(ours.iter().all(|line| DEFAULTS.iter().any(|key| line.starts_with(key))), "{ours:?} {theirs:?}");
        assert_eq!(names(&sample), names(OTHER), "the file has every key");
    }

    /// The names of all keys in a file, those of examples too.
    fn names(text: &str) -> Vec<String> {
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with("# "))
            .map(|line| format!("{}\n", line.trim_start_matches('#')))
            .collect();
        variables(&text).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn every_key_can_come_from_the_environment_and_wins_over_the_file() {
        let variables = variables(OTHER);
        assert_eq!(load_variables(&borrowed(&variables)).unwrap(), other());
        assert_eq!(load_text(&Settings::sample(), &borrowed(&variables)).unwrap(), other());
    }

    #[test]
    fn each_key_moves_only_itself() {
        // These need others.
        let needy = [
            "ACCOUNTS__0__SYSTEM_ID",
            "TLS_CERT_PATH",
            "TLS_KEY_PATH",
            "DB_ADAPTER",
            "SHARED__DB_HOSTNAME",
            "API_KEYS",
            "USERS",
            "RULES",
            "ROUTES",
            "BINDS",
        ];
        for variable in &variables(OTHER) {
            let (name, value) = (variable.0.as_str(), variable.1.as_str());
            if needy.iter().chain(&DEFAULTS).any(|key| name.contains(&key.to_uppercase())) || value == "********" {
                continue;
            }
            let settings = load_text(&Settings::sample(), &[(name, value)]).unwrap();
            let (before, after) = (Settings::default().to_toml(), settings.to_toml());
            let moved = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
            assert_eq!(moved, 1, "{name}");
        }
    }

    #[test]
    fn the_sample_is_the_defaults_and_explains_every_key() {
        let sample = Settings::sample();
        assert_eq!(load_text(&sample, &[]).unwrap(), Settings::default());
        let mut explained = false;
        for line in sample.lines() {
            assert!(line.len() <= 130, "{line}");
            if !line.starts_with('#') && !line.is_empty() {
                assert!(explained, "{line}");
            }
            explained = line.starts_with('#');
        }
    }

    #[test]
    fn shown_settings_hide_passwords_and_read_back_as_the_rest() {
        let mut settings = Settings::default();
        settings.accounts[0].password = Secret::new("hunter2");
        settings.records.db_password = Secret::new("hunter2");
        settings.web.users = vec![WebUser { name: "me".into(), password_hash: Secret::new("hunter2"), ..WebUser::default() }];
        let shown = settings.to_toml();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(!format!("{settings:?}").contains("hunter2"));
        settings.accounts[0].password = Secret::new("********");
        settings.records.db_password = Secret::new("********");
        settings.web.users[0].password_hash = Secret::new("********");
        assert_eq!(load_text(&shown, &[]).unwrap(), settings);
    }

    #[test]
    fn inline_tables_dotted_keys_and_a_byte_order_mark_are_toml_too() {
        let settings = load_text(
            "\u{FEFF}smpp.window = 7\naccounts = [{ system_id = \"a\", password = \"\" }, { system_id = \"b\", password = \"x\" }]",
            &[],
        )
        .unwrap();
        assert_eq!(settings.smpp.window, 7);
        assert_eq!(settings.accounts.iter().map(|account| account.system_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(!settings.has_test_account());
    }

    #[test]
    fn variables_change_and_add_accounts() {
        let text = "[[accounts]]\nsystem_id = \"a\"\npassword = \"1\"\n";
        let variables = [
            ("SMSC_ACCOUNTS__0__PASSWORD", "12345678"),
            ("SMSC_ACCOUNTS__1__SYSTEM_ID", "007"),
            ("SMSC_ACCOUNTS__1__PASSWORD", "42"),
        ];
        let settings = load_text(text, &variables).unwrap();
        assert_eq!(settings.accounts[0].password.expose(), "12345678");
        assert_eq!(settings.accounts[1].system_id, "007");
        assert_eq!(settings.accounts[1].password.expose(), "42");
    }

    #[test]
    fn variables_without_a_path_are_not_keys() {
        let variables = [("SMSC_TEST_REQUIRE", "1"), ("SMSC_", ""), ("PATH__X", "y"), ("XSMSC_SMPP__WINDOW", "0")];
        assert_eq!(load_variables(&variables).unwrap(), Settings::default());
    }

    #[test]
    fn an_unknown_key_gets_place_section_and_the_nearest_name() {
        refused(
            "\n[smpp]\n\n\n[[accounts]]\nsystem_id = \"a\"\npasword = \"x\"\npassword = \"x\"\n",
            &[],
            &["smsc.toml:7:1: unknown key `pasword` in [[accounts]], did you mean `password`?"],
        );
        refused("[smp]\n", &[], &["smsc.toml:1:2: unknown key `smp` at the top level, did you mean `smpp`?"]);
        refused("log = { 'lev\tel' = 1 }", &[], &["smsc.toml:1:9: unknown key `lev\\tel` in [log], did you mean `level`?"]);
        refused(
            "[log]\ncolour = 1",
            &[],
            &["smsc.toml:2:1: unknown key `colour` in [log]; known: level, format, file, keep_files"],
        );
    }

    #[test]
    fn an_unknown_variable_is_named_with_the_nearest_name() {
        refused(
            "",
            &[
                ("SMSC_SMPP__LISTN", "x"),
                ("SMSC_SMP__LISTEN", "x"),
                ("SMSC_SMPP__LISTEN__PORT", "x"),
                ("SMSC_ACCOUNTS__FIRST__SYSTEM_ID", "x"),
                ("SMSC_ACCOUNTS__00__SYSTEM_ID", "x"),
                ("SMSC_LOG__", "x"),
            ],
            &[
                "SMSC_ACCOUNTS__00__SYSTEM_ID: unknown key `00` in accounts, whose entries are numbered from 0",
                "SMSC_ACCOUNTS__FIRST__SYSTEM_ID: unknown key `first` in accounts, whose entries are numbered from 0",
                "SMSC_LOG__: unknown key `` in [log]; known: level, format, file, keep_files",
                "SMSC_SMPP__LISTEN__PORT: unknown key `port` in smpp.listen, which is one value",
                "SMSC_SMPP__LISTN: unknown key `listn` in [smpp], did you mean `SMSC_SMPP__LISTEN`?",
                "SMSC_SMP__LISTEN: unknown key `smp` at the top level, did you mean `SMSC_SMPP__LISTEN`?",
            ],
        );
    }

    #[test]
    fn a_value_of_another_type_is_refused_where_it_stands() {
        refused(
            "accounts = 1\n[smpp]\nlisten = 2775\nwindow = \"100\"\nversion = 3.4\n[storage]\nmax_queued = 1e6\n[sandbox]\nby_number = 1\n",
            &[],
            &[
                "smsc.toml:1:12: accounts must be a list: [[accounts]], found a whole number",
                "smsc.toml:3:10: smpp.listen must be an IP address and a port such as \"127.0.0.1:2775\", found a whole number",
                "smsc.toml:4:10: smpp.window must be a whole number, found a text",
                "smsc.toml:5:11: smpp.version must be one of \"3.3\", \"3.4\", \"5.0\", found a fraction",
                "smsc.toml:7:14: storage.max_queued must be a whole number, found a fraction",
                "smsc.toml:9:13: sandbox.by_number must be true or false, found a whole number",
            ],
        );
        refused("smpp = [1]", &[], &["smsc.toml:1:8: smpp must be a section of keys, found a list"]);
        refused("accounts = [1]", &[], &["smsc.toml:1:13: accounts[0] must be a section of keys, found a whole number"]);
        refused("[accounts]", &[], &["smsc.toml:1:1: accounts must be a list: [[accounts]], found a section"]);
        refused("", &[("SMSC_ACCOUNTS__0", "x")], &["SMSC_ACCOUNTS__0: accounts[0] must be a section of keys, found a value"]);
    }

    #[test]
    fn a_variable_of_another_type_is_named() {
        refused(
            "",
            &[
                ("SMSC_SMPP__LISTEN", "localhost:2775"),
                ("SMSC_SMPP__WINDOW", "many"),
                ("SMSC_SMPP__MAX_CONNECTIONS", ""),
                ("SMSC_SANDBOX__BY_NUMBER", "yes"),
                ("SMSC_STORAGE__DIRECTORY", "\u{FFFD}"),
            ],
            &[
                "SMSC_SANDBOX__BY_NUMBER: sandbox.by_number must be true or false, is \"yes\"",
                "SMSC_SMPP__LISTEN: smpp.listen must be an IP address and a port such as \"127.0.0.1:2775\", is \"localhost:2775\"",
                "SMSC_SMPP__MAX_CONNECTIONS: smpp.max_connections must be a whole number, is \"\"",
                "SMSC_SMPP__WINDOW: smpp.window must be a whole number, is \"many\"",
                "SMSC_STORAGE__DIRECTORY: storage.directory must be a path, is \"not UTF-8\"",
            ],
        );
    }

    #[test]
    fn the_variable_is_judged_not_the_value_it_hides() {
        let settings = load_text("[smpp]\nwindow = 0", &[("SMSC_SMPP__WINDOW", "9")]).unwrap();
        assert_eq!(settings.smpp.window, 9);
        refused(
            "[smpp]\nwindow = 9",
            &[("SMSC_SMPP__WINDOW", "0")],
            &["SMSC_SMPP__WINDOW: smpp.window must be 1 to 65535, is 0"],
        );
    }

    #[test]
    fn a_word_that_means_nothing_gets_the_nearest() {
        refused(
            "[sandbox]\noutcome = \"delivred\"\n[log]\nlevel = \"loud\"\n",
            &[],
            &[
                "smsc.toml:2:11: sandbox.outcome must be one of \"delivered\", \"undeliverable\", \"expired\", \"rejected\", \
                 \"unknown\", is \"delivred\", did you mean `delivered`?",
                "smsc.toml:4:9: log.level must be one of \"off\", \"error\", \"warn\", \"info\", \"debug\", \"trace\", is \"loud\"",
            ],
        );
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        refused(
            "[smpp]\nwindow = 0\nresponse_seconds = -1\nmax_pdu_octets = 99999999999999999999\nmax_connections = 0xFFFFFFFFF\n",
            &[],
            &[
                "smsc.toml:2:10: smpp.window must be 1 to 65535, is 0",
                "smsc.toml:3:20: smpp.response_seconds must be 1 to 3600, is -1",
                "smsc.toml:4:18: smpp.max_pdu_octets must be 1024 to 16777216, is 99999999999999999999",
                "smsc.toml:5:19: smpp.max_connections must be 1 to 1000000, is 0xFFFFFFFFF",
            ],
        );
    }

    #[test]
    fn both_ends_of_a_range_are_allowed_and_the_next_is_not() {
        for (value, good) in [("1023", false), ("1024", true), ("16777216", true), ("16777217", false)] {
            assert_eq!(load_variables(&[("SMSC_SMPP__MAX_PDU_OCTETS", value)]).is_ok(), good, "{value}");
        }
    }

    #[test]
    fn texts_that_do_not_fit_their_field_are_refused() {
        refused(
            "[smpp]\nsystem_id = \"sixteen octets!!\"\n[[accounts]]\nsystem_id = \"tést\"\npassword = \"123456789\"\nbind = []\n",
            &[],
            &[
                "smsc.toml:2:13: smpp.system_id must be 0 to 15 octets long, is 16",
                "smsc.toml:4:13: accounts[0].system_id must be a text of printable ASCII, is \"tést\"",
                "smsc.toml:5:12: accounts[0].password must be 0 to 8 octets long, is 9",
                "smsc.toml:6:8: accounts[0].bind must be 1 to 3 entries, is 0",
            ],
        );
        refused("[storage]\ndirectory = \"\"", &[], &["smsc.toml:2:13: storage.directory must be 1 to 4096 octets long, is 0"]);
    }

    #[test]
    fn no_message_shows_a_password() {
        let text = "[[accounts]]\nsystem_id = \"a\"\npassword = \"hünter2\"\n[[accounts]]\nsystem_id = \"b\"\npassword = \"hunter2hunter2\"\n";
        refused(
            text,
            &[],
            &[
                "smsc.toml:3:12: accounts[0].password must be a text of printable ASCII",
                "smsc.toml:6:12: accounts[1].password must be 0 to 8 octets long, is 14",
            ],
        );
        for broken in ["password = hunter2", "password = \"hunter2", "password = 'hunter2\n'", "password = \"hunter2\" hunter2"] {
            let errors = load_text(&format!("[[accounts]]\n{broken}\n"), &[("SMSC_SMPP__WINDOW", "0")]).unwrap_err();
            assert!(!errors.is_empty() && !errors.join(" ").contains("hunter2"), "{errors:?}");
        }
    }

    #[test]
    fn an_account_needs_a_name_and_a_password_of_its_own() {
        refused(
            "[[accounts]]\nsystem_id = \"a\"\n\n[[accounts]]\npassword = \"x\"\n[[accounts]]\nsystem_id = \"a\"\npassword = \"y\"\n",
            &[],
            &[
                "smsc.toml:1:1: accounts[0].password is missing",
                "smsc.toml:4:1: accounts[1].system_id is missing",
                "smsc.toml:7:13: accounts[2].system_id \"a\" is taken by accounts[0] already",
            ],
        );
        refused("", &[("SMSC_ACCOUNTS__0__SYSTEM_ID", "a")], &["SMSC_ACCOUNTS__0__SYSTEM_ID: accounts[0].password is missing"]);
        refused("accounts = []", &[], &["smsc.toml:1:12: accounts must be 1 to 100000 entries, is 0"]);
    }

    #[test]
    fn variables_may_not_leave_holes_in_a_list() {
        let huge = format!("SMSC_ACCOUNTS__{}__SYSTEM_ID", usize::MAX);
        for name in ["SMSC_ACCOUNTS__2__SYSTEM_ID", huge.as_str()] {
            refused(
                "[[accounts]]\nsystem_id = \"a\"\npassword = \"x\"\n",
                &[(name, "c")],
                &[&format!("{name}: there is no accounts[1] before it")],
            );
        }
    }

    #[test]
    fn all_errors_come_at_once_in_the_order_of_the_file() {
        refused(
            "[log]\nlevel = 1\n[smpp]\nwindow = 0\ncolour = 1\n",
            &[("SMSC_SANDBOX__DELAY_MS", "-1")],
            &[
                "smsc.toml:2:9: log.level must be one of \"off\", \"error\", \"warn\", \"info\", \"debug\", \"trace\", found a whole number",
                "smsc.toml:4:10: smpp.window must be 1 to 65535, is 0",
                "smsc.toml:5:1: unknown key `colour` in [smpp]; known: listen, system_id, allow, enquire_link_seconds, response_seconds, \
                 session_init_seconds, inactivity_seconds, window, max_unanswered, max_connections, max_pdu_octets, version",
                "SMSC_SANDBOX__DELAY_MS: sandbox.delay_ms must be 0 to 86400000, is -1",
            ],
        );
    }

    #[test]
    fn columns_count_characters() {
        refused(
            "\"ä\" = 1\nlog = { \"é\" = 1, level = 1 }",
            &[("SMSC_LOG__LEVEL", "info")],
            &[
                "smsc.toml:1:1: unknown key `ä` at the top level; known: node, smpp, api, web, metrics, storage, \
                 records, batch, lifecycle, routing, charging, enum, accounts, translation_rules, sms_routes, binds, sandbox, log",
                "smsc.toml:2:9: unknown key `é` in [log]; known: level, format, file, keep_files",
            ],
        );
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_line_by_line() {
        let errors = load_text("[smpp]\nwindow = 1\nlisten =\nwindow = 2\n", &[]).unwrap_err();
        assert!(errors[0].starts_with("smsc.toml:3:"), "{errors:?}");
        assert!(errors.iter().any(|error| error.starts_with("smsc.toml:4:1: ")), "{errors:?}");
        assert!(errors.iter().all(|error| !error.contains('\n')), "{errors:?}");
    }

    #[test]
    fn a_file_of_something_else_gets_a_bounded_answer() {
        let errors = load_text(&"Jan 1 00:00:00 host kernel: up\n".repeat(20_000), &[]).unwrap_err();
        assert!((1..=20).contains(&errors.len()), "{}", errors.len());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let missing = Path::new("no/such/file.toml");
        let error = load_file(missing, &[]).unwrap_err().to_string();
        assert!(error.starts_with("no/such/file.toml: cannot be read: "), "{error}");
        let directory = load_file(Path::new(env!("CARGO_MANIFEST_DIR")), &[]).unwrap_err();
        assert!(matches!(directory.iter().next().unwrap().fault, Fault::Unreadable(_)));
    }

    #[test]
    fn a_file_that_is_not_utf8_or_endless_is_refused() {
        let file = std::env::temp_dir().join(format!("smsc-config-latin1-{}.toml", std::process::id()));
        fs::write(&file, b"[smpp]\nsystem_id = \"\xE9\"\n").unwrap();
        let error = load_file(&file, &[]).unwrap_err().to_string();
        fs::remove_file(&file).unwrap();
        assert_eq!(error, format!("{}:2:14: syntax error: not UTF-8", file.display()));
        #[cfg(unix)]
        assert_eq!(
            load_file(Path::new("/dev/zero"), &[]).unwrap_err().to_string(),
            "/dev/zero: cannot be read: larger than 33554432 octets"
        );
    }
}

#[cfg(all(test, feature = "config"))]
#[path = "more_tests.rs"]
mod more;
