//! Pages for browsers, in a real one: `inspect --html` and `diff --html`, of an image whose files have hostile names.

use std::fs;
use std::process::Command;

use crate::harness::common::{Place, must};
use crate::harness::helpers;
use crate::harness::layout;

/// Names that would be markup if they were not escaped. A browser that took one for markup would change the title.
const HOSTILE: [&str; 4] = [
    "<script>document.title='hacked'<",
    "\"><img src=x onerror=document.title='hacked'>",
    "'><svg onload=document.title='hacked'>",
    "</style><b>&lt;",
];

fn browser(place: &Place) -> Command {
    let mut browser = helpers::program("chromium", "chromium");
    browser.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
    ]);
    browser.arg(format!("--user-data-dir={}", place.path("browser").display()));
    browser
}

/// The document that a browser makes of a page, and what it would print of it.
fn rendered(place: &Place, page: &str) -> String {
    let url = format!("file://{}", place.path(page).display());
    let printed = place.path("printed.pdf");
    must(browser(place).arg(format!("--print-to-pdf={}", printed.display())).arg(&url));
    assert!(fs::read(&printed).unwrap().starts_with(b"%PDF-"));
    must(browser(place).args(["--dump-dom", &url])).stdout
}

/// A function with dependencies, copies and hostile names, built with `more`.
fn built(place: &Place, output: &str, more: &str) {
    let ran = place.run(&format!("build fn -r provided.al2023 -b embedded --output {output} {more}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

fn function() -> Place {
    let place = layout::function();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    for name in HOSTILE {
        // A slash in it makes directories, as in any name.
        place.write(&format!("fn/{name}"), name);
    }
    for module in ["a", "b"] {
        place.write(&format!("fn/node_modules/{module}/data.bin"), [7; 9000]);
    }
    place
}

#[test]
fn names_in_an_image_are_text_on_its_page() {
    let place = function();
    built(&place, "oci:image:v1", "");
    let ran = place.run("inspect oci:image:v1 --html page.html");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    let document = rendered(&place, "page.html");
    assert!(document.contains("<title>oci:image:v1: what is in the image</title>"), "{document}");
    assert!(!document.contains("<script") && !document.contains("<img"), "{document}");
    for shown in [
        "&lt;script&gt;document.title='hacked'&lt;",
        "onerror=document.title='hacked'&gt;",
        "node_modules",
        "Equal files: 9.00 kB more than needed",
        "2 × 9.00 kB",
    ] {
        assert!(document.contains(shown), "{shown}: {document}");
    }
    // A browser that may run scripts does, or this would prove nothing.
    place.write("script.html", "<!DOCTYPE html><title>a</title><script>document.title='ran'</script>");
    assert!(rendered(&place, "script.html").contains("<title>ran</title>"));
}

#[test]
fn the_page_is_the_same_on_every_run_and_loads_nothing() {
    let place = function();
    built(&place, "oci:image:v1", "");
    for page in ["one.html", "two.html"] {
        assert_eq!(place.run(&format!("inspect oci:image:v1 --html {page}")).code, Some(0));
    }
    let page = fs::read_to_string(place.path("one.html")).unwrap();
    assert_eq!(page, fs::read_to_string(place.path("two.html")).unwrap());
    for loads in ["http:", "https:", "src=", "@import", "url("] {
        // A name in the image has one of these, and is text.
        let page = page.replace("&lt;img src=x", "");
        assert!(!page.contains(loads), "{loads}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn what_differs_between_two_images_is_on_their_page() {
    let place = function();
    built(&place, "oci:image:v1", "");
    place.write("fn/node_modules/b/data.bin", [8; 20_000]);
    place.write("fn/<i>new", "new");
    fs::remove_dir_all(place.path("fn/node_modules/a")).unwrap();
    built(&place, "oci:image:v2", "--env STAGE=<b>");
    let ran = place.run("diff oci:image:v1 oci:image:v2 --html page.html --exit-code");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    let document = rendered(&place, "page.html");
    for shown in ["+11.0 kB", "−9.00 kB", "/var/task/&lt;i&gt;new", "&lt;b&gt;", "data.bin"] {
        assert!(document.contains(shown), "{shown}: {document}");
    }
    assert!(!document.contains("<i>") && !document.contains("<b>"), "{document}");
}

#[test]
fn a_page_that_cannot_be_written_is_an_error_with_its_path() {
    let place = function();
    built(&place, "oci:image:v1", "");
    let ran = place.run("inspect oci:image:v1 --html fn/bootstrap/page.html");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("`fn/bootstrap`"), "{}", ran.stderr);
    assert_eq!(fs::read(place.path("fn/bootstrap")).unwrap(), b"#!/bin/sh\n");
}

#[test]
fn a_person_sees_a_page_of_the_size_of_the_window() {
    let place = function();
    built(&place, "oci:image:v1", "");
    assert_eq!(place.run("inspect oci:image:v1 --html page.html").code, Some(0));
    let picture = place.path("page.png");
    let url = format!("file://{}", place.path("page.html").display());
    must(
        browser(&place)
            .arg(format!("--screenshot={}", picture.display()))
            .arg("--window-size=1280,1480")
            .arg(url),
    );
    let png = fs::read(&picture).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (1280, 1480));
    // A page that shows nothing is a few kilobytes of one colour.
    assert!(png.len() > 60_000, "{} bytes", png.len());
}
