//! Java: Maven's pom.xml, or Gradle. Libraries are a step of their own, which a change of the code does not run again.

use lambda_img::runtime::{Family, RuntimeProfile};

use super::draft::{Draft, Step, TemplateFunction, name_of};
use super::machine;
use super::runtimes;
use super::source::{Source, below, find, matches, slashed};
use crate::cli::show::shell::word;

/// A class that Lambda's interfaces name; else one with a method that takes a context last, as for plain objects.
const HANDLERS: [&str; 2] = [
    r"class\s+(\w+)[^{]*(?:\bimplements\b[^{]*|:[^{]*)\bRequest(?:Stream)?Handler\b",
    r"(?s)class\s+(\w+).*?\bpublic\s+(?:static\s+)?[\w<>\[\], .?]+\s+\w+\s*\([^)]*\bContext\s+\w+\s*\)",
];

/// The method of a class without an interface.
const METHOD: &str = r"public\s+(?:static\s+)?[\w<>\[\], .?]+\s+(\w+)\s*\([^)]*\bContext\s+\w+\s*\)";

/// Lists the libraries and classes for Gradle, which has no task that copies them.
const INIT_SCRIPT: &str = r#"// For lambda-img: tasks that copy what a function consists of to the directory of the property `lambdaOut`.
allprojects { project ->
  // Archives of other projects get no times of today.
  project.tasks.withType(AbstractArchiveTask) { preserveFileTimestamps = false; reproducibleFileOrder = true }
  project.plugins.withId('java') {
    if (project.hasProperty('lambdaOut')) {
      project.tasks.create('lambdaLibraries', Copy) {
        from project.configurations.runtimeClasspath
        into project.property('lambdaOut')
      }
      project.tasks.create('lambdaClasses', Copy) {
        from project.sourceSets.main.output
        into project.property('lambdaOut')
      }
    }
  }
}
"#;
const INIT_SCRIPT_NAME: &str = "lambda-img.gradle";

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let gradle = ["build.gradle", "build.gradle.kts"].into_iter().find(|name| source.has(name));
    let settings = ["settings.gradle", "settings.gradle.kts"].into_iter().find(|name| source.has(name));
    if source.has("pom.xml") {
        let modules = matches(&source.text("pom.xml"), r"<module>\s*([^<\s]+)\s*</module>");
        if modules.is_empty() {
            return vec![with_maven(source, told, "", &[])];
        }
        return modules_of(source, told, &modules, &|source, told, module| {
            with_maven(source, told, module, &modules)
        });
    }
    match (gradle, settings) {
        (Some(found), _) if has_code(source) || settings.is_none() => {
            vec![with_gradle(source, told, "", found)]
        }
        (_, Some(settings)) => {
            let text = source.text(settings);
            let modules: Vec<String> = matches(&text, r#"["']:?([\w.:-]+)["']"#)
                .into_iter()
                .map(|name| name.replace(':', "/"))
                .filter(|name| source.is_dir(name))
                .collect();
            modules_of(source, told, &modules, &|source, told, module| {
                let file = ["build.gradle", "build.gradle.kts"].map(|name| format!("{module}/{name}"));
                let file = file.iter().find(|name| source.has(name)).cloned().unwrap_or_default();
                with_gradle(source, told, module, &file)
            })
        }
        _ => Vec::new(),
    }
}

fn has_code(source: &Source<'_>) -> bool {
    source.is_dir("src/main")
}

