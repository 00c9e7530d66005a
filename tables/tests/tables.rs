//! Tables as people have them, and what becomes of them.

use std::io::Write;
use std::path::PathBuf;

use gradus::train::{Part, Split};
use gradus_tables::{Answer, Encoder, Error, Kind, Settings, Table};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn open(text: impl AsRef<[u8]>, settings: Settings) -> Result<Table, Error> {
    let folder = Folder::new();
    Table::open(&folder.file("t.csv", text), &settings, &Split::default())
}

fn plain(text: impl AsRef<[u8]>) -> Table {
    open(text, Settings::default()).unwrap()
}

fn refused(text: impl AsRef<[u8]>, settings: Settings, says: &str) {
    let error = open(text, settings).expect_err(says).to_string();
    assert!(error.contains(says), "{error}");
}

/// `rows` rows: a number, a colour, a number that follows the class, the class.
fn people(rows: usize) -> String {
    let row = |i: usize| {
        let class = if i.is_multiple_of(3) { "yes" } else { "no" };
        format!(
            "{},{},{}.5,{class}\n",
            i * 7 % 50,
            ["red", "green", "blue"][i * i % 7 % 3],
            i % 3 * 10 + i % 5
        )
    };
    "age,colour,score,bought\n".to_string() + &(0..rows).map(row).collect::<String>()
}

fn names(table: &Table) -> Vec<&str> {
    table.encoder().columns.iter().map(|column| &*column.name).collect()
}

fn row(table: &Table, i: usize) -> Vec<f32> {
    let mut into = vec![f32::NAN; table.encoder().inputs()];
    table.read(i, &mut into);
    into
}

#[test]
fn columns_are_numbers_or_categories_and_the_last_is_the_label() {
    let table = plain(people(200));
    assert_eq!(names(&table), ["age", "colour", "score"]);
    assert_eq!(table.classes(), ["no", "yes"]);
    assert_eq!((table.len(), table.encoder().inputs()), (200, 5));
    assert_eq!((table.class(0), table.class(1), table.line(0)), (1, 0, 2));
    assert!(table.about(0).starts_with("age 0, colour red, score 0.5"), "{}", table.about(0));
    let parts = Part::ALL.map(|part| table.indices(part).len());
    assert_eq!(parts.iter().sum::<usize>(), 200);
    assert!(parts.iter().all(|n| *n > 10), "{parts:?}");
    let train = table.indices(Part::Train);
    for (column, inputs) in [(0, 0), (2, 4)] {
        let Kind::Number { missing: false, .. } = table.encoder().columns[column].kind else {
            panic!("numbers, none of them missing")
        };
        // Over the training part the mean is 0 and the deviation 1, as of scikit-learn's StandardScaler.
        let seen: Vec<f64> = train.iter().map(|i| row(&table, *i as usize)[inputs] as f64).collect();
        let mean = seen.iter().sum::<f64>() / seen.len() as f64;
        let variance = seen.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / seen.len() as f64;
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
    }
    assert!((0..200).all(|i| row(&table, i)[1..4].iter().sum::<f32>() == 1.0), "one colour each");
}

#[test]
fn what_is_measured_is_measured_on_the_training_part_alone() {
    let text = people(200);
    let table = plain(&text);
    let test = table.indices(Part::Test)[0] as usize;
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let told = lines[test + 1].clone();
    // Another label leaves the row where it is; what is in it is of no weight.
    lines[test + 1] = told.replace("yes", "maybe").replace(",no", ",maybe");
    let other = plain(lines.join("\n"));
    assert_eq!(other.encoder().columns, table.encoder().columns);
    assert_eq!(other.indices(Part::Test), table.indices(Part::Test));
    assert_ne!(other.fingerprint(), table.fingerprint());
}

#[test]
fn parts_stay_when_rows_are_added_and_copies_lie_in_one() {
    let (short, long) = (plain(people(200)), plain(people(400)));
    for part in Part::ALL {
        let kept: Vec<u32> = long.indices(part).into_iter().filter(|i| *i < 200).collect();
        assert_eq!(kept, short.indices(part), "{part:?}");
    }
    let twice = people(100) + people(100).split_once('\n').unwrap().1;
    let twice = plain(twice);
    for part in Part::ALL {
        let first: Vec<u32> = twice.indices(part).into_iter().filter(|i| *i < 100).map(|i| i + 100).collect();
        let second: Vec<u32> = twice.indices(part).into_iter().filter(|i| *i >= 100).collect();
        assert_eq!(first, second);
    }
}

