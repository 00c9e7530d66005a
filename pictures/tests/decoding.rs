//! One picture at a time: formats, orientation, damage, limits.
#![allow(missing_docs)]

mod common;

use std::time::Instant;

use common::{bytes, encode, fixture, jpeg, png, scene};
use gradus_pictures::{Format, Note, Reason, Settings, decode};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, Rgba, RgbaImage};

fn settings(width: u32, height: u32) -> Settings {
    Settings { width, height, ..Settings::default() }
}

fn reason(bytes: &[u8]) -> String {
    decode(bytes, &settings(8, 8)).map_or_else(|reason| reason.to_string(), |_| "read".into())
}

/// Largest difference of two pictures.
fn difference(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn every_format_is_known_by_content() {
    let plain = scene(60, 40, 3);
    for (format, expected, tolerance) in [
        (ImageFormat::Png, Format::Png, 0),
        (ImageFormat::Bmp, Format::Bmp, 0),
        (ImageFormat::Tiff, Format::Tiff, 0),
        (ImageFormat::WebP, Format::WebP, 0),
        (ImageFormat::Gif, Format::Gif, 60),
        (ImageFormat::Jpeg, Format::Jpeg, 90),
    ] {
        let decoded = decode(&bytes(format, 3), &settings(60, 40)).unwrap();
        assert_eq!((decoded.format, decoded.width, decoded.height), (expected, 60, 40));
        assert!(difference(&decoded.pixels, &plain) <= tolerance, "{expected}");
        assert_eq!(decoded.notes, [], "{expected}");
    }
}

#[test]
fn all_eight_orientations_stand_upright() {
    let upright = decode(&fixture("exif1.jpg"), &settings(24, 16)).unwrap();
    assert_eq!(upright.notes, []);
    for orientation in 2..=8 {
        let turned = decode(&fixture(&format!("exif{orientation}.jpg")), &settings(24, 16)).unwrap();
        assert!(difference(&turned.pixels, &upright.pixels) < 24, "orientation {orientation}");
        assert_eq!(turned.notes, [Note::Rotated(orientation)]);
        assert_eq!(turned.width, if orientation >= 5 { 32 } else { 48 });
    }
}

#[test]
fn printing_colours_become_screen_colours() {
    let rgb = decode(&fixture("exif1.jpg"), &settings(24, 16)).unwrap();
    let cmyk = decode(&fixture("cmyk.jpg"), &settings(24, 16)).unwrap();
    assert_eq!(cmyk.notes, [Note::Cmyk]);
    assert!(difference(&rgb.pixels, &cmyk.pixels) < 40, "{}", difference(&rgb.pixels, &cmyk.pixels));
}

#[test]
fn transparency_lies_on_white_and_16_bits_become_8() {
    let clear = RgbaImage::from_fn(4, 4, |x, _| Rgba([200, 0, 0, if x < 2 { 0 } else { 255 }]));
    let decoded = decode(&encode(&clear.into(), ImageFormat::Png), &settings(4, 4)).unwrap();
    assert_eq!(decoded.pixels[..3], [255, 255, 255]);
    assert_eq!(decoded.pixels[9..12], [200, 0, 0]);
    assert_eq!(decoded.notes, [Note::Transparent]);

    let half = RgbaImage::from_pixel(1, 1, Rgba([0, 0, 0, 51]));
    assert_eq!(decode(&encode(&half.into(), ImageFormat::Png), &settings(1, 1)).unwrap().pixels, [204; 3]);

    let deep = ImageBuffer::from_pixel(4, 4, Rgb([65535u16, 32896, 0]));
    let decoded =
        decode(&encode(&DynamicImage::ImageRgb16(deep), ImageFormat::Png), &settings(2, 2)).unwrap();
    assert_eq!(decoded.pixels[..3], [255, 128, 0]);

    let grey = ImageBuffer::from_pixel(4, 4, Luma([99u8]));
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let grey = encode(&DynamicImage::ImageLuma8(grey.clone()), format);
        assert_eq!(decode(&grey, &settings(1, 2)).unwrap().pixels, [99; 6]);
        let one = Settings { grey: true, ..settings(1, 2) };
        assert_eq!(decode(&grey, &one).unwrap().pixels, [99; 2]);
    }
}

