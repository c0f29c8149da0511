//! Deployments, for people: plans, what was deployed, and what stands after an error.

use lambda_img::deploy::{Change, Deployed, InUse, Plan, Step, TagState};

use super::ui;

/// The ARN of what was deployed: of the version, where one has the image.
pub fn line(done: &Deployed) -> String {
    match &done.version {
        Some(version) => format!("{}:{version}\n", done.arn),
        None => format!("{}\n", done.arn),
    }
}

/// What would change.
pub fn plan(name: &str, image: &str, plan: &Plan, alias: Option<&str>) -> String {
    if plan.changes.is_empty() {
        return format!("{name}: nothing to change: it has {image}\n");
    }
    let alias = alias.unwrap_or_default();
    let change = |change: &Change| match change {
        Change::Create => format!("  create  {} with {image}\n", plan.before.architecture),
        Change::Update => format!("  update  {} -> {image}\n", plan.before.image),
        Change::Publish => "  publish a version\n".to_owned(),
        Change::CreateAlias => format!("  create alias `{alias}` for that version\n"),
        Change::MoveAlias(version) => {
            format!("  move alias `{alias}` from version {version} to that version\n")
        }
        Change::Tag(tag) => format!("  tag the image `{tag}`\n"),
    };
    let changes: String = plan.changes.iter().map(change).collect();
    format!("{name}\n{}", ui::lines(&changes))
}

/// What to know about a function before it is changed.
pub fn notes(name: &str, plan: &Plan) -> String {
    let mut out = plan.tag.as_ref().map(|tag| fixed(name, tag)).unwrap_or_default();
    if plan.changes.is_empty() {
        return ui::lines(&out);
    }
    if let Some(owner) = plan.before.owner() {
        out += &format!(
            "warning: {name}: {owner} owns the function, and puts its own image back at its next deployment: give it this \
             image too\n"
        );
    }
    let config = &plan.before.image_config;
    for (key, what) in [("EntryPoint", "ENTRYPOINT"), ("Command", "CMD"), ("WorkingDirectory", "WORKDIR")] {
        if !config[key].is_null() {
            out += &format!("{name}: the function replaces {what} of the image: {}\n", config[key]);
        }
    }
    ui::lines(&out)
}

/// A tag that the repository does not let move.
pub fn fixed(name: &str, tag: &InUse) -> String {
    let InUse { tag, repository, state } = tag;
    match state {
        TagState::Fixed => {
            format!(
                "warning: {name}: tag `{tag}` is not moved: tags of repository `{repository}` are immutable\n"
            )
        }
        TagState::There | TagState::Elsewhere => String::new(),
    }
}

/// What stands after an error.
pub fn standing(name: &str, alias: Option<(&str, &str)>, done: &[Step]) -> String {
    let mut out = match done {
        [] => format!("{name}: nothing was changed\n"),
        done => done.iter().map(|step| format!("{name}: done before the error: {step}\n")).collect(),
    };
    let is_moved = |step: &Step| matches!(step, Step::Moved { .. } | Step::Split { .. });
    if let Some((alias, version)) = alias
        && !done.is_empty()
        && !done.iter().any(is_moved)
    {
        out += &format!("{name}: alias `{alias}` still names version {version}\n");
    }
    ui::lines(&out)
}
