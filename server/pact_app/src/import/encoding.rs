//! Which encoding a file is in: its mark says so, or it is UTF-8, or its bytes are judged.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

const BUFFER_BYTES: usize = 64 * 1024;
/// How much is judged from the first byte on that is no ASCII.
const JUDGED_BYTES: usize = 4 * 1024 * 1024;
/// A file with so many good letters for each bad byte is UTF-8 with damaged rows, not another encoding.
const GOOD_FOR_EACH_BAD: u64 = 20;

/// Reads a file to its end and says which encoding it is in; `home` is the organisation's country, which decides between encodings of
/// neighbouring languages.
///
/// # Errors
/// The disk's.
pub fn detect(mut file: impl Read, home: &str) -> io::Result<&'static Encoding> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut filled = fill(&mut file, &mut buffer)?;
    if let Some((marked, _)) = Encoding::for_bom(&buffer[..filled]) {
        return Ok(marked);
    }
    if let Some(wide) = utf_16(&buffer[..filled]) {
        return Ok(wide);
    }
    let mut tally = Tally::default();
    let mut judge = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut judged = 0;
    while filled > 0 {
        let bytes = &buffer[..filled];
        tally.add(bytes);
        if judged > 0 || !bytes.is_ascii() {
            let room = bytes.len().min(JUDGED_BYTES - judged);
            judge.feed(&bytes[..room], false);
            judged += room;
        }
        filled = fill(&mut file, &mut buffer)?;
    }
    if tally.is_utf_8() {
        return Ok(UTF_8);
    }
    judge.feed(&[], true);
    let home = if home.eq_ignore_ascii_case("GB") { "uk".to_owned() } else { home.to_ascii_lowercase() };
    let is_label = home.len() == 2 && home.bytes().all(|byte| byte.is_ascii_lowercase());
    Ok(judge.guess(is_label.then_some(home.as_bytes()), Utf8Detection::Deny))
}

/// UTF-16 without a mark: every second byte of most texts in it is zero.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes.len() / 2;
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let many = pairs / 3;
    let few = pairs / 20;
    if pairs < 2 {
        None
    } else if second > many && first <= few {
        Some(UTF_16LE)
    } else if first > many && second <= few {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// How much of a file is UTF-8.
#[derive(Default)]
struct Tally {
    good_letters: u64,
    bad_bytes: u64,
    /// The start of a letter at the end of what was read.
    begun: Vec<u8>,
}

impl Tally {
    fn add(&mut self, bytes: &[u8]) {
        if self.begun.is_empty() && bytes.is_ascii() {
            return;
        }
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.good_letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
            let invalid = chunk.invalid();
            let may_go_on =
                chunks.peek().is_none() && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if may_go_on {
                self.begun = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.bad_bytes += 1;
            }
        }
    }

    /// A letter that was begun and does not end is the end of a sample, or of a file that broke off.
    fn is_utf_8(&self) -> bool {
        self.bad_bytes == 0 || self.good_letters >= self.bad_bytes * GOOD_FOR_EACH_BAD
    }
}
