//! Files that are easily taken for something else: what they are taken for, and what is said of it.

use std::path::PathBuf;

use gradus::train::Split;
use gradus_tables::{Answer, Error, Settings, Table};
use tempfile::TempDir;

fn file(here: &TempDir, text: &str) -> PathBuf {
    let path = here.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn open(text: &str, settings: &Settings) -> Result<Table, Error> {
    let here = TempDir::new().unwrap();
    Table::open(&file(&here, text), settings, &Split::default())
}

fn plain(text: &str) -> Table {
    open(text, &Settings::default()).unwrap()
}

fn names(table: &Table) -> Vec<&str> {
    table.encoder().columns.iter().map(|column| &*column.name).collect()
}

/// A head, and rows made of a number.
fn rows(head: &str, row: impl Fn(usize) -> String) -> String {
    format!("{head}\n") + &(0..120).map(|i| row(i) + "\n").collect::<String>()
}

fn houses() -> Table {
    plain(&rows("size,rooms,town,dear", |i| {
        format!("{}.5,{},{},{}", i % 17, i % 5, ["north", "south"][i % 2], ["no", "yes"][i / 3 % 2])
    }))
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let text = "a,b,c\n1,2,x\n\n3,\"4\n4\",y\n,,\n5,x\n6,7,x\n8,9,y\n";
    for end in ["\n", "\r\n", "\r"] {
        let table = plain(&text.replace('\n', end));
        let lines: Vec<u64> = (0..table.len()).map(|i| table.line(i)).collect();
        assert_eq!(lines, [2, 4, 8, 9], "{end:?}");
        assert_eq!(table.skipped()[0].to_string(), "line 7: 2 cells where the others have 3", "{end:?}");
    }
}

#[test]
fn names_that_are_numbers_are_names() {
    let table = plain(&rows("region,2019,2020,sold", |i| {
        format!("r{},{},{},{}", i % 4, i % 7, i % 9, ["no", "yes"][i % 2])
    }));
    assert_eq!((names(&table), table.classes().len()), (vec!["region", "2019", "2020"], 2));
    let table = plain(&rows("0,1,target", |i| format!("{},{},{}", i % 7, i % 5, ["no", "yes"][i % 2])));
    assert_eq!((names(&table), &*table.encoder().label.name), (vec!["0", "1"], "target"));
    let sold = rows("0,sold,2", |i| format!("{},{},{}", i % 7, ["no", "yes"][i % 2], i % 5));
    let asked = Settings { label: Some("sold".into()), ..Settings::default() };
    assert_eq!(open(&sold, &asked).unwrap().classes(), ["no", "yes"]);
    let error = open(&rows("1,2,3", |i| format!("{},{},{}", i % 7, i % 2, i % 5)), &asked).unwrap_err();
    assert!(error.to_string().contains("if the first row names them: --header yes"), "{error}");
}

#[test]
fn other_files_without_the_names_of_training_are_refused() {
    let (houses, here) = (houses(), TempDir::new().unwrap());
    let read = |text: &str| houses.encoder().open(&file(&here, text));
    for text in ["Size,Rooms,Town\n3,4,north\n", "x,y,z\nu,v,w\n", "a,b,c,d\n1,2,3,4\n"] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains("there is no column `"), "{text:?}: {error}");
    }
    assert_eq!(read("3,4,north\n5,4,south\n").unwrap().len(), 2, "rows alone are known by their places");
    let odd = read("town,size,rooms\nnorth,3,4\nwest,many,4\nwest,?,4\n").unwrap();
    let told = [
        "column size: 1 cell without a number (line 3: `many`), taken as missing",
        "column town: 2 cells unknown in training (line 3: `west`)",
    ];
    assert_eq!(odd.notes, told);
    let error = read("town,size,rooms\nnorth,big,4\nwest,small,4\n").unwrap_err().to_string();
    assert!(error.contains("column `size` holds no number (line 2: `big`)"), "{error}");
}

#[test]
fn other_files_are_read_as_training_was() {
    let here = TempDir::new().unwrap();
    let one = plain(&rows("x,y", |i| format!("{},{}", i % 13, ["a", "b"][i % 2])));
    assert_eq!(
        one.encoder().open(&file(&here, "x\n3\n4\n")).unwrap().len(),
        2,
        "one column has no delimiter"
    );
    let noted =
        plain(&rows("x,note,y", |i| format!("{},{},{}", i % 13, ["p;q", "r"][i % 2], ["a", "b"][i / 2 % 2])));
    let told = noted.encoder().open(&file(&here, "x,note\n3.5,p;q\n")).unwrap();
    assert_eq!((told.len(), told.notes.len()), (1, 0));
    // Decimal commas, then points.
    let german = plain(&rows("x;y", |i| format!("{},5;{}", i % 13, ["a", "b"][i % 2])));
    let seen = |text: &str| {
        let (told, mut into) = (german.encoder().open(&file(&here, text)).unwrap(), [f32::NAN]);
        told.read(german.encoder(), 0, &mut into);
        into
    };
    assert_eq!(seen("x;y\n4,5;a\n"), seen("x,y\n4.5,a\n"));
    assert_eq!(seen("x;y\n4,5;a\n"), seen("x\n\"4,5\"\n"));
}

