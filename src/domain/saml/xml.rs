//! Reads XML that strangers send, and finds things in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};

use super::{Name, Refusal};

/// Elements within each other; those who look into them do so recursively.
const MAX_DEPTH: usize = 64;
/// Elements, texts and comments.
const MAX_NODES: u32 = 20_000;
/// Attributes and declarations of namespaces, counted by their equals signs: the parser compares each with its neighbours.
const MAX_ATTRIBUTES: usize = 4096;
/// Declarations of namespaces in the document, and namespaces that one element knows: the parser compares those of an element
/// with all that it inherits, and the canonical form goes through them for each element.
const MAX_DECLARATIONS: usize = 512;
const MAX_NAMESPACES: usize = 64;

/// Parses a document that declares nothing, is not too large and not too deep.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Refusal> {
    if text.contains("<!DOCTYPE") {
        return Err(unreadable("it has a document type"));
    }
    if text.matches('=').count() > MAX_ATTRIBUTES {
        return Err(unreadable("it has too many attributes"));
    }
    if text.matches("xmlns").count() > MAX_DECLARATIONS {
        return Err(unreadable("it declares too many namespaces"));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text, options).map_err(|error| Refusal::Unreadable(error.to_string()))?;
    if document.descendants().any(|node| node.ancestors().take(MAX_DEPTH + 1).count() > MAX_DEPTH) {
        return Err(unreadable("its elements are too deep within each other"));
    }
    if document.descendants().any(|node| node.namespaces().len() > MAX_NAMESPACES) {
        return Err(unreadable("an element knows too many namespaces"));
    }
    Ok(document)
}

/// Says of a message why it cannot be read.
pub(super) fn unreadable(reason: &str) -> Refusal {
    Refusal::Unreadable(reason.to_owned())
}

/// Whether an element has that name, namespace included.
pub(super) fn is(node: Node<'_, '_>, (namespace, name): Name) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(namespace) && node.tag_name().name() == name
}

/// The elements of that name directly in an element.
pub(super) fn children<'a, 'input>(node: Node<'a, 'input>, name: Name) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| is(*child, name))
}

/// The element of that name directly in an element, if there is one. Several are refused: which one is meant would be
/// up to who looks.
pub(super) fn find_child<'a, 'input>(node: Node<'a, 'input>, name: Name) -> Result<Option<Node<'a, 'input>>, Refusal> {
    let mut found = children(node, name);
    let first = found.next();
    if found.next().is_some() {
        return Err(Refusal::Unreadable(format!("{} is there several times", name.1)));
    }
    Ok(first)
}

/// The one element of that name directly in an element.
pub(super) fn get_child<'a, 'input>(node: Node<'a, 'input>, name: Name) -> Result<Node<'a, 'input>, Refusal> {
    find_child(node, name)?.ok_or_else(|| Refusal::Unreadable(format!("{} is missing", name.1)))
}

/// The value of an attribute without a namespace.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let mut attributes = node.attributes();
    attributes.find(|attribute| attribute.namespace().is_none() && attribute.name() == name).map(|found| found.value())
}

/// The text of an element that holds nothing but text; a comment in it does not end it.
pub(super) fn text(node: Node<'_, '_>) -> Result<String, Refusal> {
    if node.children().any(|child| child.is_element()) {
        return Err(Refusal::Unreadable(format!("{} is no text", node.tag_name().name())));
    }
    Ok(node.children().filter(Node::is_text).filter_map(|child| child.text()).collect())
}

/// Decodes base64, which XML breaks into lines.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

/// Writes a text as the value of an attribute, or between tags.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, parse, text};
    use crate::domain::saml::Refusal;

    #[test]
    fn what_a_stranger_can_make_expensive_or_ambiguous_is_not_read() {
        let deep = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        // An empty reason is the parser's own.
        for (text, expected) in [
            ("<a/>".to_owned(), None),
            (deep(MAX_DEPTH - 1), None),
            (deep(MAX_DEPTH), Some("its elements are too deep within each other")),
            (format!("<a>{}</a>", "<b/>".repeat(20_001)), Some("")),
            (format!("<a {}/>", "b='' ".repeat(4097)), Some("it has too many attributes")),
            (format!("<a>{}</a>", "<b xmlns='c'/>".repeat(513)), Some("it declares too many namespaces")),
            (
                [
                    "<a".to_owned(),
                    (0..65).map(|n| format!(" xmlns:n{n}='c'")).collect::<Vec<_>>().concat(),
                    "/>".to_owned(),
                ]
                .concat(),
                Some("an element knows too many namespaces"),
            ),
            ("<!DOCTYPE a><a/>".to_owned(), Some("it has a document type")),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), Some("it has a document type")),
            ("<a>&b;</a>".to_owned(), Some("")),
            ("<a b='' b=''/>".to_owned(), Some("")),
            ("<a/><b/>".to_owned(), Some("")),
            ("<a><b></a>".to_owned(), Some("")),
            (String::new(), Some("")),
        ] {
            match (parse(&text), expected) {
                (Ok(_), None) => {}
                (Err(Refusal::Unreadable(reason)), Some(expected)) => assert!(reason.starts_with(expected), "{reason}"),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }

    #[test]
    fn a_comment_does_not_end_a_text() {
        for (xml, expected) in [
            ("<a>admin@x.org<!-- -->.evil.example</a>", Some("admin@x.org.evil.example")),
            ("<a>admin<?x y?>@x.org</a>", Some("admin@x.org")),
            ("<a><![CDATA[<admin>]]>@x.org</a>", Some("<admin>@x.org")),
            ("<a/>", Some("")),
            ("<a>admin<b>@x.org</b></a>", None),
        ] {
            let document = parse(xml).unwrap();
            assert_eq!(text(document.root_element()).ok().as_deref(), expected, "{xml}");
        }
    }
}
