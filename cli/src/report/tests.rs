//! What the page promises: it is well-formed, escapes everything, shows every number and says where it cuts.

mod checker;

use super::*;
use checker::parse;
use gradus::numerals::grouped;

/// A small picture that differs from its neighbours.
fn picture(seed: usize) -> Thumbnail {
    let pixels = (0..32 * 32 * 3).map(|i| ((i * (seed + 3) * 7) % 251) as u8).collect();
    Thumbnail { width: 32, height: 32, channels: 3, pixels }
}

/// A run with two classes, three epochs and 80 recorded answers.
fn sample() -> Report {
    let epoch = |epoch: usize| EpochRow {
        epoch,
        train_loss: 0.64 / epoch as f64,
        validation_loss: 0.72 / epoch as f64,
        validation_accuracy: 0.5 + 0.031 * epoch as f64,
        learning_rate: 0.012345 * 0.01f64.powi(epoch as i32 - 1),
        seconds: 1.25 * epoch as f64,
        theta_hash: format!("0badcafe{epoch:04}"),
    };
    let class = |name: &str, precision, support| ClassRow {
        name: name.into(),
        precision,
        recall: Some(0.612),
        f1: Some(0.633),
        support,
    };
    let score = |part: &str, confusion| PartScore {
        part: part.into(),
        loss: 0.6543,
        accuracy: 0.642,
        accuracy_low: 0.599,
        accuracy_high: 0.683,
        auc: Some(0.7011),
        confusion,
        per_class: vec![class("cat", Some(0.655), 251), class("dog", None, 249)],
        baseline_majority: 0.502,
        baseline_linear: Some(0.57),
        fit: None,
    };
    let example = |i: usize| Example {
        path: format!("photos/cat.{i}.jpg"),
        true_class: i % 2,
        predicted: i / 2 % 2,
        probability: 0.5 + i as f64 / 320.0,
        thumbnail: Some(picture(i)),
        about: String::new(),
    };
    Report {
        title: "Cat or dog?".into(),
        classes: vec!["cat".into(), "dog".into()],
        network: "conv 16, dense 2".into(),
        summary: "conv  16 × 16   448".into(),
        config_toml: "seed = 7\nrate = 0.001\n".into(),
        epochs: (1..=3).map(epoch).collect(),
        best_epoch: Some(2),
        stopped: "All 3 epochs were done.".into(),
        scores: vec![
            score("validation", vec![vec![31, 32], vec![33, 34]]),
            score("test", vec![vec![161, 90], vec![89, 160]]),
        ],
        examples: (0..160).map(example).collect(),
        skipped: vec![("photos/empty.jpg".into(), "the file is empty".into())],
        data_line: "700 pictures".into(),
        verdict: Some("Better than chance.".into()),
        noun: Noun::PICTURE,
        values: None,
    }
}

/// The same run on the rows of a table.
fn sample_of_rows() -> Report {
    let mut report = sample();
    for (i, example) in report.examples.iter_mut().enumerate() {
        example.path = format!("line {}", i + 2);
        example.thumbnail = None;
        example.about =
            format!("age {}, workclass Private, ", 17 + i) + &"education <11th> & \"more\", ".repeat(17);
    }
    report.skipped = vec![("line 9".into(), "the last field is empty".into())];
    Report { title: "Income".into(), data_line: "700 rows".into(), noun: Noun::ROW, ..report }
}

#[test]
fn every_number_that_goes_in_appears() {
    let seen = parse(&sample().to_html());
    let text = seen.text.replace('\u{a0}', " ");
    let headline = "On 500 pictures it had never seen, the network was right 64.2 % of the time (between 60 and 68 %); \
                    always answering ‘cat’ would be right 50 %, a linear model 57 %.";
    let sentences = "Cat or dog?|conv 16, dense 2|conv  16 × 16   448|seed = 7\nrate = 0.001|700 pictures|Better than chance.|\
                     All 3 epochs were done.|photos/empty.jpg|the file is empty|2 (best)|best: epoch 2";
    let epochs = "0.6400|0.3200|0.2133|0.7200|0.3600|0.2400|53.1 %|56.2 %|59.3 %|0.0123|0.000123|1.23e-6|1.25 s|2.50 s|3.75 s|\
                  0badcafe0001|0badcafe0002|0badcafe0003";
    let scores = "0.6543|64.2 %|59.9 %|68.3 %|0.701|50.2 %|57.0 %|161|160|89|90|31|32|33|34|65.5 %|61.2 %|63.3 %|251|249|–";
    for wanted in [headline, sentences, epochs, scores].iter().flat_map(|list| list.split('|')) {
        assert!(text.contains(wanted), "the page does not say {wanted:?}");
    }
}

