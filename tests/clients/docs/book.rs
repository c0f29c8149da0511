//! The site that mdBook makes of `docs/`: it has every page, and no link in it leads nowhere.

use super::{pages, repository};
use crate::harness::common::{Place, Ran, must, run};

/// Makes the site of `docs/` of a place, in `site`.
fn made(place: &Place) -> Ran {
    let made = must(place.program("mdbook").args(["build", "docs", "-d"]).arg(place.path("site")));
    for word in ["WARN", "ERROR"] {
        assert!(!made.stderr.contains(word), "{}", made.stderr);
    }
    run(place.program("python3").arg(repository("tests/clients/docs/links.py")).arg("site"))
}

#[test]
fn the_book_is_a_site_whose_links_lead_somewhere() {
    let place = Place::new();
    must(place.program("cp").arg("-R").arg(repository("docs")).arg("docs"));
    let links = made(&place);
    let seen: usize = links.stdout.trim().parse().unwrap_or_default();
    assert!(links.code == Some(0) && seen > 1000, "{links:?}");
    for page in pages().iter().filter(|page| *page != "SUMMARY.md") {
        assert!(place.path("site").join(page).with_extension("html").is_file(), "{page}");
    }
    // It would be seen.
    place.write("docs/faq.md", "# Questions\n\n[a](caching.md#no-such-heading) [b](captures/none.svg)\n");
    let links = made(&place);
    let (anchor, file) = ("faq.html: caching.html#no-such-heading", "faq.html: captures/none.svg");
    assert!(links.stderr.contains(anchor) && links.stderr.contains(file), "{links:?}");
}
