//! Exclusive canonical XML without comments: the one way of writing an element down that signatures are made over.
//!
//! Two elements that differ in anything that is read from them must be written down differently, or one signature would
//! be good for both. So everything is written as the tree has it: names with the namespaces they stand for, all attributes,
//! all text.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Attribute, Node, NodeId};

/// Writes an element down: the declarations of `prefixes` (`#default` for none) as if they were used everywhere, and
/// without the element `without`.
pub(super) fn canonicalize(element: Node<'_, '_>, prefixes: &[&str], without: Option<NodeId>) -> String {
    let prefixes = prefixes.iter().copied().map(|prefix| if prefix == "#default" { "" } else { prefix }).collect();
    let mut canonical = Canonical { out: String::new(), prefixes, without };
    canonical.write_element(element, &BTreeMap::new());
    canonical.out
}

/// The namespace of each prefix as it was declared last on the way down; the prefix of those without one is `""`.
type Declared<'a> = BTreeMap<&'a str, &'a str>;

struct Canonical<'p> {
    out: String,
    prefixes: BTreeSet<&'p str>,
    without: Option<NodeId>,
}

impl Canonical<'_> {
    fn write_element<'a>(&mut self, element: Node<'a, '_>, above: &Declared<'a>) {
        let name = qualified_tag(element);
        let mut declared = above.clone();
        self.write(&["<", name]);
        for (prefix, namespace) in self.declarations(element, above) {
            if prefix.is_empty() {
                self.write(&[" xmlns=\""]);
            } else {
                self.write(&[" xmlns:", prefix, "=\""]);
            }
            self.write_value(namespace);
            self.write(&["\""]);
            declared.insert(prefix, namespace);
        }
        let mut attributes: Vec<Attribute<'_, '_>> = element.attributes().collect();
        attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for attribute in attributes {
            self.write(&[" ", qualified_attribute(element, attribute), "=\""]);
            self.write_value(attribute.value());
            self.write(&["\""]);
        }
        self.write(&[">"]);
        let without = self.without;
        for child in element.children().filter(|child| Some(child.id()) != without) {
            self.write_child(child, &declared);
        }
        self.write(&["</", name, ">"]);
    }

    fn write_child<'a>(&mut self, child: Node<'a, '_>, above: &Declared<'a>) {
        if child.is_element() {
            self.write_element(child, above);
        } else if child.is_text() {
            self.write_text(child.text().unwrap_or_default());
        } else if let Some(instruction) = child.pi() {
            self.write(&["<?", instruction.target]);
            if let Some(value) = instruction.value {
                self.write(&[" ", value]);
            }
            self.write(&["?>"]);
        }
    }

    /// The declarations an element needs, by prefix: of the prefixes it uses itself, and of those asked for where it knows
    /// them, as far as they do not stand for the same already.
    fn declarations<'a>(&self, element: Node<'a, '_>, above: &Declared<'a>) -> Declared<'a> {
        let mut needed = Declared::new();
        for namespace in element.namespaces() {
            let prefix = namespace.name().unwrap_or_default();
            if self.prefixes.contains(prefix) {
                needed.insert(prefix, namespace.uri());
            }
        }
        if self.prefixes.contains("") {
            needed.entry("").or_default();
        }
        for attribute in element.attributes() {
            if let Some((prefix, _)) = qualified_attribute(element, attribute).split_once(':') {
                needed.insert(prefix, attribute.namespace().unwrap_or_default());
            }
        }
        let prefix = qualified_tag(element).split_once(':').map_or("", |(prefix, _)| prefix);
        needed.insert(prefix, element.tag_name().namespace().unwrap_or_default());
        // Nothing declares what every document knows.
        needed.remove("xml");
        needed.retain(|prefix, namespace| above.get(prefix).copied().unwrap_or_default() != *namespace);
        needed
    }

    fn write(&mut self, parts: &[&str]) {
        self.out.extend(parts.iter().copied());
    }

    fn write_value(&mut self, value: &str) {
        for c in value.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                c => self.out.push(c),
            }
        }
    }

    fn write_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                c => self.out.push(c),
            }
        }
    }
}

/// An element's name as it stands in the document, prefix included: the tree keeps the namespace instead.
fn qualified_tag<'a>(element: Node<'a, '_>) -> &'a str {
    let tag = element.document().input_text().get(element.range().start + 1..).unwrap_or_default();
    cut_name(tag)
}

/// An attribute's name as it stands in the document.
fn qualified_attribute<'a>(element: Node<'a, '_>, attribute: Attribute<'a, '_>) -> &'a str {
    cut_name(element.document().input_text().get(attribute.range()).unwrap_or_default())
}