#[test]
fn rows_of_a_table_are_told_in_words() {
    let report = sample_of_rows();
    let html = report.to_html();
    let seen = parse(&html);
    assert!(!html.to_lowercase().contains("picture") && !html.contains("file could"));
    assert!(
        !seen.elements.contains(&"img".to_string()) && !seen.attributes.iter().any(|(_, v)| v == "blank")
    );
    for i in shown(&report.examples) {
        assert!(seen.text.contains(&report.examples[i].about), "row {i}");
        assert!(seen.text.contains(&format!("line {}", i + 2)), "row {i}");
    }
    for wanted in ["On 500 rows it had", "Rows", "Skipped rows", "Where", "1 row was left out.", "line 9"] {
        assert!(seen.text.contains(wanted), "the page does not say {wanted:?}");
    }
    let mut none = Report { skipped: Vec::new(), ..report };
    none.examples.iter_mut().for_each(|example| example.about.clear());
    let html = none.to_html();
    assert!(parse(&html).text.contains("every row could be used") && !html.contains("class=\"about\""));
}

#[test]
fn cuts_are_stated() {
    let report = sample();
    let seen = parse(&report.to_html());
    assert_eq!(shown(&report.examples).len(), 96);
    assert_eq!(seen.elements.iter().filter(|name| *name == "img").count(), 96 + 12);
    assert!(seen.text.contains("The 24 most confident of 161."));
    assert!(seen.text.contains("The 12 of 80 mistakes"));

    let many = |n: usize| (0..n).map(|i| (format!("file {i}"), "no".to_string())).collect();
    let epochs = (0..5000).map(|epoch| EpochRow { epoch, ..report.epochs[0].clone() }).collect();
    let long = Report { skipped: many(600), epochs, best_epoch: Some(4321), ..report };
    let html = long.to_html();
    let text = parse(&html).text;
    assert!(text.contains("The first 500 of 600 skipped files"));
    assert!(text.contains("1,002 of 5,000 epochs") && text.contains("4321 (best)"));
    assert!(html.len() < 800_000, "{} bytes", html.len());
}

#[test]
fn nothing_that_goes_in_becomes_markup() {
    let evil =
        "</script><script>alert(1)</script><img src=x onerror='a'> \" onclick=\"b ' & &amp; ]]> \0\u{8}";
    let mut report = sample();
    for field in [&mut report.title, &mut report.network, &mut report.summary, &mut report.config_toml] {
        *field = evil.into();
    }
    (report.stopped, report.data_line, report.verdict) = (evil.into(), evil.into(), Some(evil.into()));
    report.classes = vec![evil.into(); 2];
    report.skipped = vec![(evil.into(), evil.into())];
    report.epochs.iter_mut().for_each(|row| row.theta_hash = evil.into());
    report.examples.iter_mut().for_each(|example| example.path = evil.into());
    for score in &mut report.scores {
        score.part = evil.into();
        score.per_class.iter_mut().for_each(|row| row.name = evil.into());
    }
    let html = report.to_html();
    let seen = parse(&html);
    assert_eq!(seen.elements.iter().filter(|name| *name == "script").count(), 1);
    let shown = evil.replace(['\0', '\u{8}'], "\u{fffd}");
    assert!(seen.text.matches(&shown).count() > 20);
    assert!(!html.contains("http:") && !html.contains("https:"), "an address outside the page");
}

#[test]
fn runs_that_went_wrong_have_a_page() {
    assert!(parse(&Report::default().to_html()).text.contains("ended before the network could be measured"));
    assert!(
        seen_rates(&sample()) && !seen_rates(&Report { epochs: sample().epochs[..1].to_vec(), ..sample() })
    );
    let one = Report { epochs: sample().epochs[..1].to_vec(), best_epoch: Some(1), ..sample() };
    parse(&one.to_html());
    let mut report = sample();
    report.examples.clear();
    for (row, value) in report.epochs.iter_mut().zip([f64::NAN, f64::INFINITY, -1e300]) {
        (row.train_loss, row.validation_loss, row.validation_accuracy, row.seconds) =
            (value, value, value, value);
    }
    for score in &mut report.scores {
        (score.loss, score.accuracy, score.accuracy_low, score.accuracy_high) =
            (f64::NAN, f64::NAN, f64::NAN, 7.0);
        (score.auc, score.baseline_linear, score.baseline_majority) = (Some(f64::NAN), None, f64::INFINITY);
        score.confusion[1].clear();
    }
    let seen = parse(&report.to_html());
    for wanted in ["NaN", "∞", "-1.00e300", "6 values are not finite", "No single answers were recorded"] {
        assert!(seen.text.contains(wanted), "the page does not say {wanted:?}");
    }
    assert!(
        seen.attributes
            .iter()
            .all(|(key, value)| key != "d" || !value.contains("NaN") && !value.contains("inf"))
    );
    let mut odd = sample();
    for (i, example) in odd.examples.iter_mut().enumerate() {
        (example.true_class, example.predicted, example.probability) =
            (i * 1000, 9, [f64::NAN, -1.0, 2.0][i % 3]);
        example.thumbnail = None;
    }
    assert!(parse(&odd.to_html()).text.contains("class 9"));
}

