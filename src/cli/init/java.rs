//! Java: Maven's pom.xml, or Gradle.

use std::iter;

use lambda_img::runtime::{Family, RuntimeProfile};

use super::draft::{Draft, TemplateFunction};
use super::runtimes;
use super::shell::word;
use super::source::{Source, find};

const HANDLER: &str = r"class\s+(\w+)[^{]*\bimplements\b[^{]*\bRequest(?:Stream)?Handler\b";

/// Where Gradle puts what lies in `src/main/resources`.
const RESOURCES: &str = "build/resources/main";

/// What an init script adds to each project. Archives of other projects get no times of today.
const TASK: &str = r#"allprojects { project ->
  project.tasks.withType(AbstractArchiveTask) { preserveFileTimestamps = false; reproducibleFileOrder = true }
  project.plugins.withId('java') {
    project.tasks.create('lambdaLibraries', Copy) {
      from project.configurations.runtimeClasspath
      into "$project.projectDir/build/dependency"
    }
  }
}
"#;

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
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
    let (libraries, prepare) = if maven { with_maven(source) } else { with_gradle(source) };
    let (path, resources) = match maven {
        true => ("target/classes", None),
        false => ("build/classes/java/main", Some(source.path(RESOURCES))),
    };
    let resources = resources.map(|from| format!("{from}:/var/task"));
    vec![Draft {
        name: told.name.clone(),
        found: source.path(found),
        runtime: runtime(&source.text(found)).id,
        prepare: Some(prepare),
        path: source.path(path),
        handler: handler.or_else(|| Some("example.App::handleRequest".to_owned())),
        adds: iter::once(format!("{libraries}:/var/task/lib")).chain(resources).collect(),
        notes,
        ..Draft::default()
    }]
}

/// Where the libraries go, and the script that puts them there: no older version stays next to a newer one.
fn with_maven(source: &Source<'_>) -> (String, String) {
    let libraries = source.path("target/dependency");
    let prepare = format!(
        "rm -rf {0}\nmkdir -p {0}\n\
         mvn --batch-mode --quiet --file {1} compile dependency:copy-dependencies -DincludeScope=runtime\n",
        word(&libraries),
        word(&source.path("pom.xml"))
    );
    (libraries, prepare)
}

/// The same with Gradle, which has no task that copies libraries: an init script adds one.
fn with_gradle(source: &Source<'_>) -> (String, String) {
    let libraries = source.path("build/dependency");
    let wrapper = [source.path("gradlew"), "gradlew".to_owned()];
    let wrapper = wrapper.into_iter().find(|path| source.root.join(path).is_file());
    let prepare = format!(
        "rm -rf {libraries}\nmkdir -p {build}\ncat >{build}/lambda-img.gradle <<'END'\n{TASK}END\n\
         {gradle} --quiet --init-script \"$PWD\"/{build}/lambda-img.gradle --project-dir {project} classes lambdaLibraries\n\
         mkdir -p {libraries} {resources}\n",
        libraries = word(&libraries),
        build = word(&source.path("build")),
        gradle = wrapper.map_or("gradle".to_owned(), |wrapper| word(&format!("./{wrapper}"))),
        project = word(&source.path("")),
        resources = word(&source.path(RESOURCES)),
    );
    (libraries, prepare)
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
