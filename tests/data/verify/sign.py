"""Signs an image in a registry as Sigstore's bundle specification says, by the library `cryptography`, and writes the
public key into other.pub. Arguments: HOST, repository, the digest of the image, the digest in the statement."""

import base64, hashlib, json, sys, urllib.error, urllib.request

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

host, repository, image, about = sys.argv[1:]
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def send(method, url, content=None, kind="application/octet-stream"):
    request = urllib.request.Request(url, content, {"Content-Type": kind, "Accept": f"{MANIFEST}, {INDEX}"}, method=method)
    return urllib.request.urlopen(request)


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def blob(content, kind):
    place = send("POST", f"http://{host}/v2/{repository}/blobs/uploads/").headers["Location"]
    send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest(content)}", content)
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


def manifest(name, value, kind):
    content = json.dumps(value).encode()
    send("PUT", f"http://{host}/v2/{repository}/manifests/{name or digest(content)}", content, kind)
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


key = ec.generate_private_key(ec.SECP256R1())
public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
open("other.pub", "wb").write(public)
statement = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "other", "digest": {"sha512": "00"}}, {"name": "it", "digest": {"sha256": about.split(":")[1]}}],
    "predicateType": "https://example.com/reviewed/v1",
    "predicate": {"by": "Zoë"},
}
payload, kind = json.dumps(statement, indent=1, ensure_ascii=False).encode(), "application/vnd.in-toto+json"
message = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind.encode(), str(len(payload)).encode(), payload])
signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
bundle = {
    "mediaType": BUNDLE,
    "verificationMaterial": {"publicKey": {"hint": "any"}, "tlogEntries": [], "timestampVerificationData": None},
    "dsseEnvelope": {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": "any"}],
    },
}
target = send("GET", f"http://{host}/v2/{repository}/manifests/{image}").read()
artifact = {
    "schemaVersion": 2,
    "mediaType": MANIFEST,
    "artifactType": BUNDLE,
    "config": blob(b"{}", "application/vnd.oci.empty.v1+json"),
    "layers": [blob(json.dumps(bundle).encode(), BUNDLE)],
    "subject": {"mediaType": MANIFEST, "digest": image, "size": len(target)},
}
entry = manifest(None, artifact, MANIFEST) | {"artifactType": BUNDLE}
manifest(image.replace(":", "-"), {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}, INDEX)