/// The functions among the modules of a project: those with a handler, by their directories.
fn modules_of(
    source: &Source<'_>,
    told: &TemplateFunction,
    modules: &[String],
    made: &dyn Fn(&Source<'_>, &TemplateFunction, &str) -> Draft,
) -> Vec<Draft> {
    let with_handler = modules.iter().filter(|module| {
        let dir = slashed(&below(source.dir, module));
        handler(&Source { root: source.root, dir: &dir }).is_some()
    });
    with_handler
        .map(|module| {
            let name = if told.handler.is_some() { told.name.clone() } else { name_of(module) };
            made(source, &TemplateFunction { name, ..told.clone() }, module)
        })
        .collect()
}

/// The handler of a project, in Java or Kotlin.
fn handler(source: &Source<'_>) -> Option<String> {
    let places = [("src/main/java", ".java"), ("src/main/kotlin", ".kt")];
    let first = ["App", "Handler", "LambdaHandler", "Function"];
    let found = |pattern: &&str| {
        places.iter().find_map(|(dir, ending)| source.search(dir, 12, &[ending], &first, pattern))
    };
    let interface = HANDLERS.first().and_then(found);
    let (method, (file, class)) = match interface {
        Some(found) => ("handleRequest".to_owned(), found),
        None => {
            let (file, class) = HANDLERS.get(1).and_then(found)?;
            (source.first(&file, METHOD)?, (file, class))
        }
    };
    Some(match source.first(&file, r"(?m)^\s*package\s+([\w.]+)") {
        Some(package) => format!("{package}.{class}::{method}"),
        None => format!("{class}::{method}"),
    })
}

fn draft(source: &Source<'_>, told: &TemplateFunction, module: &str, file: &str, leaves: &str) -> Draft {
    let dir = slashed(&below(source.dir, module));
    let handler = handler(&Source { root: source.root, dir: &dir });
    let mut notes = Vec::new();
    if handler.is_none() && told.handler.is_none() {
        notes.push(
            "no class that implements `RequestHandler` was found: name class and method in `handler`"
                .to_owned(),
        );
    }
    let build = source.text(file) + &source.text("pom.xml") + &source.text("build.gradle");
    Draft {
        name: told.name.clone(),
        found: source.path(file),
        runtime: runtime(&build).id,
        handler: handler.or_else(|| Some("example.App::handleRequest".to_owned())),
        leaves: vec![source.path(&slashed(&below(module, leaves)))],
        notes,
        ..Draft::default()
    }
}

/// Maven: `copy-dependencies`, then `compile`. A module of a project is made with those that it needs.
fn with_maven(source: &Source<'_>, told: &TemplateFunction, module: &str, modules: &[String]) -> Draft {
    let pom = slashed(&below(module, "pom.xml"));
    let mut draft = draft(source, told, module, &pom, "target");
    let wrapper = source.has("mvnw").then(|| format!("./{}", source.path("mvnw")));
    let maven_here = if wrapper.is_some() { Vec::new() } else { vec!["mvn"] };
    let maven = wrapper.map_or_else(|| "mvn".to_owned(), |wrapper| word(&wrapper));
    let top = word(&source.path("pom.xml"));
    let mut poms = vec![source.path("pom.xml")];
    poms.extend(modules.iter().map(|module| source.path(&format!("{module}/pom.xml"))));
    // A neighbour is a library of this one only when it is packed.
    let neighbours: Vec<String> = modules.iter().filter(|other| *other != module).cloned().collect();
    let only =
        if module.is_empty() { String::new() } else { format!(" --projects {} --also-make", word(module)) };
    let goal = if module.is_empty() { "" } else { " package -DskipTests" };
    let text = source.text(&pom);
    if depends(&text) {
        let sources = neighbours.iter().map(|other| source.path(&format!("{other}/src/main")));
        draft.steps.push(Step {
            name: "dependencies",
            run: format!(
                "{maven} --batch-mode --quiet --file {top}{only}{goal} \\\n  \
                 dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory={{out}}\n"
            ),
            inputs: poms.iter().cloned().chain(sources).collect(),
            to: "/var/task/lib",
            programs: maven_here.clone(),
            env: vec!["MAVEN_OPTS".to_owned()],
            ..Step::default()
        });
    }
    let target = word(&source.path(&slashed(&below(module, "target/classes"))));
    let code = if module.is_empty() {
        vec![source.path("src/main")]
    } else {
        modules.iter().map(|module| source.path(&format!("{module}/src/main"))).collect()
    };
    draft.steps.push(Step {
        name: "code",
        run: format!(
            "rm -rf {target}\n{maven} --batch-mode --quiet --file {top}{only} compile\ncp -R {target}/. {{out}}/\n"
        ),
        inputs: poms.into_iter().chain(code).collect(),
        programs: maven_here,
        env: vec!["MAVEN_OPTS".to_owned()],
        ..Step::default()
    });
    draft
}

/// Whether a pom has dependencies of its own: not those that it only manages or gives to plugins.
fn depends(pom: &str) -> bool {
    let own = regex::Regex::new(
        r"(?s)<dependencyManagement>.*?</dependencyManagement>|<build>.*?</build>|<parent>.*?</parent>",
    );
    let text = own.map(|own| own.replace_all(pom, "").into_owned()).unwrap_or_default();
    let inherited = pom.contains("<parent>");
    inherited || text.contains("<dependency>")
}

/// Gradle, by tasks that a file next to the settings adds for the build.
fn with_gradle(source: &Source<'_>, told: &TemplateFunction, module: &str, file: &str) -> Draft {
    let mut draft = draft(source, told, module, file, "build");
    let wrapper = [source.path("gradlew"), "gradlew".to_owned()];
    let wrapper = wrapper.into_iter().find(|path| source.root.join(path).is_file());
    let gradle_here = if wrapper.is_some() { Vec::new() } else { vec!["gradle"] };
    let gradle = wrapper.map_or_else(|| "gradle".to_owned(), |wrapper| word(&format!("./{wrapper}")));
    let names = [
        "build.gradle",
        "build.gradle.kts",
        "settings.gradle",
        "settings.gradle.kts",
        "gradle.properties",
        "gradle/libs.versions.toml",
        "buildSrc",
    ];
    let there = |name: &&&str| source.has(name) || source.is_dir(name);
    let mut settings: Vec<String> = names.iter().filter(there).map(|name| source.path(name)).collect();
    let own = source.path(file);
    if !settings.contains(&own) {
        settings.push(own);
    }
    settings.push(INIT_SCRIPT_NAME.to_owned());
    // Projects that this one imports.
    let text = source.text(file);
    let others = matches(&text, r#"project\(\s*(?:path:\s*)?["']:([\w.:-]+)["']"#);
    let others: Vec<String> =
        others.iter().map(|name| name.replace(':', "/")).filter(|dir| source.is_dir(dir)).collect();
    settings.extend(others.iter().map(|dir| source.path(dir)));
    let project = word(&source.path(""));
    let task = |name: &str| match module {
        "" => name.to_owned(),
        module => format!(":{}:{name}", module.replace('/', ":")),
    };
    let step = |name: &'static str, task: String, inputs: Vec<String>, to: &'static str| Step {
        name,
        run: format!(
            "{gradle} --quiet --no-daemon --init-script \"$PWD\"/{INIT_SCRIPT_NAME} --project-dir {project} \\\n  \
             -PlambdaOut={{out}} {task}\n"
        ),
        inputs,
        to,
        programs: gradle_here.clone(),
        env: vec!["GRADLE_OPTS".to_owned()],
        ..Step::default()
    };
    if text.contains("dependencies") {
        draft.steps.push(step("dependencies", task("lambdaLibraries"), settings.clone(), "/var/task/lib"));
    }
    settings.push(source.path(&slashed(&below(module, "src/main"))));
    draft.steps.push(step("code", task("lambdaClasses"), settings, ""));
    draft.files.push((INIT_SCRIPT_NAME, INIT_SCRIPT));
    draft.leaves.push(source.path(".gradle"));
    draft
}

/// The runtime of the release that the sources are compiled for, else the newest.
fn runtime(build: &str) -> RuntimeProfile {
    let release = find(
        build,
        r"<(?:maven\.compiler\.(?:release|target)|java\.version|release|target)>\s*(?:1\.)?(\d+)|JavaLanguageVersion\.of\((\d+)|jvmToolchain\((\d+)|(?:source|target)Compatibility\s*=?\s*\D*?(?:1[._])?(\d+)",
    );
    // This machine's compiler, where nothing is said.
    let here = || machine::version("javac", &["-version"], r"javac (?:1\.)?(\d+)");
    let is = |profile: &RuntimeProfile, release: &String| {
        profile.id.strip_prefix("java").is_some_and(|id| id.split('.').next() == Some(release))
    };
    match release.or_else(here) {
        Some(release) => runtimes::newest_where(Family::Java, |profile| is(profile, &release)),
        None => runtimes::newest(Family::Java),
    }
}
