//! Pages for a browser, without a script and without a network: `inspect --html` and `diff --html`.

mod difference;
mod image;
mod markup;
mod space;
mod treemap;

use lambda_img::diff::Difference;
use lambda_img::inspect::Inspected;
use markup::escape;

/// What is in an image.
pub fn image(inspected: &Inspected) -> String {
    let parts = [
        image::head(inspected),
        image::limits(inspected),
        image::layers(inspected),
        image::findings(inspected),
        space::sections(inspected),
    ];
    page(&format!("{}: what is in the image", inspected.name), &parts.concat())
}

/// How two images differ.
pub fn difference(difference: &Difference) -> String {
    let title = format!("{} and {}: how the images differ", difference.a.name, difference.b.name);
    page(&title, &difference::sections(difference))
}

/// A page may style itself and nothing else: what others wrote is escaped, and were it not, no browser would run it.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <footer>Made by lambda-img {}.</footer>\n</body>\n</html>\n",
        escape(title),
        include_str!("style.css"),
        env!("CARGO_PKG_VERSION"),
    )
}
