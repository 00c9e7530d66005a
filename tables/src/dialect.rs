//! What stands between the cells of a table, and whether its first row names the columns.

use csv::ByteRecord;

use crate::words::{is_missing, number};

/// What may stand between cells. What gives every line as many cells is rarely so by chance, but a comma in `3,14` is: it
/// comes last.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
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

/// What stands between the cells; none if each line is one.
pub(crate) fn delimiter(text: &[u8]) -> Option<u8> {
    let counts = |delimiter: u8| -> Vec<usize> {
        reader(text, delimiter)
            .into_byte_records()
            .take(LOOK)
            .map_while(Result::ok)
            .map(|r| r.len())
            .collect()
    };
    let agree = |counts: &[usize]| {
        let usual = most_common(counts);
        if usual < 2 { 0 } else { counts.iter().filter(|n| **n == usual).count() }
    };
    let all: Vec<(u8, Vec<usize>)> = DELIMITERS.into_iter().map(|d| (d, counts(d))).collect();
    // The first row may be shorter or longer than the others.
    let whole = |counts: &[usize]| agree(counts) + 1 >= counts.len();
    let sure = all.iter().find(|(_, counts)| agree(counts) > 0 && whole(counts));
    let best = sure.or(all.iter().rev().max_by_key(|(_, counts)| agree(counts)));
    best.filter(|(_, counts)| agree(counts) > 0).map(|(delimiter, _)| *delimiter)
}

/// The number that is there most often, the greater of equals; 0 if there is none.
fn most_common(counts: &[usize]) -> usize {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).max_by_key(|group| group.len()).map_or(0, |group| group[0])
}

/// Whether `first` names the columns of `rows`: none of its cells is a number, and either a column below it is numbers, or
/// none of its cells comes again below.
pub(crate) fn is_header(first: &ByteRecord, rows: &[ByteRecord], comma: bool) -> bool {
    let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
    if first.iter().any(|cell| number(&text(cell), comma).is_some()) || first.iter().all(<[u8]>::is_empty) {
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
    let comes_again = |(column, cell): (usize, &[u8])| below(column).any(|other| other.as_bytes() == cell);
    (0..first.len()).any(is_numbers) || !first.iter().enumerate().any(comes_again)
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
        ] {
            let rows = all(text, b',');
            assert_eq!(is_header(&rows[0], &rows[1..], false), wanted, "{text:?}");
        }
    }
}
