use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

const MONDAY: Timestamp = Timestamp(4_000_000_000_000);

fn day(number: u64) -> Timestamp {
    Timestamp(MONDAY.0 + number * DAY_MILLIS)
}

fn open(directory: &tempfile::TempDir, max_octets: u64, keep: usize) -> RotatingFile {
    RotatingFile::open(FileOptions { path: directory.path().join("logs/smsc.log"), max_octets, keep }).unwrap()
}

fn names(directory: &tempfile::TempDir) -> Vec<String> {
    let files = fs::read_dir(directory.path().join("logs")).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(directory: &tempfile::TempDir, name: &str) -> String {
    let mut text = String::new();
    let mut file = File::open(directory.path().join("logs").join(name)).unwrap();
    if name.ends_with(".gz") {
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    text
}

#[test]
fn each_day_has_its_file_and_older_ones_are_compressed_with_one_delay() {
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory, 1 << 20, 3);
    for number in 0..6 {
        file.write(&format!("day {number}\n"), day(number));
        file.write(&format!("day {number} again\n"), day(number));
    }
    drop(file);
    assert_eq!(names(&directory), ["smsc.log", "smsc.log.1", "smsc.log.2.gz", "smsc.log.3.gz"]);
    assert_eq!(read(&directory, "smsc.log"), "day 5\nday 5 again\n");
    assert_eq!(read(&directory, "smsc.log.1"), "day 4\nday 4 again\n");
    assert_eq!(read(&directory, "smsc.log.3.gz"), "day 2\nday 2 again\n");
}

#[test]
fn a_file_without_lines_is_not_put_away() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(&directory, 1 << 20, 3));
    let file = open(&directory, 1 << 20, 3);
    file.write("first\n", day(9));
    assert_eq!(names(&directory), ["smsc.log"]);
}

#[test]
fn no_line_is_lost_while_threads_write_and_files_change_places() {
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory, 2_000, 1_000);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let file = &file;
            scope.spawn(move || (0..500).for_each(|number| file.write(&format!("{thread} {number}\n"), MONDAY)));
        }
    });
    drop(file);
    assert!(names(&directory).len() > 5);
    let all: Vec<String> = names(&directory).iter().flat_map(|name| lines(&read(&directory, name))).collect();
    assert_eq!(all.len(), 2_000, "none twice");
    let wanted: BTreeSet<String> = (0..4).flat_map(|thread| (0..500).map(move |number| format!("{thread} {number}"))).collect();
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), wanted);
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn somebody_else_may_put_the_file_away() {
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory, 1 << 20, 3);
    let logs = directory.path().join("logs");
    file.write("before\n", MONDAY);
    fs::rename(logs.join("smsc.log"), logs.join("elsewhere")).unwrap();
    file.write("in between\n", MONDAY);
    file.reopen().unwrap();
    file.write("after\n", MONDAY);
    assert_eq!(read(&directory, "elsewhere"), "before\nin between\n");
    assert_eq!(read(&directory, "smsc.log"), "after\n");
}

#[test]
fn the_next_life_goes_on_in_the_same_file_and_finishes_what_was_left() {
    let directory = tempfile::tempdir().unwrap();
    open(&directory, 1 << 20, 5).write("one\n", Timestamp::now());
    // A file that was put away and not compressed when the program died.
    fs::write(directory.path().join("logs/smsc.log.1"), "left\n").unwrap();
    let file = open(&directory, 1 << 20, 5);
    file.write("two\n", Timestamp::now());
    file.write("tomorrow\n", Timestamp::now().after(std::time::Duration::from_secs(48 * 3600)));
    drop(file);
    assert_eq!(names(&directory), ["smsc.log", "smsc.log.1", "smsc.log.2.gz"]);
    assert_eq!(read(&directory, "smsc.log.1"), "one\ntwo\n");
    assert_eq!(read(&directory, "smsc.log.2.gz"), "left\n");
}

#[cfg(unix)]
#[test]
fn everybody_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = open(&directory, 1 << 20, 3);
    for number in 0..3 {
        file.write("line\n", day(number));
    }
    drop(file);
    for name in names(&directory) {
        let mode = fs::metadata(directory.path().join("logs").join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}");
    }
}
