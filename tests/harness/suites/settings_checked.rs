//! What the tests of `settings_checked` share, whichever binary they are in.

use super::super::common::{Place, Ran};
use serde_json::Value;

pub const FILE: &str = r#"
[defaults]
runtime = "provided.al2023"
base = "embedded"
allow = ["start-format"]

[functions.orders]
path = "fn"
env = { STAGE = "dev" }
output = "oci-archive:orders.tar"
tag = ["127.0.0.1:1/{name}:v1"]

[profiles.prod]
env.STAGE = "prod"
push = true

[profiles.both]
arch = ["x86_64", "arm64"]
"#;

pub fn place() -> Place {
    super::settings::place(FILE)
}

/// What it says of the image, which nothing may be wrong with.
pub fn checked(ran: &Ran) -> Value {
    assert_eq!(ran.json()["denied"], 0, "{ran:?}");
    ran.json()
}
