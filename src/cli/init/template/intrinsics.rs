//! Functions of CloudFormation, computed as far as a template alone tells: by defaults of parameters, mappings and
//! conditions. What only a deployment knows becomes [`Value::Unknown`].

use std::collections::BTreeMap;

use super::budget::{Budget, LOOK_UP};
use super::node::{Node, Value};

/// How deep functions may be in functions: conditions can name each other in circles.
const DEPTH_MAX: usize = 60;

/// The longest text that functions may make: a few of them can double it again and again.
const TEXT_MAX: usize = 64 << 10;

/// How much is computed of one template, in nodes and bytes of text: functions in functions can double it, too.
const WORK_MAX: usize = 32 << 20;

/// What the functions of one template are computed from.
pub struct Scope<'a> {
    /// The template.
    pub template: &'a Node,
    /// How much may still be computed.
    budget: Budget,
    /// Values of parameters, from the template that this one is nested in.
    given: BTreeMap<String, Node>,
}

impl<'a> Scope<'a> {
    /// The scope of a template, whose parameters have these values before their defaults.
    pub fn new(template: &'a Node, given: BTreeMap<String, Node>) -> Self {
        Self { template, budget: Budget::new(WORK_MAX), given }
    }

    /// A value with its functions computed.
    pub fn resolve(&self, node: &Node) -> Node {
        self.at(node, 0)
    }

