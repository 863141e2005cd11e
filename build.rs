//! Makes cargo compile the crate again when a migration changes, and with the feature `embed-site` packs the built site into the program.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the build leaves the site and the hashes that are part of its files' names.
const SITE: &str = "target/site";
const HASHES: &str = "target/release/hash.txt";

fn main() -> Result<(), Box<dyn Error>> {
    // The migrations are compiled in: a new one must compile the crate again.
    println!("cargo:rerun-if-changed=migrations");
    if env::var_os("CARGO_FEATURE_EMBED_SITE").is_some() {
        println!("cargo:rerun-if-changed={SITE}");
        println!("cargo:rerun-if-changed={HASHES}");
        let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
        let code = spell_site(&root.join(SITE), &root.join(HASHES))?;
        fs::write(Path::new(&env::var("OUT_DIR")?).join("site.rs"), code)?;
    }
    Ok(())
}

/// An expression for the site: its files by their path, with what is in them.
fn spell_site(site: &Path, hashes: &Path) -> Result<String, Box<dyn Error>> {
    let mut files = Vec::new();
    collect(site, &mut files)?;
    if !hashes.is_file() || !files.iter().any(|path| has_extension(path, "br")) {
        return Err(format!("there is no compressed site in {}: run scripts/package", site.display()).into());
    }
    files.sort();
    let mut code = format!("EmbeddedSite {{ hashes: include_str!({:?}), files: &[\n", text_of(hashes)?);
    // What only compilers read stays behind.
    for path in files.iter().filter(|path| !has_extension(path, "ts")) {
        writeln!(code, "({:?}, include_bytes!({:?})),", text_of(path.strip_prefix(site)?)?, text_of(path)?)?;
    }
    code.push_str("] }");
    Ok(code)
}

fn text_of(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.to_str().ok_or_else(|| format!("the name of {} is no text", path.display()).into())
}

fn has_extension(path: &Path, expected: &str) -> bool {
    path.extension().is_some_and(|extension| extension == expected)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
