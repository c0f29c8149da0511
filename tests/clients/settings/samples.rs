//! Files that are right and files that are wrong, for the tool and for somebody else's validator.

use crate::harness::common::{Place, python};
use crate::harness::suites::settings_samples::*;

#[test]
fn somebody_elses_validator_agrees() {
    let program = "import json, sys, tomllib, jsonschema\n\
        schema = json.load(open(sys.argv[1]))\n\
        jsonschema.validators.validator_for(schema).check_schema(schema)\n\
        validator = jsonschema.validators.validator_for(schema)(schema)\n\
        for path in sys.argv[2:]:\n    \
            try: document = tomllib.load(open(path, 'rb'))\n    \
            except tomllib.TOMLDecodeError: print('cannot read'); continue\n    \
            print('accepts' if validator.is_valid(document) else 'refuses')\n";
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/lambda-img.schema.json");
    let all: Vec<_> = samples("valid").into_iter().chain(samples("invalid")).collect();
    let paths = all.iter().map(|(path, _)| path.to_str().unwrap());
    let arguments: Vec<_> = std::iter::once(schema).chain(paths).collect();
    let judged = python(&Place::new(), program, &arguments).stdout;
    assert_eq!(judged.lines().count(), all.len());
    for ((path, text), judged) in all.iter().zip(judged.lines()) {
        let expected = said(text, "schema").first().copied().unwrap_or("accepts");
        assert_eq!(judged, expected, "{}", path.display());
    }
}

#[test]
fn config_keeps_to_its_schema() {
    let place = Place::new();
    let program = "import json, sys, jsonschema\n\
        schema = json.load(open(sys.argv[1]))\n\
        kind = jsonschema.validators.validator_for(schema)\n\
        kind.check_schema(schema)\n\
        kind(schema).validate(json.loads(sys.argv[2]))\n";
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/config.json");
    for name in ["everything.toml", "typical.toml"] {
        let (_, text) = samples("valid").into_iter().find(|(path, _)| path.ends_with(name)).unwrap();
        place.write("lambda-img.toml", text);
        let function = if name == "everything.toml" { "one" } else { "orders" };
        let said = place.run(&format!("config {function} --json -e X=1"));
        assert_eq!(said.code, Some(0), "{said:?}");
        python(&place, program, &[schema, &said.stdout]);
    }
}
