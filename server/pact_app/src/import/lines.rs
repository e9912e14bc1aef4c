//! Bytes to lines of text: decoded, of bounded length, numbered as an editor numbers them.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding};

use super::MAX_ROW_BYTES;

const BUFFER_BYTES: usize = 64 * 1024;

/// A line of a file, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: i64,
    /// Its text; the start of it when it is too long.
    pub text: String,
    /// Whether it is longer than [`MAX_ROW_BYTES`].
    pub too_long: bool,
}

/// The lines of a file. `\n`, `\r\n` and a lone `\r` each end a line.
pub struct Lines<R> {
    input: R,
    decoder: Decoder,
    bytes: Vec<u8>,
    /// Bytes of `bytes` that are read and not decoded: from, until.
    coded: (usize, usize),
    text: String,
    at: usize,
    ended: bool,
    after_return: bool,
    number: i64,
}

impl<R: Read> Lines<R> {
    /// Reads lines; a byte order mark is left out.
    pub fn new(input: R, encoding: &'static Encoding) -> Self {
        Self {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            bytes: vec![0; BUFFER_BYTES],
            coded: (0, 0),
            text: String::with_capacity(2 * BUFFER_BYTES),
            at: 0,
            ended: false,
            after_return: false,
            number: 0,
        }
    }

    /// Decodes more text in place of what was taken; false at the end of the file.
    fn refill(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.at = 0;
        while self.text.is_empty() && !self.ended {
            let (from, until) = self.coded;
            if from == until {
                self.coded = (0, self.read()?);
            }
            let (from, until) = self.coded;
            let last = until == 0;
            let (result, read, _) = self.decoder.decode_to_string(&self.bytes[from..until], &mut self.text, last);
            self.coded.0 += read;
            self.ended = last && result == CoderResult::InputEmpty;
        }
        Ok(!self.text.is_empty())
    }

    fn read(&mut self) -> io::Result<usize> {
        loop {
            match self.input.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { number: self.number + 1, text: String::new(), too_long: false };
        let mut any = false;
        loop {
            if self.at == self.text.len() && !self.refill()? {
                if any {
                    self.number += 1;
                }
                return Ok(any.then_some(line));
            }
            if std::mem::take(&mut self.after_return) && self.text[self.at..].starts_with('\n') {
                self.at += 1;
                continue;
            }
            any = true;
            let rest = &self.text[self.at..];
            let end = rest.bytes().position(|byte| byte == b'\n' || byte == b'\r');
            let part = &rest[..end.unwrap_or(rest.len())];
            let room = part.floor_char_boundary(MAX_ROW_BYTES - line.text.len());
            line.text.push_str(&part[..room]);
            line.too_long |= room < part.len();
            let Some(end) = end else {
                self.at = self.text.len();
                continue;
            };
            self.after_return = rest.as_bytes()[end] == b'\r';
            self.at += end + 1;
            self.number += 1;
            return Ok(Some(line));
        }
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().transpose()
    }
}
