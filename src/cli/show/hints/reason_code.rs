//! What to do about a reason code of Lambda that no check explains.

/// Reason codes that no check explains (botocore, `lambda`, `StateReasonCode` and `LastUpdateStatusReasonCode`), and what to
/// do. The causes are those that the exceptions of the same names have there. docs/reference/troubleshooting.md lists them.
const REMEDIES: [(&str, &str); 33] = [
    (
        "ImageDeleted",
        "the image is not in its repository any more: push it again, or deploy another one; `lambda-img prune` spares \
         images that functions use",
    ),
    ("FunctionError.TooManyExtensions", "leave some of the programs in /opt/extensions out of the image"),
    (
        "FunctionError.InitResourceExhausted",
        "the initialisation used up the memory or another resource: raise the memory of the function, or do less before \
         the handler",
    ),
    ("FunctionError", "the function failed before it could be invoked: its logs have the error"),
    ("InvalidRuntime", "a function of an image has no runtime setting: remove it from the function"),
    (
        "InvalidZipFileException",
        "the function has a zip file, and not an image: create one with the package type Image",
    ),
    (
        "InsufficientRolePermissions",
        "allow the role of the function what its VPC, keys and file systems need",
    ),
    ("InvalidConfiguration", "correct the settings of the function, and deploy again"),
    ("KMSKeyAccessDenied", "allow the role of the function to use the KMS key of its environment variables"),
    ("KMSKeyNotFound", "the KMS key of the function does not exist: give the function another one"),
    ("InvalidStateKMSKey", "the KMS key of the function cannot decrypt in its state: see the key in AWS KMS"),
    ("DisabledKMSKey", "enable the KMS key of the function"),
    (
        "EniLimitExceeded",
        "the VPC has as many network interfaces as it may have: remove some, or raise the quota",
    ),
    (
        "SubnetOutOfIPAddresses",
        "the subnets of the function have no free addresses: free some, or add a subnet",
    ),
    ("InvalidSubnet", "a subnet of the function does not exist: correct the VPC settings of the function"),
    (
        "InvalidSecurityGroup",
        "a security group of the function does not exist: correct the VPC settings of the function",
    ),
    ("DisallowedByVpcEncryptionControl", "the encryption control of the VPC does not admit the function"),
    ("EFSIOError", "reading or writing the file system of the function failed: see the file system"),
    (
        "EFSMountConnectivityError",
        "the function cannot reach its file system: see its subnets and security groups",
    ),
    (
        "EFSMountFailure",
        "the file system of the function cannot be mounted: see its access point and its policy",
    ),
    (
        "EFSMountTimeout",
        "mounting the file system of the function took too long: see its state, and deploy again",
    ),
    ("ServiceQuotaExceededException", "a quota of the account is used up: raise it in Service Quotas"),
    ("VcpuLimitExceeded", "the vCPU quota of the account is used up: raise it in Service Quotas"),
    ("CapacityProviderScalingLimitExceeded", "raise the scaling limit of the capacity provider"),
    ("InsufficientCapacity", "AWS has no capacity of this kind now: deploy again later, or in more subnets"),
    (
        "IncompatibleAcceleratorInstanceTypes",
        "the capacity provider has no instance type for the accelerator",
    ),
    ("EC2RequestLimitExceeded", "Amazon EC2 limits the rate of requests: deploy again later"),
    ("DrainingDurableExecutions", "durable executions of the function are still running: wait, or stop them"),
    ("DependencyError", "a service that the function needs failed: deploy again later"),
    ("InternalError", "the cause is inside of AWS: deploy again later"),
    ("Idle", "the function was not invoked for long: invoke it, and Lambda prepares it again"),
    ("Creating", "Lambda is still creating the function: wait, and run the command again"),
    ("Restoring", "Lambda is preparing the function again: wait, and run the command again"),
];

/// What to do about a reason code that no check explains.
pub(super) fn remedy(code: &str) -> Option<&'static str> {
    REMEDIES.iter().find(|(known, _)| *known == code).map(|(_, remedy)| *remedy)
}

#[cfg(test)]
mod tests {
    use lambda_img::deploy::explained_by;

    use super::*;

    #[test]
    fn every_reason_code_has_a_check_or_a_remedy_and_the_page_names_it() {
        // botocore 1.44.8; `tests/clients/deploy` compares it with what is installed.
        // Read when the test runs: neither is in the package of the crate.
        let read =
            |path: &str| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let (codes, page) =
            (read("tests/data/deploy/reason-codes.txt"), read("docs/reference/troubleshooting.md"));
        for code in codes.lines() {
            assert!(!explained_by(code, "").is_empty() || remedy(code).is_some(), "{code}");
            assert!(page.contains(&format!("`{code}`")), "{code} is not on the page");
        }
        for (code, remedy) in REMEDIES {
            assert!(codes.lines().any(|known| known == code) && explained_by(code, "").is_empty(), "{code}");
            assert!(page.contains(remedy), "{remedy} is not on the page");
        }
    }
}