#[test]
fn files_are_read_as_programs_write_them() {
    let plain_one = plain(people(90));
    let folder = Folder::new();
    let same = |name: &str, bytes: Vec<u8>| {
        let path = folder.file(name, bytes);
        let table = Table::open(&path, &Settings::default(), &Split::default()).unwrap();
        assert_eq!(table.encoder().columns.len(), 3, "{name}");
        assert_eq!((table.len(), table.classes()), (90, plain_one.classes()), "{name}");
        if name != "german.csv" {
            (0..90).for_each(|i| assert_eq!(row(&table, i), row(&plain_one, i), "{name}"));
        }
        table
    };
    let text = people(90);
    same("bom.csv", [b"\xef\xbb\xbf", text.as_bytes()].concat());
    same("crlf.csv", text.replace('\n', "\r\n").into());
    same("tabs.tsv", text.replace(',', "\t").into());
    same("spaces.csv", text.replace(',', ", ").into());
    same("blank.csv", text.replace('\n', "\n\n").into());
    same("quoted.csv", text.replace("red", "\"red\"").into());
    let german = same("german.csv", text.replace(',', ";").replace('.', ",").into());
    assert!(matches!(german.encoder().columns[2].kind, Kind::Number { .. }), "0,5 is a number there");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    same("packed.csv.gz", gzip.finish().unwrap());
    // R's write.table names the columns, but not that of the rows' names.
    let numbered: String =
        text.lines().skip(1).enumerate().map(|(i, line)| format!("{},{line}\n", i + 1)).collect();
    let r = plain(format!("age,colour,score,bought\n{numbered}"));
    assert_eq!(names(&r), ["age", "colour", "score"]);
    assert!(
        r.notes().iter().any(|note| note == "column 1 is left out: it counts the rows"),
        "{:?}",
        r.notes()
    );
}

#[test]
fn a_table_without_names_is_known_by_numbers() {
    let text = people(100);
    let table = plain(text.split_once('\n').unwrap().1);
    assert_eq!(names(&table), ["1", "2", "3"]);
    assert_eq!((table.len(), table.line(0), &*table.encoder().label.name), (100, 1, "4"));
    let first = Settings { label: Some("2".into()), header: Some(false), ..Settings::default() };
    let table = open(text.split_once('\n').unwrap().1, first).unwrap();
    assert_eq!(table.classes(), ["blue", "green", "red"]);
}

/// A first row that may be names is one, where there never were any.
#[test]
fn rows_for_a_model_without_names_are_known_by_their_places() {
    let folder = Folder::new();
    let rows: String =
        (0..60).map(|i| format!("{},{},{}\n", ["u", "v"][i % 2], i % 7, ["no", "yes"][i / 2 % 2])).collect();
    let table = plain(rows);
    let count = |text: &str| table.encoder().open(&folder.file("n.csv", text)).unwrap().len();
    assert_eq!(count("v,3\n"), 1);
    assert_eq!(count("w,?\nu,4\n"), 2, "nothing says that `w` is a name");
    assert_eq!(count("first,second,third\nu,4,no\n"), 1);
    assert_eq!(count("u,x,no\nu,4,no\nu,5,no\n"), 2, "a name where numbers are");
}

#[test]
fn the_label_is_found_by_its_name_or_asked_for() {
    let moved = people(100).replace("age,colour,score,bought", "age,Class,score,bought");
    assert_eq!(&*plain(moved).encoder().label.name, "Class");
    let asked = |label: &str| Settings { label: Some(label.into()), ..Settings::default() };
    assert_eq!(open(people(100), asked("colour")).unwrap().classes().len(), 3);
    refused(people(100), asked("Colour"), "there is no column `Colour` (did you mean `colour`?)");
    refused(people(100), asked("x"), "there are age, colour, score, bought");
}

#[test]
fn numbers_with_fractions_or_many_of_them_are_values() {
    let asked = |label: &str, answer| Settings { label: Some(label.into()), answer, ..Settings::default() };
    let table = open(people(200), asked("score", None)).unwrap();
    assert!(table.classes().is_empty());
    let (mean, deviation) = table.encoder().label.scale.expect("numbers");
    assert!((table.value(0) as f64 * deviation + mean - 0.5).abs() < 1e-6);
    assert!(open(people(200), asked("age", None)).unwrap().classes().len() == 50, "50 are classes");
    let more = people(200).replace("\n0,", "\n77,");
    let more = more.replacen("\n77,", "\n0,", 1);
    assert!(open(more, asked("age", None)).unwrap().classes().is_empty(), "51 are not");
    assert!(open(people(200), asked("age", Some(Answer::Value))).unwrap().classes().is_empty());
    let classes = open(people(200), asked("score", Some(Answer::Class))).unwrap();
    assert_eq!(classes.classes()[..2], ["0.5", "1.5"], "by number");
    refused(people(200), asked("colour", Some(Answer::Value)), "`colour` holds no number");
}

