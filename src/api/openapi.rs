//! The document that describes the API, made from the code.

use std::sync::LazyLock;

use utoipa::openapi::{Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

/// The document.
pub fn document() -> OpenApi {
    super::routes().split_for_parts().1
}

/// The document as it is served.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());
    &TEXT
}

pub(super) fn base() -> OpenApi {
    OpenApiBuilder::new().info(info()).build()
}

fn info() -> Info {
    InfoBuilder::new()
        .title("Test Observer")
        .version("0.1.0")
        .description(Some("Results of tests on software artefacts, and the decisions people take on them"))
        .license(Some(LicenseBuilder::new().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build()))
        .build()
}