#[test]
fn grey_weighs_the_colours_as_the_eye_does() {
    let red = ImageBuffer::from_pixel(3, 3, Rgb([255u8, 0, 0]));
    let grey = Settings { grey: true, ..settings(1, 1) };
    assert_eq!(decode(&encode(&DynamicImage::ImageRgb8(red), ImageFormat::Png), &grey).unwrap().pixels, [76]);
}

#[test]
fn shrinking_takes_every_pixel_into_account() {
    let stripes = ImageBuffer::from_fn(64, 64, |x, _| Luma([if x % 2 == 0 { 0u8 } else { 255 }]));
    let decoded =
        decode(&encode(&DynamicImage::ImageLuma8(stripes), ImageFormat::Png), &settings(8, 8)).unwrap();
    assert!(decoded.pixels.iter().all(|p| p.abs_diff(128) < 8), "{:?}", decoded.pixels);
}

#[test]
fn each_false_picture_has_its_own_reason() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "empty file (0 bytes)"),
        (&[0; 5000], "filled with zeros: there is no picture in it"),
        (b"hello, I am not a cat\n", "text, not a picture"),
        (b"BMW is a car maker, and this is a long text about it.", "text, not a picture"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page (HTML), not a picture"),
        (b"%PDF-1.4 \x00\x01", "a PDF document, not a picture"),
        (b"PK\x03\x04\x00\x00", "a ZIP archive, not a picture; unpack it first"),
        (b"\x00\x00\x00\x1cftypheic", "a HEIC picture, which is not read; convert it to JPEG or PNG"),
        (b"\x01\x02\x03\x04\x05", "not a picture of a known format (JPEG, PNG, GIF, BMP, WebP, TIFF)"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(reason(bytes), expected);
    }
}

#[test]
fn truncated_files_are_named_so() {
    let truncated = "truncated JPEG: part of the picture is missing";
    for name in ["whole", "exif1.jpg", "progressive.jpg", "restart.jpg", "cmyk.jpg"] {
        let file = if name == "whole" { jpeg(1) } else { fixture(name) };
        for percent in [30, 50, 70, 85, 95] {
            let data = file.windows(2).position(|w| w == [0xff, 0xda]).unwrap() + 14;
            let cut = data + (file.len() - 2 - data) * percent / 100;
            assert_eq!(reason(&file[..cut]), truncated, "{name} cut at {percent} %");
            let mut zeros = file[..cut].to_vec();
            zeros.resize(file.len(), 0);
            assert_eq!(reason(&zeros), truncated, "{name} zeros from {percent} %");
            let ended = [&file[..cut], &[0xff, 0xd9]].concat();
            if let Ok(coarse) = decode(&ended, &settings(8, 8)) {
                let note = Note::Repaired("missing passes: it is coarser than it was".into());
                assert_eq!((name, coarse.notes), ("progressive.jpg", vec![note]), "{percent}");
                continue;
            }
            let why = reason(&ended);
            assert!(
                why.starts_with("truncated JPEG") || why.starts_with("damaged JPEG"),
                "{name} {percent}: {why}"
            );
        }
        for cut in [2, 3, 10, 20, 60] {
            assert!(
                reason(&file[..cut]).contains("JPEG") || cut == 2,
                "{name} at {cut}: {}",
                reason(&file[..cut])
            );
        }
    }
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Tiff]
    {
        let file = bytes(format, 1);
        let why = reason(&file[..file.len() * 6 / 10]);
        assert!(why.starts_with("truncated") || why.starts_with("damaged"), "{format:?}: {why}");
    }
    let file = png(1);
    assert_eq!(reason(&file[..file.len() / 2]), "truncated PNG: part of the picture is missing");
}

