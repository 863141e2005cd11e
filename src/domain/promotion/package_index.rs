//! Reading an index of Debian packages piece by piece, and keeping the versions of those that are looked for.

use std::collections::HashMap;
use std::mem::take;

/// As many bytes of a line are looked at: names and versions have less, and of the other lines nothing is.
const LONGEST_LINE: usize = 4_096;

/// The versions of artefacts in an index, by the artefacts' names.
pub type Versions = HashMap<String, String>;

/// The names of the artefacts that are looked for in an index.
///
/// An artefact is known by its package's name, in which `_` may stand for a dot: `tool-1_2-x` is `tool-1_2-x` or `tool-1.2-x`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageNames(HashMap<String, Vec<String>>);

impl PackageNames {
    /// Adds the name of an artefact.
    pub fn insert(&mut self, name: &str) {
        let names = self.0.entry(without_dots(name)).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    /// Whether everything that others look for is among these.
    pub fn cover(&self, others: &Self) -> bool {
        others
            .0
            .iter()
            .all(|(alike, names)| self.0.get(alike).is_some_and(|known| names.iter().all(|name| known.contains(name))))
    }

    /// The artefacts that a package may be.
    fn of_package<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a String> {
        let alike = self.0.get(&without_dots(package)).into_iter().flatten();
        alike.filter(move |name| is_package(name, package))
    }
}

impl FromIterator<String> for PackageNames {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Self {
        let mut all = Self::default();
        names.into_iter().for_each(|name| all.insert(&name));
        all
    }
}

/// What names that may be the same have in common.
fn without_dots(name: &str) -> String {
    name.replace('.', "_")
}

fn is_package(name: &str, package: &str) -> bool {
    let is_same = |(name, package): (u8, u8)| name == package || (name, package) == (b'_', b'.');
    name.len() == package.len() && name.bytes().zip(package.bytes()).all(is_same)
}

/// An index that is being read: paragraphs between empty lines, each of a package. The first paragraph of a name counts.
#[derive(Debug)]
pub struct PackageIndex<'a> {
    names: &'a PackageNames,
    line: Vec<u8>,
    package: Option<String>,
    version: Option<String>,
    versions: Versions,
}

impl<'a> PackageIndex<'a> {
    /// Nothing is read yet.
    pub fn new(names: &'a PackageNames) -> Self {
        Self { names, line: Vec::new(), package: None, version: None, versions: Versions::new() }
    }

    /// Reads the next bytes, wherever they begin and end.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.continue_line(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.continue_line(bytes);
    }

    /// What was found, at the end of the index.
    pub fn finish(mut self) -> Versions {
        self.end_line();
        self.end_paragraph();
        self.versions
    }

    fn continue_line(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self) {
        let mut line = take(&mut self.line);
        if line.trim_ascii().is_empty() {
            self.end_paragraph();
        } else if let Some(value) = line.strip_prefix(b"Package: ") {
            self.package = self.package.take().or_else(|| text(value));
        } else if let Some(value) = line.strip_prefix(b"Version: ") {
            self.version = self.version.take().or_else(|| text(value));
        }
        // Millions of lines share one piece of memory.
        line.clear();
        self.line = line;
    }

    fn end_paragraph(&mut self) {
        let (Some(package), Some(version)) = (self.package.take(), self.version.take()) else { return };
        for name in self.names.of_package(&package) {
            self.versions.entry(name.clone()).or_insert_with(|| version.clone());
        }
    }
}

fn text(value: &[u8]) -> Option<String> {
    Some(std::str::from_utf8(value).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], names: &[&str], piece: usize) -> Versions {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let mut index = PackageIndex::new(&names);
        text.chunks(piece).for_each(|bytes| index.feed(bytes));
        index.finish()
    }

    fn versions(pairs: &[(&str, &str)]) -> Versions {
        pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    const INDEX: &str = "\
Package: linux-image-6.8
Architecture: amd64
Version: 6.8.0-51.52
Priority: optional
Description: kernel
 Package: hidden
 Version: 9

Package: hello
Source: greetings
Version: 2.10-3
Depends: libc6 (>= 2.34)

Version: 1:1.2~rc1-0ubuntu1
Package: tool-1.2-x

Package: hello
Version: 3.0

Package: without-version

Package: last
Version: 7";

    #[test]
    fn the_versions_of_the_names_looked_for_are_kept() {
        let names =
            ["hello", "tool-1_2-x", "linux-image-6_8", "last", "hidden", "without-version", "nowhere", "greetings"];
        let expected = versions(&[
            ("hello", "2.10-3"),
            ("tool-1_2-x", "1:1.2~rc1-0ubuntu1"),
            ("linux-image-6_8", "6.8.0-51.52"),
            ("last", "7"),
        ]);
        for piece in [1, 2, 13, 10_000] {
            assert_eq!(read(INDEX.as_bytes(), &names, piece), expected, "{piece}");
            let with_returns = INDEX.replace('\n', "\r\n");
            assert_eq!(read(with_returns.as_bytes(), &names, piece), expected, "{piece}");
        }
    }

    #[test]
    fn an_underscore_stands_for_itself_or_for_a_dot_and_everything_else_for_itself() {
        for (name, package, expected) in [
            ("tool-1_2-x", "tool-1_2-x", true),
            ("tool-1_2-x", "tool-1.2-x", true),
            ("a_b_c", "a.b_c", true),
            ("a.b", "a_b", false),
            ("a.b", "a.b", true),
            ("a.b", "axb", false),
            ("a_b", "axb", false),
            ("libc++", "libccc", false),
            ("libc++", "libc++", true),
            ("tool", "tools", false),
            ("tool", "Tool", false),
        ] {
            let index = format!("Package: {package}\nVersion: 1\n");
            let found = read(index.as_bytes(), &[name], 100);
            assert_eq!(found.contains_key(name), expected, "{name} {package}");
        }
        // Several artefacts can be one package, and the first of several packages is an artefact.
        let index = "Package: a.b\nVersion: 1\n\nPackage: a_b\nVersion: 2\n";
        assert_eq!(read(index.as_bytes(), &["a_b", "a.b"], 100), versions(&[("a_b", "1"), ("a.b", "1")]));
    }

    #[test]
    fn names_cover_those_that_are_all_among_them() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<PackageNames>();
        let known = names(&["a.b", "a_b", "c"]);
        for (others, expected) in [
            (&[][..], true),
            (&["c"], true),
            (&["a_b", "c"], true),
            (&["a_b", "a.b", "c"], true),
            (&["c", "d"], false),
            (&["a"], false),
        ] {
            assert_eq!(known.cover(&names(others)), expected, "{others:?}");
        }
        // The same package, and yet another artefact.
        assert!(!names(&["a.b"]).cover(&names(&["a_b"])));
    }

    #[test]
    fn strange_lines_are_passed_over() {
        let long = format!("Depends: {}\n", "x".repeat(3 * LONGEST_LINE));
        let (before, after) = (b"Package: a\nMaintainer: \xff\n", b"Version: 1\n  \nPackage: \xff\nVersion: 2\n");
        let index = [&before[..], long.as_bytes(), &after[..]];
        assert_eq!(read(&index.concat(), &["a"], 100), versions(&[("a", "1")]));
    }
}