    fn at(&self, node: &Node, depth: usize) -> Node {
        let size = 1 + node.text().map_or(0, str::len);
        if depth > DEPTH_MAX || !self.budget.spend(size) {
            return unknown(node);
        }
        let value = match &node.value {
            Value::List(items) => {
                let items = items.iter().map(|item| self.at(item, depth + 1));
                Value::List(items.filter(|item| !is_no_value(item)).collect())
            }
            Value::Map(pairs) => {
                if let [(name, argument)] = &pairs[..]
                    && (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
                {
                    let computed = self.function(name, argument, depth + 1);
                    return computed.unwrap_or_else(|| unknown(node));
                }
                let pairs = pairs.iter().map(|(name, value)| (name.clone(), self.at(value, depth + 1)));
                Value::Map(pairs.filter(|(_, value)| !is_no_value(value)).collect())
            }
            Value::Text(text) if text.contains("{{resolve:") => Value::Unknown(text.clone()),
            value => value.clone(),
        };
        Node { line: node.line, value }
    }

    fn function(&self, name: &str, argument: &Node, depth: usize) -> Option<Node> {
        let line = argument.line;
        let text = |text: String| (text.len() <= TEXT_MAX).then_some(Node { line, value: Value::Text(text) });
        match name {
            "Ref" => self.parameter(argument.text()?),
            "Fn::Sub" => self.sub(argument, depth),
            "Fn::Join" => {
                let [separator, items] = self.at(argument, depth).list().to_vec().try_into().ok()?;
                let (separator, shown) = (separator.text()?.to_owned(), as_variable);
                let items = self.at(&items, depth);
                let joined = items.list().iter().map(shown).collect::<Vec<_>>().join(&separator);
                if matches!(items.value, Value::Unknown(_)) {
                    return None;
                }
                match items.list().iter().all(|item| item.plain().is_some()) {
                    true => text(joined),
                    false => {
                        (joined.len() <= TEXT_MAX).then_some(Node { line, value: Value::Unknown(joined) })
                    }
                }
            }
            "Fn::Select" => {
                let argument = self.at(argument, depth);
                let [index, items] = argument.list() else { return None };
                let index: usize = index.plain()?.parse().ok()?;
                items.list().get(index).cloned()
            }
            "Fn::Split" => {
                let argument = self.at(argument, depth);
                let [separator, whole] = argument.list() else { return None };
                let parts = whole.text()?.split(separator.text().filter(|text| !text.is_empty())?);
                let parts = parts.map(|part| Node { line, value: Value::Text(part.to_owned()) });
                Some(Node { line, value: Value::List(parts.collect()) })
            }
            "Fn::FindInMap" => {
                let argument = self.at(argument, depth);
                let [map, first, second, rest @ ..] = argument.list() else { return None };
                let at = self.template.get("Mappings").get(map.text()?);
                let found = at.get(&first.plain()?).get(&second.plain()?);
                let default = || Some(rest.first()?.get("DefaultValue").clone());
                if found.is_null() { default().filter(|node| !node.is_null()) } else { Some(found.clone()) }
            }
            "Fn::If" => {
                let [condition, yes, no] = argument.list() else { return None };
                let holds = self.condition(condition.text()?, depth)?;
                Some(self.at(if holds { yes } else { no }, depth))
            }
            _ => None,
        }
    }

    /// The value of a parameter, or of AWS's that means nothing.
    fn parameter(&self, name: &str) -> Option<Node> {
        if name == "AWS::NoValue" {
            return Some(Node::of(Value::Null));
        }
        if let Some(given) = self.given.get(name) {
            return self.budget.spend(given.text().map_or(1, str::len)).then(|| given.clone());
        }
        let parameter = self.template.get("Parameters").get(name);
        let kind = parameter.get("Type").text().unwrap_or_default();
        // A default of such a type is the name of a value that is elsewhere.
        if kind.starts_with("AWS::SSM::") {
            return None;
        }
        let default = parameter.get("Default");
        if !self.budget.spend(default.text().map_or(1, str::len)) {
            return None;
        }
        match (default.plain(), kind) {
            (Some(text), "CommaDelimitedList") => {
                let items = text.split(',').map(|item| Node::of(Value::Text(item.trim().to_owned())));
                Some(Node { line: default.line, value: Value::List(items.collect()) })
            }
            (Some(text), _) => Some(Node { line: default.line, value: Value::Text(text) }),
            (None, _) => None,
        }
    }

    /// `Fn::Sub` with the names that it knows filled in.
    fn sub(&self, argument: &Node, depth: usize) -> Option<Node> {
        let (template, own) = match argument.list() {
            [template, own] => (template.text()?, self.at(own, depth)),
            _ => (argument.text()?, Node::of(Value::Null)),
        };
        let (mut out, mut known, mut rest) = (String::new(), true, template);
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let (name, after) = rest[at + 2..].split_once('}')?;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let name = name.trim();
            let given = own.get(name);
            let value = if given.is_null() { self.parameter(name) } else { Some(given.clone()) };
            match value.as_ref().and_then(Node::plain) {
                Some(text) => out.push_str(&text),
                None => {
                    known = false;
                    out.push_str(&format!("${{{name}}}"));
                }
            }
            if out.len() > TEXT_MAX {
                return None;
            }
        }
        out.push_str(rest);
        let value = if known { Value::Text(out) } else { Value::Unknown(out) };
        Some(Node { line: argument.line, value })
    }

    /// Whether a condition holds, as far as that is known.
    pub fn condition(&self, name: &str, depth: usize) -> Option<bool> {
        let condition = self.template.get("Conditions").get(name);
        self.holds(condition, depth + 1)
    }

    fn holds(&self, condition: &Node, depth: usize) -> Option<bool> {
        let [(name, argument)] = condition.map() else { return None };
        if depth > DEPTH_MAX || !self.budget.spend(LOOK_UP) {
            return None;
        }
        match name.as_str() {
            "Condition" => self.condition(argument.text()?, depth),
            "Fn::Equals" => {
                let argument = self.at(argument, depth);
                let [one, other] = argument.list() else { return None };
                Some(one.plain()? == other.plain()?)
            }
            "Fn::Not" => {
                let [one] = argument.list() else { return None };
                self.holds(one, depth + 1).map(|holds| !holds)
            }
            "Fn::And" | "Fn::Or" => {
                let decides = name == "Fn::Or";
                let mut all = Some(!decides);
                for one in argument.list() {
                    match self.holds(one, depth + 1) {
                        Some(holds) if holds == decides => return Some(decides),
                        Some(_) => {}
                        None => all = None,
                    }
                }
                all
            }
            _ => None,
        }
    }
}