#[test]
fn a_thousand_classes_are_a_list_of_mistakes() {
    let mut report = sample();
    report.classes = (0..1000).map(|i| format!("<script>{i}</script> \"'")).collect();
    let score = &mut report.scores[1];
    score.confusion =
        (0..1000).map(|t| (0..1000).map(|p| usize::from(p == t || p == t / 2)).collect()).collect();
    let row = |i: usize| ClassRow { name: report.classes[i].clone(), support: i, ..ClassRow::default() };
    score.per_class = (0..1000).map(row).collect();
    let html = report.to_html();
    let seen = parse(&html);
    assert!(seen.text.contains("The 30 most frequent of 999 kinds of mistake among 1,000 classes."));
    assert!(seen.text.contains("<script>999</script> \"'"));
    assert!(html.len() < 800_000, "{} bytes", html.len());
}

#[test]
fn thumbnails_keep_their_colours() {
    let pixels =
        (0..200 * 100).flat_map(|i| if i % 200 < 100 { [250, 10, 20] } else { [0, 0, 200] }).collect();
    let (uri, width, height) = Thumbnail { width: 200, height: 100, channels: 3, pixels }.data_uri().unwrap();
    assert_eq!((width, height), (64, 32));
    use base64::Engine;
    let bytes = base64::prelude::BASE64_STANDARD.decode(uri.split_once(',').unwrap().1).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut decoded).unwrap();
    assert_eq!(decoded[..3], [250, 10, 20]);
    assert_eq!(decoded[63 * 3..64 * 3], [0, 0, 200]);

    let grey = Thumbnail { width: 2, height: 1, channels: 1, pixels: vec![0, 255] };
    assert!(grey.data_uri().is_some());
    for (width, pixels) in [(3, vec![0, 255]), (0, vec![]), (usize::MAX, vec![1])] {
        assert_eq!(Thumbnail { width, height: 2, channels: 1, pixels }.data_uri(), None);
    }
}

#[test]
fn reliability_counts_every_answer_once() {
    let bins = reliability::bins(&sample().examples);
    assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), 160);
    assert!(bins[..5].iter().all(|bin| bin.count == 0));
    let certain = Example { probability: 1.0, ..Example::default() };
    let bins = reliability::bins(&[certain]);
    assert_eq!((bins[9].count, bins[9].right), (1, 1.0));
    assert!(bins[9].low > 0.2 && bins[9].low < 0.21, "Wilson for 1 of 1 is 0.2065 to 1");
}

/// Whether the page draws the learning rate: only where it changes.
fn seen_rates(report: &Report) -> bool {
    report.to_html().contains("data-columns=\"4\"")
}

#[test]
fn numbers_read_as_people_write_them() {
    assert_eq!(grouped(1_234_567), "1,234,567");
    assert_eq!(words::percent(0.5, 0), "50\u{a0}%");
    assert_eq!(words::loss(0.000_012_34), "1.23e-5");
    let rates = [0.0, 0.0005, 0.3, 1.0 / 3.0, 2.5e-7, 12.0].map(words::rate);
    assert_eq!(rates, ["0", "0.0005", "0.3", "0.333", "2.5e-7", "12"]);
    assert_eq!(words::file_name(r"C:\photos\cat.1.jpg"), "cat.1.jpg");
    assert_eq!(words::between(0.997, 1.0), "between 99.7 and 100.0\u{a0}%");
    let scale = scale::Scale::for_losses([0.01, 90.0, f64::NAN].into_iter());
    assert!(scale.is_logarithmic() && scale.ticks(5).contains(&1.0));
    assert_eq!(scale.place(1.0), Some(0.5));
}
