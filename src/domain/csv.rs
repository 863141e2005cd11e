//! Reading CSV: cells between commas, quoted where they have to be, rows that end with a line.

/// The rows of a text. An open quote at its end is closed there.
pub fn read_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            _ if is_quoted => cell.push(c),
            '"' if cell.is_empty() => is_quoted = true,
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::read_rows;
    use crate::domain::report::Csv;

    #[test]
    fn cells_are_read_as_they_were_written() {
        let rows = [vec!["a", "", "c d"], vec!["x,y", "say \"hi\"", "two\r\nlines"], vec!["", "", ""]];
        let mut csv = Csv::default();
        for row in &rows {
            for cell in row {
                csv.cell(cell);
            }
            csv.end_row();
        }
        assert_eq!(read_rows(&csv.take()), rows);
    }

    #[test]
    fn what_others_write_is_read_too() {
        for (text, expected) in [
            ("", vec![]),
            ("a,b\nc,d", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("a\n\nb\n", vec![vec!["a"], vec![""], vec!["b"]]),
            ("5\" disk,\"open\nquote", vec![vec!["5\" disk", "open\nquote"]]),
        ] {
            assert_eq!(read_rows(text), expected, "{text:?}");
        }
    }
}
