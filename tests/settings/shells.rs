//! Completions and manual pages.

use std::fs;

use crate::common::{Place, must, python};

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

/// What an interactive zsh, which loads the script so, makes of each line once Tab is pressed.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= RPS1=; autoload -U compinit; $1"
shift
zpty -w shell 'zstyle ":completion:*" insert-tab false
    tell() { print -r -- "$BUFFER" >>told; BUFFER= }
    zle -N tell; bindkey "^T" tell
    print ready >told'
until [ -s told ]; do sleep 0.02; done
said=1
for line; do
    zpty -w -n shell "$line"$'\t\x14'
    said=$((said + 1))
    until [ "$(wc -l <told)" -ge $said ]; do sleep 0.02; done
done
tail -n +2 told
"#;

#[test]
fn zsh_completes_for_real() {
    let place = Place::new();
    place.write("_lambda-img", must(&mut place.tool("completions zsh")).stdout);
    place.write("here.zip", "");
    let becomes = [
        ("lambda-img bui", "lambda-img build "),
        ("lambda-img build --lambda-l", "lambda-img build --lambda-layer="),
        ("lambda-img build --split n", "lambda-img build --split none "),
        ("lambda-img build he", "lambda-img build here.zip "),
        ("lambda-img base ver", "lambda-img base verify "),
        ("lambda-img completions f", "lambda-img completions fish "),
        // Nothing is made up.
        ("lambda-img bogus", "lambda-img bogus"),
    ];
    // As the README has it, and as packages lay it down.
    for load in ["compinit -u -D; source ./_lambda-img", "fpath=($PWD $fpath); compinit -u -D"] {
        let mut zsh = place.program("timeout");
        zsh.args(["60", "zsh", "-f", "-c", ZSH, "zsh", load]).args(becomes.map(|(typed, _)| typed));
        let said = must(zsh.env("HOME", place.path(""))).stdout;
        assert_eq!(said.lines().collect::<Vec<_>>(), becomes.map(|(_, line)| line), "{load}");
        fs::remove_file(place.path("told")).unwrap();
    }
}

#[test]
fn fish_completes_for_real() {
    let place = Place::new();
    place.write("lambda-img.fish", must(&mut place.tool("completions fish")).stdout);
    let complete = |line: &str| {
        let mut fish = place.program("fish");
        fish.args(["--no-config", "-c", "source lambda-img.fish; complete -C $argv[1]", line]);
        fish.env("HOME", place.path("")).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        let said = must(&mut fish).stdout;
        said.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(complete("lambda-img bui"), ["build"]);
    assert_eq!(complete("lambda-img build --lambda-l"), ["--lambda-layer"]);
    assert_eq!(complete("lambda-img build --split n"), ["none"]);
    assert_eq!(complete("lambda-img base ver"), ["verify"]);
    assert_eq!(complete("lambda-img bogus"), [""; 0]);
}

/// No registry of ours has PowerShell: a grammar of its language judges the script.
#[test]
fn powershell_s_script_is_of_its_language() {
    let place = Place::new();
    let script = must(&mut place.tool("completions powershell")).stdout;
    let judged = |script: &str| {
        let program = "import sys, tree_sitter, tree_sitter_pwsh\n\
            parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))\n\
            print(parser.parse(open(sys.argv[1], 'rb').read()).root_node.has_error)";
        let file = place.write("lambda-img.ps1", script);
        python(&place, program, &[file.to_str().unwrap()]).stdout
    };
    assert_eq!(judged(&script), "False\n");
    assert_eq!(judged(&script.replacen("')\n", "'\n", 1)), "True\n");
    for words in ["'lambda-img;base' {", "[CompletionResult]::new('build', 'build',"] {
        assert!(script.contains(words), "{words}");
    }
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
