//! Columns of text: aligned, or with tabs between.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Lays out rows. How wide the columns are is decided once, by the rows that are there then.
pub(crate) struct Table {
    widths: Vec<usize>,
    /// Whether a cell that does not fit is cut; otherwise it pushes the others to the right.
    cut: bool,
}

impl Table {
    /// Columns wide enough for these rows; with `most`, none but the first wider than that.
    pub(crate) fn fitting(rows: &[Vec<String>], most: Option<usize>) -> Self {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths = (0..columns).map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|cell| cell.width()).max().unwrap_or_default();
            // The first column names the row, and half an id is none.
            most.filter(|_| column > 0).map_or(widest, |most| widest.min(most))
        });
        Self { widths: widths.collect(), cut: most.is_some() }
    }

    /// The row as a line, without a newline.
    pub(crate) fn line(&self, row: &[String]) -> String {
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let width = self.widths.get(index).copied().unwrap_or_default();
            let cell = if self.cut && index > 0 { shortened(cell, width) } else { cell.clone() };
            let padding = width.saturating_sub(cell.width()) + GAP;
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', padding));
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// The text for a cell: in one line, and without characters that a terminal obeys. What a server sends is not trusted.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if obeyed(c) { picture(c) } else { c }).collect()
}

/// JSON text in which no character is left that a terminal obeys.
pub(crate) fn plain_json(text: &str) -> String {
    if !text.chars().any(|c| c != '\n' && obeyed(c)) {
        return text.to_owned();
    }
    // Outside of strings JSON has no such character but the newline, and there an escape means the same.
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && obeyed(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, and those that reorder what stands beside them.
fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn picture(c: char) -> char {
    match u32::from(c) {
        0x09 | 0x0a | 0x0d => ' ',
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{2426}'),
        _ => '\u{2426}',
    }
}

fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let mut out: String = text
        .chars()
        .take_while(|c| {
            let needs = c.width().unwrap_or_default();
            let fits = needs <= left;
            left = left.saturating_sub(needs);
            fits
        })
        .collect();
    out.push('…');
    out
}

const GAP: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_line_up_in_any_script() {
        let rows = [row(&["id", "name", "x"]), row(&["1", "Ada", "y"]), row(&["2", "田中", "z"])];
        let table = Table::fitting(&rows, None);
        let lines: Vec<String> = rows.iter().map(|row| table.line(row)).collect();
        assert_eq!(lines, ["id  name  x", "1   Ada   y", "2   田中  z"]);
        assert_eq!(table.line(&row(&["3", "Charles", "w"])), "3   Charles  w", "later rows push");
    }

    #[test]
    fn on_a_terminal_cells_are_cut_but_the_first() {
        let rows = [row(&["0123456789", "abcdefghij", "z"])];
        let table = Table::fitting(&rows, Some(5));
        assert_eq!(table.line(&rows[0]), "0123456789  abcd…  z");
        let wide = Table::fitting(&[row(&["1", "田中田", ""])], Some(4));
        assert_eq!(wide.line(&row(&["1", "田中田", ""])), "1  田…");
    }

    #[test]
    fn terminals_get_no_orders() {
        assert_eq!(plain("a\u{1b}[31mb\tc\n\u{9b}d\u{202e}"), "a␛[31mb c ␦d␦");
        assert_eq!(plain_json("{\n\"a\u{9b}\": \"\u{7f}\"}"), "{\n\"a\\u009b\": \"\\u007f\"}");
    }
}