#[test]
fn cells_may_be_missing_or_wrong() {
    let mut lines: Vec<String> = people(300).lines().map(str::to_string).collect();
    for i in (5..300).step_by(11) {
        let (_, rest) = lines[i].split_once(',').unwrap();
        lines[i] = format!("?,{rest}");
    }
    lines[40] = "12a,red,1.5,no".into();
    lines[50] = "1,NA,1.5,no".into();
    lines[60] = "1,red,1.5".into();
    lines[70] = "1,red,1.5,".into();
    let table = plain(lines.join("\n"));
    assert_eq!(table.len(), 298);
    let skipped: Vec<String> = table.skipped().iter().map(|s| s.to_string()).collect();
    assert_eq!(skipped, ["line 61: 3 cells where the others have 4", "line 71: no label"]);
    assert_eq!(table.notes()[0], "column age: 1 cell holds no number (`12a`): taken as missing");
    let at = (0..298).find(|i| table.line(*i) == 6).unwrap();
    assert_eq!(row(&table, at)[..2], [0.0, 1.0], "the mean, and that it is missing");
    let Kind::Category { values } = &table.encoder().columns[1].kind else { panic!("colours") };
    let known = values.len() == 4 && values[0].is_empty();
    assert!(known || values.len() == 3, "{values:?}: missing is a category, where training has it");
}

#[test]
fn columns_that_say_nothing_are_left_out_and_told() {
    let text: String = people(100)
        .lines()
        .enumerate()
        .map(|(i, line)| match i {
            0 => "id,name,always,empty,zip,".to_string() + line + "\n",
            _ => format!("{i},person {i},x,,{},{line}\n", 80000 + i % 4),
        })
        .collect();
    let table = plain(&text);
    assert_eq!(names(&table), ["zip", "age", "colour", "score"]);
    let left_out = [
        "column id is left out: it counts the rows",
        "column name is left out: 100 different texts in 100 rows",
        "column always is left out: every row has x",
        "column empty is left out: nothing is in it",
    ];
    assert_eq!(table.notes(), left_out);
    let settings = Settings {
        leave_out: vec!["age".into(), "3".into()],
        categories: vec!["zip".into()],
        ..Settings::default()
    };
    let table = open(&text, settings).unwrap();
    assert_eq!(names(&table), ["zip", "colour", "score"]);
    assert_eq!(table.encoder().columns[0].inputs(), 4);
    let all = ["id", "name", "zip", "age", "colour", "score"].map(String::from).to_vec();
    refused(&text, Settings { leave_out: all, ..Settings::default() }, "no column is left to learn from");
}

#[test]
fn what_is_no_table_is_told_what_it_is() {
    let settings = Settings::default;
    for (bytes, says) in [
        (&b""[..], "empty (0 bytes)"),
        (b"PK\x03\x04\x14\x00", "save the sheet as CSV"),
        (b"a,b\n1\x002,3\n", "no text"),
        (b"\xff\xfea\x00,\x00", "UTF-16"),
        (b"\x1f\x8b\x08\x00garbage", "damaged gzip"),
        (b"one\ntwo\nthree\n", "nothing parts its lines"),
        (b"a,b\n", "it holds no row"),
        (b"1,x\n2,x\n3,x\n", "says `x` in every row"),
    ] {
        refused(bytes, settings(), says);
    }
    refused(
        b"a,b,c,d\n1,2\n3,4\n5,6\n7,8\n",
        settings(),
        "its first row names 4 columns, but the rows have 2",
    );
    let names: String = (0..200).map(|i| format!("{i},name {i}\n")).collect();
    refused(names, settings(), "has 200 different cells in 200 rows");
    let constant: String = (0..60).map(|i| format!("x,{}.25\n", i % 7)).collect();
    refused(constant, settings(), "no column is left to learn from (column 1 is left out: every row has x)");
    let missing = Table::open("/nowhere/t.csv".as_ref(), &settings(), &Split::default()).unwrap_err();
    assert!(missing.to_string().contains("cannot be read"), "{missing}");
    let split = Split { validation: 0.6, test: 0.4, seed: 0 };
    let folder = Folder::new();
    let wrong = Table::open(&folder.file("t.csv", people(50)), &settings(), &split).unwrap_err();
    assert!(matches!(wrong, Error::Invalid(_)), "{wrong}");
    // A quote that is not closed swallows the rest: it is told where.
    let open_quote = plain(people(50).replacen(",blue,22.5", ",\"blue,22.5", 1));
    assert!(open_quote.skipped()[0].reason.contains("is a quote not closed?"), "{:?}", open_quote.skipped());
    let latin = [people(50).as_bytes(), b"3,gr\xfcn,1.5,no\n"].concat();
    let latin = plain(latin);
    assert!(latin.skipped()[0].to_string().contains("line 52: it is not UTF-8"), "{:?}", latin.skipped());
}

