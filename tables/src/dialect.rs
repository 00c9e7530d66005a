//! What stands between the cells of a table, and whether its first row names the columns.

use std::collections::BTreeSet;

use csv::ByteRecord;

use crate::words::{is_missing, number};

/// What may stand between cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Lines that are looked at.
pub(crate) const LOOK: usize = 200;

/// Cells of `text`, as they are written.
pub(crate) fn reader(text: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text)
}

/// What stands between the cells; none if each line is one. Of several that give every line as many, the one that gives most;
/// but commas in what another gives may all stand in numbers such as `3,14`.
pub(crate) fn delimiter(text: &[u8]) -> Option<u8> {
    let look = |delimiter: u8| -> Vec<ByteRecord> {
        reader(text, delimiter).into_byte_records().take(LOOK).map_while(Result::ok).collect()
    };
    let all: Vec<(u8, Vec<ByteRecord>)> = DELIMITERS.into_iter().map(|d| (d, look(d))).collect();
    let counts = |rows: &[ByteRecord]| rows.iter().map(ByteRecord::len).collect::<Vec<_>>();
    let agree = |rows: &[ByteRecord]| {
        let counts = counts(rows);
        let usual = most_common(&counts);
        if usual < 2 { 0 } else { counts.iter().filter(|n| **n == usual).count() }
    };
    let decimal = |rows: &[ByteRecord]| {
        let mut cells = rows.iter().flatten().filter(|cell| cell.contains(&b',')).peekable();
        let is_number =
            |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|cell| number(cell, true).is_some());
        cells.peek().is_some() && cells.all(is_number)
    };
    // All lines, else all but one of many, which may be the first.
    for odd in [0, 1] {
        let whole = |rows: &[ByteRecord]| agree(rows) > 9 * odd && agree(rows) + odd >= rows.len();
        let sure: Vec<_> = all.iter().filter(|(_, rows)| whole(rows)).collect();
        let of_numbers = sure.iter().find(|(delimiter, rows)| *delimiter != b',' && decimal(rows));
        let most = || sure.iter().rev().max_by_key(|(_, rows)| most_common(&counts(rows)));
        if let Some((delimiter, _)) = of_numbers.or_else(most) {
            return Some(*delimiter);
        }
    }
    let best = all.iter().rev().max_by_key(|(_, rows)| agree(rows))?;
    (agree(&best.1) > 0).then_some(best.0)
}

/// The number that is there most often, the greater of equals; 0 if there is none.
fn most_common(counts: &[usize]) -> usize {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).max_by_key(|group| group.len()).map_or(0, |group| group[0])
}

/// Whether `first` names the columns of `rows`: something that is no number stands over a column of numbers, or a new word over
/// few that come again and again, or one of its cells is called as a label is (`labels`); or none of its cells is a number and
/// none comes again below.
pub(crate) fn is_header(first: &ByteRecord, rows: &[ByteRecord], comma: bool, labels: &[&str]) -> bool {
    let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
    if first.iter().all(<[u8]>::is_empty) {
        return false;
    }
    let below = |column: usize| rows.iter().take(LOOK).filter_map(move |row| row.get(column)).map(text);
    let is_numbers = |column: usize| {
        let (mut numbers, mut others) = (0, 0);
        for cell in below(column).filter(|cell| !is_missing(cell)) {
            if number(&cell, comma).is_some() { numbers += 1 } else { others += 1 }
        }
        numbers > 0 && numbers >= 4 * others
    };
    let cells: Vec<String> = first.iter().map(text).collect();
    let is_word = |column: usize| !is_missing(&cells[column]) && number(&cells[column], comma).is_none();
    let stands_over = |column: usize| is_word(column) && is_numbers(column);
    let comes_again = |column: usize| below(column).any(|other| other == cells[column]);
    let is_label = |column: usize| {
        labels.iter().any(|label| cells[column].eq_ignore_ascii_case(label)) && !comes_again(column)
    };
    let is_new = |column: usize| {
        let words: Vec<String> = below(column).collect();
        let distinct: BTreeSet<&String> = words.iter().collect();
        words.len() >= 10 && 2 * distinct.len() <= words.len() && !is_numbers(column) && !comes_again(column)
    };
    let columns = 0..cells.len();
    let mut words = columns.clone().filter(|column| is_word(*column)).peekable();
    let all_are_new = words.peek().is_some() && words.all(is_new);
    columns.clone().any(stands_over)
        || columns.clone().any(is_label)
        || all_are_new
        || !columns.clone().any(|column| number(&cells[column], comma).is_some() || comes_again(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, delimiter: u8) -> Vec<ByteRecord> {
        reader(text.as_bytes(), delimiter).into_byte_records().map(|r| r.expect("a record")).collect()
    }

    #[test]
    fn what_stands_between_cells_is_found() {
        for (text, wanted) in [
            ("a,b,c\n1,2,3\n", Some(b',')),
            ("a;b\n3,14;2,71\n1,5;2,0\n", Some(b';')),
            ("a\tb\n1\t2,5\n", Some(b'\t')),
            ("\"a, b\"|c\n\"1,2\"|3\n4|5\n", Some(b'|')),
            ("1,2\n3,4\n5,6,7\n8,9\n", Some(b',')),
            ("a,tags,b\n1,p|q,2\n3,r|s,4\n", Some(b',')),
            ("a,b,c\n1,2;x,3\n4,5;y,6\n", Some(b',')),
            ("1;2,5\n3;4,5\n", Some(b';')),
            ("one\ntwo\n", None),
            ("", None),
        ] {
            assert_eq!(delimiter(text.as_bytes()), wanted, "{text:?}");
        }
    }

    #[test]
    fn names_are_told_from_rows() {
        for (text, wanted) in [
            ("age,name\n3,x\n4,y\n", true),
            ("5.1,3.5,setosa\n4.9,3.0,setosa\n", false),
            ("colour,size\nred,big\nblue,small\n", true),
            ("red,big\nblue,small\nred,small\n", false),
            (",b\n0,1\n1,2\n", true),
            ("region,2019,2020,label\nx,3,4,yes\ny,4,5,no\n", true),
            ("0,1,target\n3,4,yes\n4,5,no\n", true),
            ("?,x,1\n2,y,3\n", false),
        ] {
            let rows = all(text, b',');
            assert_eq!(is_header(&rows[0], &rows[1..], false, &["label", "target"]), wanted, "{text:?}");
        }
    }
}
