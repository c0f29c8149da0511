//! Completions and manual pages.

use std::fs;

use crate::common::{Place, must};

#[test]
fn bash_completes_for_real() {
    let place = Place::new();
    let script = must(&mut place.tool("completions bash")).stdout;
    place.write("completions.bash", script);
    let complete = |words: &[&str]| {
        let program = "source completions.bash\n\
            COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=()\n\
            spec=$(complete -p lambda-img) || exit 1\n\
            function=${spec#*-F }; function=${function%% *}\n\
            \"$function\" lambda-img \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n\
            printf '%s\\n' \"${COMPREPLY[@]}\"";
        let mut bash = place.program("bash");
        bash.args(["--norc", "-c", program, "bash"]).args(words);
        let said = must(&mut bash).stdout;
        said.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["lambda-img", "bui"]), ["build"]);
    assert_eq!(complete(&["lambda-img", "build", "--lambda-l"]), ["--lambda-layer"]);
    assert_eq!(complete(&["lambda-img", "build", "--split", "n"]), ["none"]);
    assert_eq!(complete(&["lambda-img", "base", "ver"]), ["verify"]);
    assert_eq!(complete(&["lambda-img", "completions", "f"]), ["fish"]);
}

#[test]
fn every_shell_has_a_script_with_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = must(&mut place.tool(&format!("completions {shell}"))).stdout;
        for word in ["build", "config", "init", "lambda-layer", "registry-mirror"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    place.refuses(2, "completions tcsh", &["bash"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Place::new();
    assert_eq!(must(&mut place.tool("man share/man/man1")).stdout, "");
    let page = |name: &str| fs::read_to_string(place.path("share/man/man1").join(name)).unwrap();
    let help = place.run("--help").stdout;
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut seen = 0;
    for command in commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(
            page("lambda-img.1").contains(&format!("lambda\\-img\\-{}", command.replace('-', "\\-"))),
            "{command}"
        );
        assert!(page(&format!("lambda-img-{command}.1")).contains(".SH SYNOPSIS"), "{command}");
        seen += 1;
    }
    assert!(seen >= 11, "{help}");
    assert!(page("lambda-img-base-lock.1").contains("\\-\\-runtime"));
}