/// A value as `Fn::Sub` would have it: `${AWS::Region}`.
fn as_variable(node: &Node) -> String {
    let shown = node.shown();
    match (&node.value, shown.strip_prefix("!Ref ")) {
        (Value::Unknown(_), Some(name)) => format!("${{{name}}}"),
        _ => shown,
    }
}

fn unknown(node: &Node) -> Node {
    let mut shown = node.shown();
    shown.truncate(shown.floor_char_boundary(200));
    Node { line: node.line, value: Value::Unknown(shown) }
}

/// Whether a computed value is CloudFormation's nothing: what has it is left out.
fn is_no_value(node: &Node) -> bool {
    node.is_null()
}

#[cfg(test)]
mod tests {
    use super::super::scalar::Dialect;
    use super::super::yaml::load;
    use super::*;

    const TEMPLATE: &str = "
Parameters:
  Stage: {Type: String, Default: dev}
  Version: {Type: String, Default: python3.12}
  Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}
  Free: {Type: String}
  Names: {Type: CommaDelimitedList, Default: 'a, b'}
Mappings:
  Sizes: {dev: {memory: 256}, prod: {memory: 1024}}
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsFree: !Equals [!Ref Free, x]
  Both: !And [!Condition IsDev, !Not [!Condition IsFree]]
  Either: !Or [!Condition IsFree, !Condition IsDev]
  Circle: !Not [!Condition Circle]
";

    fn computed(text: &str) -> String {
        let (template, _) = load(TEMPLATE, Dialect::PyYaml).unwrap();
        let (node, _) = load(text, Dialect::PyYaml).unwrap();
        let resolved = Scope::new(&template, BTreeMap::new()).resolve(&node);
        match &resolved.value {
            Value::Unknown(text) => format!("? {text}"),
            _ => resolved.shown(),
        }
    }

    #[test]
    fn what_the_template_tells_is_computed() {
        for (text, value) in [
            ("!Ref Version", "python3.12"),
            ("!Ref Free", "? !Ref Free"),
            ("!Ref Secret", "? !Ref Secret"),
            ("!Ref Names", "[a, b]"),
            ("!Select [1, !Ref Names]", "b"),
            ("!Select [9, !Ref Names]", "? !Select [9, !Ref Names]"),
            ("!Sub 'src/${Stage}'", "src/dev"),
            ("!Sub ['${a}-${Stage}', {a: !Ref Version}]", "python3.12-dev"),
            ("!Sub 'arn:${AWS::Region}:${Stage}'", "? arn:${AWS::Region}:dev"),
            ("!Sub '${!Literal}'", "${Literal}"),
            ("!Join ['/', [src, !Ref Stage]]", "src/dev"),
            ("!Join [':', [arn, !Ref 'AWS::Region']]", "? arn:${AWS::Region}"),
            ("!Join [',', !Ref Names]", "a,b"),
            ("!FindInMap [Sizes, !Ref Stage, memory]", "256"),
            ("!FindInMap [Sizes, none, memory]", "? !FindInMap [Sizes, none, memory]"),
            ("!FindInMap [Sizes, none, memory, {DefaultValue: 1}]", "1"),
            ("!If [IsDev, a, b]", "a"),
            ("!If [IsFree, a, b]", "? !If [IsFree, a, b]"),
            ("!If [Either, a, b]", "a"),
            ("!If [Both, a, b]", "? !If [Both, a, b]"),
            ("!If [Circle, a, b]", "? !If [Circle, a, b]"),
            ("[x, !If [IsDev, !Ref 'AWS::NoValue', y]]", "[x]"),
            ("!Select [0, !Split ['-', 'a-b']]", "a"),
            ("!GetAtt Thing.Arn", "? !GetAtt [Thing, Arn]"),
            ("'{{resolve:ssm:/x}}'", "? {{resolve:ssm:/x}}"),
        ] {
            assert_eq!(computed(text), value, "{text}");
        }
    }
}