#[test]
fn other_files_are_read_by_the_names_of_their_columns() {
    let folder = Folder::new();
    let table = plain(people(200));
    let json = serde_json::to_string(table.encoder()).unwrap();
    let encoder: Encoder = serde_json::from_str(&json).unwrap();
    assert_eq!(&encoder, table.encoder(), "{json}");
    assert!(encoder.is_sane());
    let read = |name: &str, text: &str| {
        let rows = encoder.open(&folder.file(name, text)).unwrap();
        let mut into = vec![f32::NAN; encoder.inputs()];
        rows.read(&encoder, 0, &mut into);
        (into, rows.label(0).map(str::to_string))
    };
    let first = row(&table, 1);
    let cells =
        |i: usize| people(200).lines().nth(i).unwrap().split(',').map(str::to_string).collect::<Vec<_>>();
    let [age, colour, score, bought] = &cells(2)[..] else { panic!("four cells") };
    let same = |(into, label): (Vec<f32>, Option<String>), labelled: bool| {
        assert_eq!(into, first);
        assert_eq!(label.as_ref(), labelled.then_some(bought));
    };
    same(read("same.csv", &format!("age,colour,score,bought\n{age},{colour},{score},{bought}\n")), true);
    same(read("moved.csv", &format!("x,bought,score,colour,age\n1,{bought},{score},{colour},{age}\n")), true);
    same(read("without.csv", &format!("score;colour;age\n{score};{colour};{age}\n")), false);
    same(read("bare.csv", &format!("{age},{colour},{score}\n{age},{colour},{score}\n")), false);
    same(read("bare-labelled.csv", &format!("{age},{colour},{score},{bought}\n1,red,2,no\n")), true);
    let error =
        encoder.open(&folder.file("less.csv", "age,colour\n1,red\n2,blue\n")).unwrap_err().to_string();
    assert!(error.contains("there is no column `score`"), "{error}");
    let error = encoder.open(&folder.file("many.csv", "1,2,3,4,5,6\n1,2,3,4,5,6\n")).unwrap_err().to_string();
    assert!(error.contains("6 columns and no names"), "{error}");
    for (from, to) in
        [("\"deviation\":", "\"deviation\":-"), ("\"place\":2", "\"place\":9"), ("\"red\"", "\"a\"")]
    {
        let damaged: Encoder = serde_json::from_str(&json.replacen(from, to, 1)).unwrap();
        assert!(!damaged.is_sane(), "{from} → {to}");
    }
}

/// Whatever a file holds, it is a table or an error.
#[test]
fn no_text_is_too_strange() {
    let folder = Folder::new();
    let letters: Vec<char> = "a1,;\t|\n\n\r\"?.-é 0e9,,NA\u{feff}".chars().collect();
    let (mut tables, mut state) = (0, 1u64);
    for case in 0..3000 {
        let mut draw = |n: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        // Some are strange altogether, some are tables with a few strange letters in them.
        let mut text: Vec<char> = if case % 2 == 0 {
            (0..draw(400)).map(|_| letters[draw(letters.len())]).collect()
        } else {
            people(20 + draw(40)).chars().collect()
        };
        for _ in 0..draw(6) {
            let (at, letter) = (draw(text.len().max(1)), letters[draw(letters.len())]);
            text.splice(at.min(text.len())..(at + draw(3)).min(text.len()), [letter]);
        }
        let path = folder.file("t.csv", text.into_iter().collect::<String>());
        let Ok(table) = Table::open(&path, &Settings::default(), &Split::default()) else { continue };
        tables += 1;
        assert!(table.encoder().is_sane() && !table.is_empty(), "{case}");
        for i in 0..table.len() {
            assert!(row(&table, i).iter().all(|x| x.is_finite()), "{case}");
            assert!(!table.about(i).is_empty() && table.value(i).is_finite());
        }
        let rows = table.encoder().open(&path).unwrap();
        let labelled = (0..rows.len()).filter(|i| rows.label(*i).is_some()).count();
        assert!(labelled >= table.len(), "{case}: what trains can be evaluated");
    }
    assert!(tables > 1000, "only {tables} are tables");
}
