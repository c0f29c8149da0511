//! Java: Maven's pom.xml, or Gradle.

use lambda_img::runtime::{Family, RuntimeProfile};

use super::source::{Source, find};
use super::{Sketch, Told, runtimes, word};

const HANDLER: &str = r"class\s+(\w+)[^{]*\bimplements\b[^{]*\bRequest(?:Stream)?Handler\b";

pub fn functions(source: &Source<'_>, told: &Told) -> Vec<Sketch> {
    let gradle = ["build.gradle", "build.gradle.kts"].into_iter().find(|name| source.has(name));
    let maven = source.has("pom.xml");
    let Some(found) = maven.then_some("pom.xml").or(gradle) else { return Vec::new() };
    let mut notes = Vec::new();
    let class = source.search("src/main/java", 12, &[".java"], &["App", "Handler"], HANDLER);
    let handler = class.map(|(file, class)| match source.first(&file, r"(?m)^\s*package\s+([\w.]+)") {
        Some(package) => format!("{package}.{class}::handleRequest"),
        None => format!("{class}::handleRequest"),
    });
    if handler.is_none() && told.handler.is_none() {
        notes.push(
            "no class that implements `RequestHandler` was found: name class and method in `handler`"
                .to_owned(),
        );
    }
    let (prepare, path, libraries) = if maven {
        let libraries = source.path("target/dependency");
        let prepare = format!(
            "mkdir -p {}\nmvn --batch-mode --quiet --file {} compile dependency:copy-dependencies -DincludeScope=runtime\n",
            word(&libraries),
            word(&source.path("pom.xml"))
        );
        (prepare, "target/classes", libraries)
    } else {
        let libraries = source.path("build/dependency");
        notes.push(format!(
            "Gradle must copy the libraries: `tasks.register('lambdaLibraries', Copy) {{ from configurations.runtimeClasspath; into \
             layout.buildDirectory.dir('dependency') }}` in {found}"
        ));
        let program = if source.has("gradlew") {
            word(&format!("./{}", source.path("gradlew")))
        } else {
            "gradle".to_owned()
        };
        let prepare = format!(
            "mkdir -p {}\n{program} --quiet --project-dir {} classes lambdaLibraries\n",
            word(&libraries),
            word(&source.path(""))
        );
        (prepare, "build/classes/java/main", libraries)
    };
    vec![Sketch {
        name: told.name.clone(),
        found: source.path(found),
        runtime: runtime(&source.text(found)).id,
        prepare: Some(prepare),
        path: source.path(path),
        handler: handler.or_else(|| Some("example.App::handleRequest".to_owned())),
        adds: vec![format!("{libraries}:/var/task/lib")],
        notes,
        ..Sketch::default()
    }]
}

/// The runtime of the release that the sources are compiled for, else the newest.
fn runtime(build: &str) -> RuntimeProfile {
    let release = find(
        build,
        r"<(?:maven\.compiler\.(?:release|target)|java\.version|release|target)>\s*(?:1\.)?(\d+)|JavaLanguageVersion\.of\((\d+)|(?:source|target)Compatibility\s*=?\s*\D*?(?:1[._])?(\d+)",
    );
    runtimes::newest_where(Family::Java, |profile| {
        release.as_ref().is_some_and(|release| {
            profile.id.strip_prefix("java").is_some_and(|id| id.split('.').next() == Some(release))
        })
    })
}
