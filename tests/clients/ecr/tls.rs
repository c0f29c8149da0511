//! What began with TLS goes on with it, wherever it is led to: over real TLS, under a real name.

use super::{Aws, HOST, base, failed, succeeded, text};
use crate::harness::emulator::{Emulator, Fault};

fn led(status: u16, to: String) -> Fault {
    Fault::Answer(status, vec![("location", to)], vec![])
}

#[test]
fn nothing_that_began_with_tls_goes_on_without() {
    let mut aws = Aws::start();
    aws.registry.state().quirks.clear();
    let ecr = aws.registry.state().auth.take();
    // On loopback, where plain HTTP is spoken otherwise.
    let plain = Emulator::start(&[]);
    let away = format!("http://{}/away", plain.host);
    let digest = base(&aws.registry, "lambda/python", "3.12-x86_64");
    let certificate = aws.certificate.display().to_string();
    let lock = |aws: &mut Aws| {
        let mut command = aws.tool();
        command.args(["base", "lock", "-q", "--runtime", "python3.12", "--arch", "x86_64", "--retries", "0"]);
        command.args(["--ca-cert", &certificate]);
        aws.run(&mut command)
    };
    for line in ["manifests", "<config>"] {
        aws.registry.fault(line, 1, led(307, away.clone()));
        failed(
            &lock(&mut aws),
            &[&format!("the redirect to {away} is refused: it leads from HTTPS to plain HTTP")],
        );
    }
    let challenge = format!("Bearer realm=\"{away}\",service=\"x\"");
    aws.registry.state().auth = Some(("Bearer t".to_owned(), challenge));
    failed(&lock(&mut aws), &["the token service has plain HTTP, but the registry has HTTPS"]);
    aws.registry.state().auth = None;
    assert!(succeeded(&lock(&mut aws)).ends_with(&format!("@{digest}\n")));
    // Uploads: elsewhere never; at the registry itself, which calls itself so behind a proxy, by TLS.
    aws.registry.state().auth = ecr;
    let push = |aws: &mut Aws, tag: &str| {
        let mut command = aws.build(&format!("{HOST}/fn:{tag}"));
        command.args(["--retries", "1", "-j", "1"]);
        aws.keyed(command)
    };
    aws.registry.fault("POST", 2, led(202, away.clone()));
    failed(&push(&mut aws, "v1"), &["the location to upload to has plain HTTP, but the registry has HTTPS"]);
    aws.registry.state().forget_faults();
    aws.registry.log();
    aws.registry.fault("POST", 1, led(202, format!("http://{HOST}/v2/fn/blobs/uploads/77")));
    let pushed = push(&mut aws, "v1");
    assert!(succeeded(&pushed).starts_with(&format!("{HOST}/fn@")), "{}", text(&pushed.stderr));
    let log = aws.registry.log();
    assert!(log.iter().any(|line| line.starts_with("PATCH /v2/fn/blobs/uploads/77 +Basic")), "{log:#?}");
    assert!(plain.log().is_empty());
    aws.end();
}
