//! Why a check cannot be found.

/// No check has this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no check `{id}`{}", nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default())]
pub struct UnknownCheck {
    /// What was asked for.
    pub id: String,
    /// The check whose name is most like it.
    pub nearest: Option<&'static str>,
}
