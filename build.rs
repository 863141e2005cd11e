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
    if !hashes.is_file() || !files.iter().any(|path| path.extension().is_some_and(|extension| extension == "br")) {
        return Err(format!("there is no compressed site in {}: run scripts/package", site.display()).into());
    }
    files.sort();
    let mut code = format!("EmbeddedSite {{ hashes: include_str!({hashes:?}), files: &[\n");
    for path in files {
        let name = path.strip_prefix(site)?.to_str().ok_or("a file's name is no text")?;
        // What only compilers read.
        if !name.ends_with(".ts") {
            writeln!(code, "({name:?}, include_bytes!({path:?})),")?;
        }
    }
    code.push_str("] }");
    Ok(code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
