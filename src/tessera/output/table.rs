//! Aligned columns for people. Widths are those of the terminal's cells, not of bytes; on a terminal that is too narrow the
//! widest column is cut, in a pipe nothing is.

use super::words::clean_line;
use console::{measure_text_width, truncate_str};

/// No column is cut below this.
const LEAST: usize = 12;
const GAP: &str = "  ";

/// Header and rows as text, each line ended. Cells are cleaned and kept on one line.
pub(crate) fn table(rows: &[Vec<String>], header: &[&str]) -> String {
    let terminal = console::Term::stdout();
    let width = terminal.is_term().then(|| terminal.size_checked()).flatten().map(|(_, columns)| usize::from(columns));
    render(rows, header, width)
}

fn render(rows: &[Vec<String>], header: &[&str], width: Option<usize>) -> String {
    let columns = rows.iter().map(Vec::len).chain([header.len()]).max().unwrap_or(0);
    let cell = |row: &[String], i: usize| row.get(i).map_or_else(String::new, |c| clean_line(c));
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(rows.len() + 1);
    if header.iter().any(|h| !h.is_empty()) {
        lines.push((0..columns).map(|i| header.get(i).unwrap_or(&"").to_uppercase()).collect());
    }
    lines.extend(rows.iter().map(|r| (0..columns).map(|i| cell(r, i)).collect()));
    let mut widths: Vec<usize> =
        (0..columns).map(|i| lines.iter().map(|l| measure_text_width(&l[i])).max().unwrap_or(0)).collect();
    if let Some(width) = width {
        narrow(&mut widths, width);
    }
    let mut out = String::new();
    for line in &lines {
        let mut text = String::new();
        for (i, cell) in line.iter().enumerate() {
            let shown = truncate_str(cell, widths[i], "…");
            text.push_str(&shown);
            if i + 1 < columns {
                text.push_str(&" ".repeat(widths[i].saturating_sub(measure_text_width(&shown))));
                text.push_str(GAP);
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// Takes from the widest column until the line fits or nothing can be taken.
fn narrow(widths: &mut [usize], most: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        match widths.iter_mut().filter(|w| **w > LEAST).max() {
            Some(widest) => *widest -= 1,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
        cells.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect()
    }

    #[test]
    fn columns_are_aligned_by_cells_of_the_terminal() {
        let data = rows(&[&["表", "wide", "x"], &["plain", "", "y\u{1b}[31m\nz"], &["short"]]);
        insta::assert_snapshot!(render(&data, &["name", "what"], None), @r"
        NAME   WHAT
        表     wide  x
        plain        y[31m z
        short
        ");
    }

    #[test]
    fn the_widest_column_gives_way_on_a_narrow_terminal() {
        let data = rows(&[&["id", "a sentence that is far too long for this terminal", "end"]]);
        let shown = render(&data, &[], Some(30));
        assert_eq!(shown, "id  a sentence that is f…  end\n");
        assert!(shown.lines().all(|l| measure_text_width(l) <= 30), "{shown}");
        assert!(render(&data, &[], Some(3)).contains("id"), "never to nothing");
        assert_eq!(render(&[], &[], None), "");
    }
}
