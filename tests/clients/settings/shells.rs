//! Completions and manual pages.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::common::{Place, must, python};

/// What an interactive shell makes of each line once Tab is pressed: the shell and its options, its setup, which ends
/// with `ready`, and the lines. Tab is followed by Ctrl-T, which tells the line and empties it.
const TYPE: &str = r#"
zmodload zsh/zpty
zpty shell ${=1}
zpty -w shell "$2"
shift 2
until [ -s told ]; do sleep 0.02; done
said=1
for line; do
    zpty -w -n shell "$line"$'\t\x14'
    said=$((said + 1))
    until [ "$(wc -l <told)" -ge $said ]; do sleep 0.02; done
done
tail -n +2 told
"#;

const BASH: &str = r#"PS1=; tell() { printf '%s\n' "$READLINE_LINE" >>told; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\C-t": tell'; source ./completions.bash; echo ready >told"#;

const ZSH: &str = r#"PS1= PS2= RPS1=; autoload -U compinit; LOAD
zstyle ":completion:*" insert-tab false
tell() { print -r -- "$BUFFER" >>told; BUFFER= }
zle -N tell; bindkey "^T" tell
print ready >told"#;

/// Lines that are typed, and what becomes of them.
const TYPED: [(&str, &str); 24] = [
    ("lambda-img bui", "lambda-img build "),
    ("lambda-img base ver", "lambda-img base verify "),
    ("lambda-img completions f", "lambda-img completions fish "),
    ("lambda-img build --lambda-l", "lambda-img build --lambda-layer "),
    ("lambda-img build --media-types d", "lambda-img build --media-types docker "),
    ("lambda-img build --media-types=d", "lambda-img build --media-types=docker "),
    // What the tool knows.
    ("lambda-img build -r nodejs26", "lambda-img build -r nodejs26.x "),
    ("lambda-img build --runtime=nodejs26", "lambda-img build --runtime=nodejs26.x "),
    ("lambda-img base lock -r dotnet1", "lambda-img base lock -r dotnet10 "),
    ("lambda-img explain handler-sy", "lambda-img explain handler-symbol "),
    ("lambda-img check --deny handler-sy", "lambda-img check --deny handler-symbol "),
    ("lambda-img build --allow secret,handler-sy", "lambda-img build --allow secret,handler-symbol "),
    // What lambda-img.toml says, from below its directory too.
    ("lambda-img build ord", "lambda-img build orders "),
    ("lambda-img build orders ma", "lambda-img build orders mail "),
    ("lambda-img check ord", "lambda-img check orders "),
    ("lambda-img build --profile pr", "lambda-img build --profile prod "),
    // What lies here.
    ("lambda-img build he", "lambda-img build here.zip "),
    ("lambda-img check docker", "lambda-img check docker-archive:"),
    ("lambda-img inspect docker-archive:im", "lambda-img inspect docker-archive:image.tar "),
    ("lambda-img check oci:lay", "lambda-img check oci:layout/"),
    ("lambda-img build -o oci:lay", "lambda-img build -o oci:layout/"),
    // Nothing is made up: of tags nothing is known, and a file is no layout.
    ("lambda-img check oci:layout:", "lambda-img check oci:layout:"),
    ("lambda-img check oci:here", "lambda-img check oci:here"),
    ("lambda-img bogus", "lambda-img bogus"),
];

/// A directory to type in, and the tool on the path of a program.
fn typing(place: &Place, program: &str) -> Command {
    place.write("here.zip", "");
    place.write("image.tar", "");
    place.write("layout/oci-layout", "");
    let file = "[functions.orders]\npath = \".\"\n[functions.mail]\npath = \".\"\n[profiles.prod]\nruntime = \"provided\"\n";
    place.write("lambda-img.toml", file);
    let tool = Path::new(env!("CARGO_BIN_EXE_lambda-img")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(tool).chain(std::env::split_paths(&path));
    let mut command = place.program(program);
    command.env("PATH", std::env::join_paths(path).unwrap()).env("HOME", place.path("")).env("TERM", "xterm");
    command
}

/// Holds a shell to what is typed.
fn completes(place: &Place, shell: &str, setup: &str) {
    let mut zsh = typing(place, "timeout");
    zsh.args(["100", "zsh", "-f", "-c", TYPE, "zsh", shell, setup]).args(TYPED.map(|(typed, _)| typed));
    let said = must(&mut zsh).stdout;
    assert_eq!(said.lines().collect::<Vec<_>>(), TYPED.map(|(_, line)| line), "{shell}: {setup}");
    fs::remove_file(place.path("told")).unwrap();
}

#[test]
fn bash_completes_for_real() {
    let place = Place::new();
    place.write("completions.bash", must(&mut place.tool("completions bash")).stdout);
    completes(&place, "bash --norc -i", BASH);
}

#[test]
fn zsh_completes_for_real() {
    let place = Place::new();
    place.write("_lambda-img", must(&mut place.tool("completions zsh")).stdout);
    // As the README has it, and as packages lay it down.
    for load in ["compinit -u -D; source ./_lambda-img", "fpath=($PWD $fpath); compinit -u -D"] {
        completes(&place, "zsh -f -i", &ZSH.replace("LOAD", load));
    }
}

#[test]
fn fish_completes_for_real() {
    let place = Place::new();
    place.write("lambda-img.fish", must(&mut place.tool("completions fish")).stdout);
    for (typed, line) in TYPED {
        let mut fish = typing(&place, "fish");
        fish.args(["--no-config", "-c", "source lambda-img.fish; complete -C $argv[1]", typed]);
        fish.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        let said = must(&mut fish).stdout;
        let words: Vec<_> = said.lines().map(|line| line.split('\t').next().unwrap()).collect();
        // What is offered is the word alone.
        let before = typed.rfind(' ').unwrap() + 1;
        let expected = if typed == line { vec![] } else { vec![line[before..].trim_end()] };
        assert_eq!(words, expected, "{typed}");
    }
}

#[test]
fn completion_is_silent_where_the_settings_are_wrong() {
    let place = Place::new();
    place.write("lambda-img.toml", "not toml");
    let said = must(&mut place.tool("__complete build --profile p"));
    assert_eq!((&*said.stdout, &*said.stderr), ("", ""));
    // Of no command, and no word of help.
    assert!(!place.run("--help").stdout.contains("__complete"));
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
fn every_shell_has_a_script_that_knows_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = must(&mut place.tool(&format!("completions {shell}"))).stdout;
        let listed = ["build", "config", "init", "lambda-layer", "registry-mirror"];
        let asks = ["__complete"];
        let words = if ["powershell", "elvish"].contains(&shell) { &listed[..] } else { &asks[..] };
        for word in words {
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
    for name in ["lambda-img.1", "lambda-img-build.1", "lambda-img-base-lock.1", "lambda-img-cache-prune.1"] {
        let page = page(name);
        for section in ["EXAMPLES", "\"EXIT STATUS\"", "\"ENVIRONMENT\"", "\"FILES\""] {
            assert!(page.contains(&format!(".SH {section}\n")), "{name}: {section}");
        }
        for word in
            ["LAMBDA_IMG_CACHE", "SOURCE_DATE_EPOCH", "NO_COLOR", "lambda\\-img.toml", "lambda\\-img.lock"]
        {
            assert!(page.contains(word), "{name}: {word}");
        }
    }
    assert!(page("lambda-img-base-lock.1").contains("\\-\\-runtime"));
}