#[test]
fn harmless_oddities_of_jpeg_are_read() {
    for file in [jpeg(2), fixture("progressive.jpg"), fixture("restart.jpg"), fixture("cmyk.jpg")] {
        let plain = decode(&file, &settings(24, 16)).unwrap();
        let end = file.len() - 2;
        let scan = file.windows(2).position(|w| w == [0xff, 0xdb]).unwrap();
        let odd = [
            ("extra bytes before the end marker", [&file[..end], &[1, 2, 3, 4, 5], &file[end..]].concat()),
            ("extra bytes after the end", [&file[..], b"trailing rubbish"].concat()),
            ("zeros after the end", [&file[..], &[0; 700]].concat()),
            ("a second picture after the end", [&file[..], &file[..]].concat()),
            ("no end marker", file[..end].to_vec()),
            ("no end marker, zeros instead", [&file[..end], &[0; 300]].concat()),
            ("stray bytes before a marker", [&file[..scan], &[9; 17], &file[scan..]].concat()),
            ("filling before a marker", [&file[..scan], &[0xff; 5], &file[scan..]].concat()),
        ];
        for (what, bytes) in odd {
            let decoded = decode(&bytes, &settings(24, 16)).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(decoded.pixels, plain.pixels, "{what}");
        }
    }
}

#[test]
fn absurd_sizes_are_refused_at_once() {
    let mut bmp = bytes(ImageFormat::Bmp, 1);
    bmp[18..26].copy_from_slice(&[0x50, 0xc3, 0, 0, 0x50, 0xc3, 0, 0]);
    let mut jpg = jpeg(1);
    let frame = jpg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpg[frame + 5..frame + 9].copy_from_slice(&[0xc3, 0x50, 0xc3, 0x50]);
    let mut gif = bytes(ImageFormat::Gif, 1);
    gif[6..10].copy_from_slice(&[0x50, 0xc3, 0x50, 0xc3]);
    let mut header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\x02\0\0\0".to_vec();
    let sum = crc(&header[12..]);
    header.extend(sum.to_be_bytes());
    header.extend_from_slice(&png(1)[33..]);
    for (name, bytes) in [("BMP", bmp), ("JPEG", jpg), ("GIF", gif), ("PNG", header)] {
        let quickest = (0..5).map(|_| {
            let start = Instant::now();
            assert_eq!(reason(&bytes), "50000 × 50000 pixels, more than the limit of 100000000", "{name}");
            start.elapsed().as_micros()
        });
        assert!(quickest.min().unwrap() < 1000, "{name}");
    }
    let tight = Settings { max_pixels: 2399, ..settings(4, 4) };
    assert!(matches!(decode(&png(1), &tight), Err(Reason::TooManyPixels { width: 60, height: 40, .. })));
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { 0xedb88320 ^ (c >> 1) } else { c >> 1 })
    })
}

#[test]
fn animations_give_their_first_frame() {
    let mut out = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
    for colour in [[250, 0, 0, 255], [0, 250, 0, 255]] {
        let frame = image::Frame::new(RgbaImage::from_pixel(6, 6, Rgba(colour)));
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    let decoded = decode(&out, &settings(1, 1)).unwrap();
    assert_eq!(decoded.notes, [Note::Animated]);
    assert!(decoded.pixels[0] > 230 && decoded.pixels[1] < 20, "{:?}", decoded.pixels);
}

#[test]
fn no_bytes_make_it_panic_or_lie_about_the_size() {
    let formats = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::WebP,
        ImageFormat::Tiff,
    ];
    let mut files: Vec<Vec<u8>> = formats.iter().map(|f| bytes(*f, 9)).collect();
    files.extend([
        fixture("progressive.jpg"),
        fixture("cmyk.jpg"),
        fixture("restart.jpg"),
        fixture("exif6.jpg"),
    ]);
    let mut state = 7u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let small = Settings { max_pixels: 100_000, ..settings(5, 7) };
    for file in &files {
        for _ in 0..300 {
            let mut evil = file.clone();
            for _ in 0..=random(4) {
                let reach = if random(2) == 0 { 200 } else { usize::MAX };
                let at = random(evil.len().min(reach));
                evil[at] = random(256) as u8;
            }
            evil.truncate(if random(3) == 0 { random(evil.len()) } else { evil.len() });
            if let Ok(decoded) = decode(&evil, &small) {
                assert_eq!(decoded.pixels.len(), 5 * 7 * 3);
            }
        }
    }
}