fn cut_name(text: &str) -> &str {
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/' | '>'));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::canonicalize;
    use crate::domain::saml::xml::parse;

    fn canonical(xml: &str, prefixes: &[&str]) -> String {
        let document = parse(xml).unwrap();
        let apex = document.descendants().find(|node| node.has_tag_name("apex")).unwrap();
        let without = document.descendants().find(|node| node.has_tag_name("without"));
        canonicalize(apex, prefixes, without.map(|node| node.id()))
    }

    // What `lxml.etree.tostring(apex, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=…)` writes;
    // the one with `#default`, which that does not know, is what xmlsec1 signs.
    #[test]
    fn an_element_is_written_as_other_implementations_do() {
        for (xml, prefixes, expected) in CASES {
            assert_eq!(canonical(xml, prefixes), *expected, "{xml}");
        }
    }

    #[test]
    fn the_signature_is_left_out_of_what_it_signs() {
        let xml = "<apex>a<without><b/></without>c</apex>";
        assert_eq!(canonical(xml, &[]), "<apex>ac</apex>");
    }

    const CASES: &[(&str, &[&str], &str)] = &[
        ("<apex/>", &[], "<apex></apex>"),
        ("<apex b='2' a='1'/>", &[], "<apex a=\"1\" b=\"2\"></apex>"),
        (
            "<r xmlns:x='urn:x' xmlns:y='urn:y'><apex><x:b y:c='' c='' a=''/></apex></r>",
            &[],
            "<apex><x:b xmlns:x=\"urn:x\" xmlns:y=\"urn:y\" a=\"\" c=\"\" y:c=\"\"></x:b></apex>",
        ),
        (
            "<r xmlns:x='urn:x' xmlns:y='urn:y'><x:apex xmlns:x='urn:x'><x:b/><x:c xmlns:x='urn:other'/></x:apex></r>",
            &[],
            "<x:apex xmlns:x=\"urn:x\"><x:b></x:b><x:c xmlns:x=\"urn:other\"></x:c></x:apex>",
        ),
        (
            "<r xmlns='urn:d'><apex><b xmlns=''><c/></b></apex></r>",
            &[],
            "<apex xmlns=\"urn:d\"><b xmlns=\"\"><c></c></b></apex>",
        ),
        ("<r xmlns='urn:d'><apex xmlns=''><b xmlns='urn:d'/></apex></r>", &[], "<apex><b xmlns=\"urn:d\"></b></apex>"),
        (
            "<r xmlns='urn:d' xmlns:x='urn:x'><x:apex><x:b/><c/></x:apex></r>",
            &[],
            "<x:apex xmlns:x=\"urn:x\"><x:b></x:b><c xmlns=\"urn:d\"></c></x:apex>",
        ),
        (
            "<r xmlns='urn:d' xmlns:xs='urn:xs' xmlns:n='urn:n'><apex><b/><c t='xs:string'/></apex></r>",
            &["xs"],
            "<apex xmlns=\"urn:d\" xmlns:xs=\"urn:xs\"><b></b><c t=\"xs:string\"></c></apex>",
        ),
        (
            "<r xmlns:xs='urn:xs'><apex><b xmlns:xs='urn:other'/><c xmlns:xs='urn:xs'/></apex></r>",
            &["xs"],
            "<apex xmlns:xs=\"urn:xs\"><b xmlns:xs=\"urn:other\"></b><c></c></apex>",
        ),
        (
            "<r xmlns='urn:d' xmlns:x='urn:x'><x:apex><x:b xmlns=''/></x:apex></r>",
            &["#default"],
            "<x:apex xmlns=\"urn:d\" xmlns:x=\"urn:x\"><x:b xmlns=\"\"></x:b></x:apex>",
        ),
        (
            "<r xmlns:a='urn:z' xmlns:z='urn:a'><apex z:k='1' a:k='2' k='3' xml:lang='en'/></r>",
            &[],
            "<apex xmlns:a=\"urn:z\" xmlns:z=\"urn:a\" k=\"3\" xml:lang=\"en\" z:k=\"1\" a:k=\"2\"></apex>",
        ),
        (
            "<r xml:lang='en'><apex xml:space='preserve'> <b/> </apex></r>",
            &[],
            "<apex xml:space=\"preserve\"> <b></b> </apex>",
        ),
        (
            "<apex a='&lt;&amp;&quot;&apos;&gt;&#9;&#10;&#13;x' b=\"'\ty\n\">&lt;&amp;&quot;&gt;&#13;'\t\n</apex>",
            &[],
            "<apex a=\"&lt;&amp;&quot;'>&#x9;&#xA;&#xD;x\" b=\"' y \">&lt;&amp;\"&gt;&#xD;'\t\n</apex>",
        ),
        ("<apex>a<!-- b -->c<?d  e ?><?f?><![CDATA[<g>&]]></apex>", &[], "<apex>ac<?d e ?><?f?>&lt;g&gt;&amp;</apex>"),
        ("<apex\n  a = '1'\r\n>\r\nx\ry\n</apex >", &[], "<apex a=\"1\">\nx\ny\n</apex>"),
        ("<apex>é中😀<b a='é'/></apex>", &[], "<apex>é中😀<b a=\"é\"></b></apex>"),
        ("<r xmlns:é='urn:e'><é:apex é:ä='1'/></r>", &[], "<é:apex xmlns:é=\"urn:e\" é:ä=\"1\"></é:apex>"),
    ];
}
