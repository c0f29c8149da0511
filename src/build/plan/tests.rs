//! Plans of functions that are not on a disk.

use super::*;
use crate::arch::Arch;
use crate::build::gather::{Bootstrap, Entry, Found};
use crate::build::lay_out::LaidOut;
use crate::runtime;
use crate::source::ImageRef;
use crate::tree::{Content, ImagePath, Node};

fn path(text: &str) -> ImagePath {
    ImagePath::new(text).unwrap()
}

/// A tree of files, of which each holds its text.
fn tree(files: &[(&str, &'static str)]) -> FileTree {
    let mut tree = FileTree::new();
    for (name, text) in files {
        let content = Content::bytes(*name, text.as_bytes());
        tree.insert(path(name), Node::File { content, executable: false }).unwrap();
    }
    tree
}

fn laid(files: &[(&str, &'static str)]) -> LaidOut {
    LaidOut { tree: tree(files), ..LaidOut::default() }
}

/// A function of these files in the task root, which the runtime starts.
fn function(files: &[(&str, &'static str)]) -> Gathered {
    Gathered {
        opt: LaidOut::default(),
        added: LaidOut::default(),
        task: tree(files),
        entry: Entry::Runtime,
        is_dependency: Box::new(|path| path.as_str().starts_with("lib/")),
        warnings: Vec::new(),
        left_out: Vec::new(),
    }
}

fn spec(runtime: &str, handler: &str) -> BuildSpec {
    BuildSpec {
        path: "fn".into(),
        runtime: runtime.to_owned(),
        architectures: vec![Arch::X86_64],
        handler: Some(handler.to_owned()),
        ..BuildSpec::default()
    }
}

fn python() -> BuildSpec {
    spec("python3.12", "app.handler")
}

fn custom() -> BuildSpec {
    spec("provided.al2023", "handler")
}

fn planned(spec: &BuildSpec, gathered: Gathered) -> Result<Plan, FunctionError> {
    plan(spec, &runtime::profile(&spec.runtime).unwrap(), gathered)
}

/// The layers of a plan, lowest first, each with its files and links.
fn layers(plan: &Plan) -> Vec<(LayerRole, Vec<String>)> {
    let files = |tree: &FileTree| {
        let entries = tree.iter().filter(|(_, node)| !matches!(node, Node::Dir { .. }));
        entries.map(|(path, _)| path.to_string()).collect()
    };
    plan.layers.iter().map(|(role, tree)| (*role, files(tree))).collect()
}

fn layer<'p>(plan: &'p Plan, role: LayerRole, at: &str) -> &'p Node {
    let (_, tree) = plan.layers.iter().find(|(other, _)| *other == role).unwrap();
    tree.get(&path(at)).unwrap()
}

fn text(node: &Node) -> String {
    match node {
        Node::File { content, .. } => String::from_utf8(content.read().unwrap()).unwrap(),
        Node::Symlink { target, .. } => format!("-> {target}"),
        Node::Dir { .. } => "a directory".to_owned(),
    }
}

/// A bootstrap that was found among the files of the function and taken out of them.
fn bootstrap(name: &str, text: &'static str) -> Entry {
    let content = Content::bytes(name, text.as_bytes());
    let node = Node::File { content: content.clone(), executable: true };
    let found = Found::Function { name: path(name), node, file: path(name) };
    Entry::Bootstrap(Some(Box::new(Bootstrap {
        content,
        head: text.as_bytes().to_vec(),
        executable: true,
        found,
    })))
}

#[test]
fn each_role_has_a_layer_and_what_changes_seldom_is_below() {
    let gathered = Gathered {
        opt: laid(&[("opt/lib/x", "1")]),
        added: laid(&[("etc/app.conf", "2")]),
        ..function(&[("app.py", "3"), ("lib/dep.py", "4")])
    };
    let plan = planned(&python(), gathered).unwrap();
    let expected = [
        (LayerRole::LambdaLayers, vec!["opt/lib/x".to_owned()]),
        (LayerRole::Added, vec!["etc/app.conf".to_owned()]),
        (LayerRole::Dependencies, vec!["var/task/lib/dep.py".to_owned()]),
        (LayerRole::Code, vec!["var/task/app.py".to_owned()]),
    ];
    assert_eq!(layers(&plan), expected);
    assert_eq!((plan.edits.cmd, plan.edits.entrypoint), (Some(vec!["app.handler".to_owned()]), None));
}

#[test]
fn without_a_split_all_files_are_in_one_layer() {
    let spec = BuildSpec { split: Split::None, ..python() };
    let gathered =
        Gathered { added: laid(&[("etc/x", "1")]), ..function(&[("app.py", "2"), ("lib/dep.py", "3")]) };
    let plan = planned(&spec, gathered).unwrap();
    let files = ["etc/x", "var/task/app.py", "var/task/lib/dep.py"].map(ToOwned::to_owned).to_vec();
    assert_eq!(layers(&plan), [(LayerRole::Function, files)]);
}

#[test]
fn two_parts_may_claim_one_path_only_with_the_same_bytes() {
    let both = |added| {
        let added = laid(&[("var/task/app.py", added)]);
        planned(&python(), Gathered { added, ..function(&[("app.py", "1")]) })
    };
    assert_eq!(layers(&both("1").unwrap()).len(), 2);
    let error = both("2").map(|plan| layers(&plan)).unwrap_err();
    assert!(matches!(error, FunctionError::Clash(_)), "{error}");
    assert!(error.to_string().contains("both claim `/var/task/app.py` with different contents"), "{error}");
}

#[test]
fn a_handler_must_be_in_the_image() {
    let error = planned(&spec("python3.12", "main.handler"), function(&[("app.py", "1")]));
    let error = error.map(|plan| layers(&plan)).unwrap_err().to_string();
    assert!(error.contains("main.py") && error.contains("app.py"), "{error}");
    // Lambda layers and added files may bring it.
    let opt = laid(&[("opt/python/main.py", "2")]);
    planned(&spec("python3.12", "main.handler"), Gathered { opt, ..function(&[("app.py", "1")]) }).unwrap();
    // Another entry point without a handler starts with no command.
    let spec = BuildSpec { handler: None, entrypoint: Some(vec!["/bin/true".to_owned()]), ..python() };
    let edits = planned(&spec, function(&[("app.py", "1")])).unwrap().edits;
    assert_eq!((edits.cmd, edits.entrypoint), (Some(Vec::new()), Some(vec!["/bin/true".to_owned()])));
}

#[test]
fn a_bootstrap_that_is_alone_moves() {
    let entry = bootstrap("bootstrap", "\x7fELF");
    let plan = planned(&custom(), Gathered { entry, ..function(&[]) }).unwrap();
    assert_eq!(layers(&plan), [(LayerRole::Bootstrap, vec!["var/runtime/bootstrap".to_owned()])]);
    assert_eq!(plan.programs[0].path.as_str(), "var/runtime/bootstrap");
    assert!(matches!(
        layer(&plan, LayerRole::Bootstrap, "var/runtime/bootstrap"),
        Node::File { executable: true, .. }
    ));
}

#[test]
fn a_bootstrap_with_files_beside_it_stays_and_is_started_there() {
    let entry = |text| Gathered { entry: bootstrap("bootstrap", text), ..function(&[("data", "1")]) };
    let starter = |text| {
        let plan = planned(&custom(), entry(text)).unwrap();
        assert_eq!(plan.programs[0].path.as_str(), "var/task/bootstrap");
        assert_eq!(self::text(layer(&plan, LayerRole::Bootstrap, "var/task/bootstrap")), text);
        self::text(layer(&plan, LayerRole::Bootstrap, "var/runtime/bootstrap"))
    };
    // A program finds its files by its own path; a shell script takes the name by which it was called for it.
    assert_eq!(starter("\x7fELF"), "-> /var/task/bootstrap");
    let launcher = starter("#!/bin/sh\necho\n");
    assert!(
        launcher.starts_with("#!/bin/sh\n") && launcher.contains("exec /var/task/bootstrap"),
        "{launcher}"
    );
}

#[test]
fn a_base_that_is_made_here_starts_the_bootstrap_itself() {
    let spec = BuildSpec { base: Some(ImageRef::Embedded), ..custom() };
    let gathered = Gathered { entry: bootstrap("bootstrap", "\x7fELF"), ..function(&[("data", "1")]) };
    let plan = planned(&spec, gathered).unwrap();
    assert_eq!(plan.edits.entrypoint, Some(vec!["/var/task/bootstrap".to_owned()]));
}

#[test]
fn a_bootstrap_in_a_lambda_layer_is_started_there_if_it_needs_what_is_beside_it() {
    let content = Content::bytes("layer", *b"\x7fELF");
    let entry = |executable| {
        let (content, head, found) = (content.clone(), b"\x7fELF".to_vec(), Found::LambdaLayer);
        Entry::Bootstrap(Some(Box::new(Bootstrap { content, head, executable, found })))
    };
    let starter = |opt: &[(&str, &'static str)], executable| {
        let entry = entry(executable);
        let plan = planned(&custom(), Gathered { opt: laid(opt), entry, ..function(&[]) }).unwrap();
        let starter = text(layer(&plan, LayerRole::Bootstrap, "var/runtime/bootstrap"));
        (starter, plan.warnings.len())
    };
    let alone = [("opt/bootstrap", "\x7fELF")];
    let beside = [("opt/bootstrap", "\x7fELF"), ("opt/lib/x", "1")];
    assert_eq!(starter(&beside, true), ("-> /opt/bootstrap".to_owned(), 0));
    assert_eq!(starter(&alone, true), ("\x7fELF".to_owned(), 0));
    assert_eq!(starter(&beside, false), ("\x7fELF".to_owned(), 1));
}

#[test]
fn a_custom_runtime_needs_a_program() {
    let nothing = || Gathered { entry: Entry::Bootstrap(None), ..function(&[("data", "1")]) };
    let error = |spec: &BuildSpec| planned(spec, nothing()).map(|plan| layers(&plan)).unwrap_err();
    assert!(matches!(error(&custom()), FunctionError::NoBootstrap { .. }));
    let embedded = BuildSpec { base: Some(ImageRef::Embedded), ..python() };
    assert!(matches!(error(&embedded), FunctionError::NoLanguage { .. }));
    // It may be added by its path, and another entry point needs none.
    let added = laid(&[("var/runtime/bootstrap", "#!/bin/sh\n")]);
    planned(&custom(), Gathered { added, ..nothing() }).unwrap();
    planned(&BuildSpec { entrypoint: Some(vec!["/x".to_owned()]), ..custom() }, nothing()).unwrap();
}

#[test]
fn the_binary_of_a_go_function_is_made_executable() {
    let program = Program { path: path("main"), origin: "main".to_owned(), head: b"\x7fELF".to_vec() };
    let entry = Entry::Binary(Some((program, false)));
    let plan =
        planned(&spec("go1.x", "main"), Gathered { entry, ..function(&[("main", "\x7fELF")]) }).unwrap();
    assert!(matches!(layer(&plan, LayerRole::Code, "var/task/main"), Node::File { executable: true, .. }));
    assert_eq!(plan.programs[0].path.as_str(), "var/task/main");
    assert_eq!(plan.warnings, ["`main` was not executable; it is in the image"]);
}
