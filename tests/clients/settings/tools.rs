//! What `init` writes for Java and Ruby, with Maven, Gradle and Bundler: `init` and `build`, and nothing else typed.
//! Where they would fetch from the network, directories stand in.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use super::init::{copy, files, registry, typed};
use crate::harness::common::{Place, must, run, until};

const HANDLER: &str = "package example;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import org.apache.commons.cli.Options;

public class App implements RequestHandler<String, String> {
    public String handleRequest(String input) {
        return input + new Options();
    }
}
";

/// A function in Java that needs a library and has a resource.
fn java(place: &Place, dir: &str) {
    place.write(&format!("{dir}/src/main/java/example/App.java"), HANDLER);
    let interface = "package com.amazonaws.services.lambda.runtime;\n\
                     public interface RequestHandler<I, O> { O handleRequest(I input); }\n";
    // AWS's library is not at hand.
    place.write(
        &format!("{dir}/src/main/java/com/amazonaws/services/lambda/runtime/RequestHandler.java"),
        interface,
    );
    place.write(&format!("{dir}/src/main/resources/words.txt"), "words");
}

/// `init` and `build`, twice: the same image, with these files in the task root and none of those.
fn builds(place: &Place, dir: &str, host: &str, wanted: &[&str], unwanted: &[&str]) {
    let tool = |arguments: &str| {
        let mut tool = typed(place, dir, arguments, host);
        let home = place.path("home");
        tool.env("HOME", &home).env("MAVEN_OPTS", format!("-Duser.home={}", home.display()));
        // Nothing stays that runs on.
        tool.env("GRADLE_USER_HOME", home.join(".gradle")).env("GRADLE_OPTS", "-Dorg.gradle.daemon=false");
        tool
    };
    let init = must(&mut tool("init"));
    let first = run(&mut tool("build")).digest();
    let name = fs::read_to_string(place.path(dir).join("lambda-img.toml")).unwrap();
    let name = name.split_once("[functions.").unwrap().1.split_once(']').unwrap().0.to_owned();
    let files = files(place, dir, &name);
    for path in wanted {
        assert!(files.iter().any(|file| file == &format!("var/task/{path}")), "{path}: {files:?}");
    }
    for word in ["lambda-img", "schema.json", "/build/"].iter().chain(unwanted) {
        assert!(!files.iter().any(|file| file.contains(word)), "{word}: {files:?}");
    }
    // Made anew, it is the same image.
    let made = [
        "-type", "d", "(", "-name", "build", "-o", "-name", "target", ")", "-prune", "-exec", "rm", "-r",
        "{}", "+",
    ];
    must(place.program("find").arg(dir).args(made));
    // What tells times in seconds, or in two as zips do, must have another one to tell.
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 2;
    let made = now();
    until("another time", || now() > made);
    assert_eq!(run(&mut tool("build")).digest(), first, "{}", init.stderr);
}

#[test]
fn java_with_maven() {
    let place = Place::new();
    let server = registry(&place, &["java:17.al2023-x86_64"]);
    java(&place, "fn");
    let pom = "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n\
        <modelVersion>4.0.0</modelVersion>\n\
        <groupId>example</groupId><artifactId>fn</artifactId><version>1.0</version>\n\
        <properties>\n\
        <maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>\n\
        <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>\n\
        </properties>\n\
        <dependencies><dependency>\n\
        <groupId>commons-cli</groupId><artifactId>commons-cli</artifactId><version>debian</version>\n\
        </dependency></dependencies>\n\
        </project>\n";
    place.write("fn/pom.xml", pom);
    let mirror = "<settings><mirrors><mirror><id>debian</id><mirrorOf>*</mirrorOf>\
                  <url>file:///usr/share/maven-repo</url></mirror></mirrors></settings>";
    place.write("home/.m2/settings.xml", mirror);
    // Of an earlier version.
    place.write("fn/target/dependency/commons-cli-0.9.jar", "old");
    let wanted = ["example/App.class", "lib/commons-cli-debian.jar", "words.txt"];
    builds(&place, "fn", &server.host, &wanted, &["0.9"]);
}

#[test]
fn java_with_gradle() {
    let place = Place::new();
    let server = registry(&place, &["java:17.al2023-x86_64"]);
    // As `gradle init` lays it out; Debian's Gradle says `compile` for `implementation`.
    place.write(
        "fn/settings.gradle",
        "rootProject.name = 'fn'\ninclude 'app', 'words'\n\
        project(':words').buildFileName = 'words.gradle'\n",
    );
    place.write("fn/words/src/main/java/words/Words.java", "package words;\n\npublic class Words {\n}\n");
    java(&place, "fn/app");
    let build = "plugins { id 'java' }\n\
        repositories { maven { url 'file:///usr/share/maven-repo' } }\n\
        dependencies { compile 'commons-cli:commons-cli:debian'; compile project(':words') }\n\
        sourceCompatibility = 17\n";
    place.write("fn/app/build.gradle", build);
    // A library, and no function: its build file has another name.
    place.write("fn/words/words.gradle", "plugins { id 'java' }\nsourceCompatibility = 17\n");
    let wanted = ["example/App.class", "lib/commons-cli-debian.jar", "lib/words.jar", "words.txt"];
    builds(&place, "fn", &server.host, &wanted, &[]);
}

#[test]
fn ruby_with_bundler() {
    let place = Place::new();
    let server = registry(&place, &["ruby:3.4-x86_64"]);
    // What rubygems.org is, as files.
    copy(&place, "examples/ruby", &["gem"], "");
    let gem = |words: &[&str], dir: &str| {
        must(place.program("gem").args(words).current_dir(place.path(dir)).env("HOME", place.dir("home")))
    };
    place.dir("gems/gems");
    gem(&["build", "-q", "-o", "../gems/gems/example_words-1.0.0.gem", "example_words.gemspec"], "gem");
    gem(&["generate_index", "--directory", "."], "gems");
    let source = format!("file://{}", place.path("gems").display());
    place.write("fn/Gemfile", format!("source \"{source}\"\n\ngem \"example_words\"\n"));
    place.write("fn/.ruby-version", "3.4.1\n");
    let handler = "require \"example_words\"\n\n\
        def lambda_handler(event:, context:)\n  ExampleWords.greet(event)\nend\n";
    place.write("fn/lambda_function.rb", handler);
    let gems = "vendor/bundle/ruby/3.4.0";
    let wanted = [
        "lambda_function.rb",
        "Gemfile.lock",
        ".bundle/config",
        &format!("{gems}/gems/example_words-1.0.0/lib/example_words.rb"),
        &format!("{gems}/specifications/example_words-1.0.0.gemspec"),
    ];
    builds(&place, "fn", &server.host, &wanted, &["/cache", "/bin", ".old"]);
    // Bundler itself finds them, as the runtime would: the local Ruby's version stands for its own.
    let image = place.image("fn/lambda-image", "fn");
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
