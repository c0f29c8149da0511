//! Java and Ruby, whose runtimes are in none of the registries that the tests reach: the images are built, and what is
//! in them runs with Debian's own. Where package managers would fetch from the network, directories stand in.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Project;
use crate::harness::common::must;

/// The tool and its package manager with a home of their own, in which nothing is from the network.
fn at_home(name: &str) -> Project {
    let project = Project::new(name);
    let home = project.place.dir("home");
    let mirror = "<settings><mirrors><mirror><id>debian</id><mirrorOf>*</mirrorOf>\
                  <url>file:///usr/share/maven-repo</url></mirror></mirrors></settings>";
    project.place.write("home/.m2/settings.xml", mirror);
    let home = home.display().to_string();
    let options = format!("-Duser.home={home}");
    project
        .with("HOME", &home)
        .with("MAVEN_OPTS", &options)
        .with("GRADLE_USER_HOME", &format!("{home}/.gradle"))
}

/// On a base of which no layer is needed.
const BASE: &str = "scratch";
const STARTS: &str = "--entrypoint /lambda-entrypoint.sh --allow start-missing";

fn builds(project: &Project, name: &str, wanted: &[&str]) {
    project.init();
    let first = project.build("", BASE, STARTS);
    let files = project.files(name);
    for path in wanted {
        assert!(files.iter().any(|file| file == path), "{path}: {files:?}");
    }
    assert_eq!(project.build("", BASE, &format!("{STARTS} --no-cache")), first);
}

#[test]
fn java_with_maven() {
    let project = at_home("java-maven");
    // Of an earlier version.
    project.place.write("java-maven/target/classes/example/Old.class", "old");
    builds(&project, "java-maven", &["example/App.class", "lib/commons-cli-debian.jar", "words.txt"]);
    assert!(!project.files("java-maven").iter().any(|file| file.contains("Old")));
    // Libraries are a step of their own: another line of code does not run it.
    let code = "java-maven/src/main/java/example/App.java";
    let text = fs::read_to_string(project.place.path(code)).unwrap().replace("input +", "\"x\" + input +");
    project.place.write(code, text);
    let ran = must(project.tool(&format!("build -v {STARTS}")).env("LAMBDA_IMG_BASE", BASE));
    assert!(ran.stderr.contains("dependencies"), "{}", ran.stderr);
}

#[test]
fn java_with_gradle_and_a_plain_object() {
    let project = at_home("java-gradle");
    builds(&project, "java-gradle", &["example/Orders.class", "lib/commons-cli-debian.jar", "words.txt"]);
    assert_eq!(
        super::settings(&project)["functions"]["java-gradle"]["handler"].as_str(),
        Some("example.Orders::take")
    );
}

#[test]
fn ruby_with_bundler() {
    let project = at_home("ruby");
    let place = &project.place;
    // What rubygems.org is, as files.
    must(Command::new("cp").arg("-R").arg(super::repository("examples/ruby/gem")).arg(place.path("")));
    let gem = |words: &[&str], dir: &str| {
        must(place.program("gem").args(words).current_dir(place.path(dir)).env("HOME", place.path("home")))
    };
    place.dir("gems/gems");
    gem(&["build", "-q", "-o", "../gems/gems/example_words-1.0.0.gem", "example_words.gemspec"], "gem");
    gem(&["generate_index", "--directory", "."], "gems");
    let source = format!("file://{}", place.path("gems").display());
    place.write("ruby/Gemfile", format!("source \"{source}\"\n\ngem \"example_words\"\n"));
    let gems = "vendor/bundle/ruby/3.4.0";
    let wanted = [
        "lambda_function.rb",
        "Gemfile.lock",
        ".bundle/config",
        &format!("{gems}/gems/example_words-1.0.0/lib/example_words.rb"),
        &format!("{gems}/specifications/example_words-1.0.0.gemspec"),
    ];
    builds(&project, "ruby", &wanted);
    let files = project.files("ruby");
    assert!(!files.iter().any(|file| file.contains("/cache") || file.contains(".old")), "{files:?}");
    // Bundler itself finds them, as the runtime would: the local Ruby's version stands for its own.
    let image = place.image("ruby/lambda-image", "ruby");
    (0..image.layers.len()).for_each(|layer| image.unpack(layer, &place.dir("root")));
    let local = must(place.program("ruby").args(["-e", "print RbConfig::CONFIG['ruby_version']"])).stdout;
    let found = place.path("root/var/task/vendor/bundle/ruby");
    if local != "3.4.0" {
        fs::rename(found.join("3.4.0"), found.join(&local)).unwrap();
    }
    let program = "require 'bundler/setup'; require_relative 'lambda_function'\n\
                   puts lambda_handler(event: 'all', context: nil), $LOADED_FEATURES.grep(/example_words/)";
    let mut ruby = Command::new("ruby");
    ruby.args(["-I.", "-e", program]).current_dir(place.path("root/var/task"));
    let said = must(ruby.env("HOME", place.path("home")).env("BUNDLE_FROZEN", "true")).stdout;
    let loaded =
        Path::new("vendor/bundle/ruby").join(local).join("gems/example_words-1.0.0/lib/example_words.rb");
    assert!(said.contains("all") && said.trim_end().ends_with(loaded.to_str().unwrap()), "{said}");
}