#[test]
fn words_for_nothing_may_be_classes() {
    let classes =
        |all: [&str; 3]| plain(&rows("x,grade", |i| format!("{},{}", i % 11, all[i % 3]))).classes().to_vec();
    assert_eq!(classes(["none", "mild", "severe"]), ["mild", "none", "severe"]);
    assert_eq!(classes(["+", "-", "NA"]), ["+", "-", "NA"]);
    assert_eq!(classes(["0", "1", "NA"]), ["0", "1"], "among numbers they are nothing");
    assert_eq!(classes(["x", "y", "?"]), ["x", "y"]);
}

#[test]
fn a_few_labels_that_are_no_numbers_do_not_make_classes() {
    let typo = rows("x,price", |i| match i {
        7 => "3,unknown".into(),
        8 => "4,1e300".into(),
        _ => format!("{},{}", i % 11, i * 10),
    });
    let table = plain(&typo);
    assert!(table.classes().is_empty());
    let reasons: Vec<&str> = table.skipped().iter().map(|s| &*s.reason).collect();
    assert_eq!(reasons, ["its label `unknown` is no number", "its label `1e300` is too large"]);
    let many =
        rows("x,price", |i| format!("{},{}", i % 11, if i % 9 == 0 { "x".into() } else { format!("{i}.5") }));
    let error = open(&many, &Settings::default()).unwrap_err().to_string();
    assert!(error.contains("--answer value"), "{error}");
}

#[test]
fn what_may_be_thousands_is_told() {
    let tsv = rows("x\tprice", |i| {
        format!("{}\t{}", i % 11, if i % 4 == 0 { "7,883".into() } else { format!("{}", 900 + i) })
    });
    let told = plain(&tsv).notes().to_vec();
    let wanted = "column price: `7,883` is read as 7.883; if thousands are meant, write them without a comma";
    assert_eq!(told, [wanted]);
    let decimal = rows("x;price", |i| format!("{};{},{}", i % 11, i, [125, 25][i % 2]));
    assert!(plain(&decimal).notes().is_empty());
}

#[test]
fn only_what_is_called_so_counts_the_rows() {
    let t = plain(&rows("t,y", |i| format!("{i},{}.5", i * i)));
    assert_eq!(names(&t), ["t"]);
    let gaps = plain(&rows("user_id,x,y", |i| {
        format!("{},{},{}", i * 3, i % 7, if i == 50 { "" } else { ["a", "b"][i % 2] })
    }));
    assert_eq!(
        (names(&gaps), gaps.notes()),
        (vec!["x"], &["column user_id is left out: it counts the rows".to_string()][..])
    );
}

#[test]
fn what_is_asked_for_is_done() {
    let zips = rows("zip,x,y", |i| format!("{},{},{}", 10_000 + i * 7919 % 1009, i % 7, ["a", "b"][i % 2]));
    let asked = Settings { categories: vec!["zip".into()], ..Settings::default() };
    let table = open(&zips, &asked).unwrap();
    assert_eq!(names(&table), ["zip", "x"]);
    assert!(table.encoder().columns[0].inputs() > 60);
    // The label is not what is left out.
    let leave_out = Settings { leave_out: vec!["y".into()], ..Settings::default() };
    assert_eq!(&*open(&zips, &leave_out).unwrap().encoder().label.name, "x");
    let both = Settings { label: Some("y".into()), ..leave_out };
    assert!(open(&zips, &both).unwrap_err().to_string().contains("to be learnt and to be left out"));
    // Read again with what was guessed, it is the same.
    let resolved = table.settings(&asked);
    assert_eq!(
        (resolved.answer, resolved.delimiter, resolved.header),
        (Some(Answer::Class), Some(','), Some(true))
    );
    assert_eq!(open(&zips, &resolved).unwrap().fingerprint(), table.fingerprint());
}

#[test]
fn rows_may_end_in_a_delimiter() {
    let table = plain(&rows("a;b;c", |i| format!("{};{};{};", i % 7, i % 5, i % 2)));
    let told = "column 4 is left out: nothing is in it";
    assert_eq!(&*table.encoder().label.name, "c");
    assert_eq!((names(&table), &*table.notes()[0]), (vec!["a", "b"], told));
}
