"""Sigstore's own client for Python, and the official bindings of in-toto. `judge PUBLIC DIGEST FILE...` verifies bundles of
a key, and reads their statements about the digest. `make DIGEST` writes a bundle, and its public key into other.pub."""

import json, sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from sigstore import dsse
from sigstore.hashes import Hashed
from sigstore_models.bundle.v1 import Bundle
from sigstore_models.common.v1 import HashAlgorithm


def judge(public, digest, *files):
    key = serialization.load_pem_public_key(open(public, "rb").read())
    image = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(digest.split(":")[1]))
    for file in files:
        # The client's class `Bundle` wants a certificate; its model of the format does not.
        bundle = Bundle.from_json(open(file).read())
        assert bundle.verification_material.public_key.hint, file
        payload = dsse._verify(key, dsse.Envelope(bundle.dsse_envelope))
        assert bundle.dsse_envelope.payload_type == dsse.Envelope._TYPE, file
        assert dsse.Statement(payload)._matches_digest(image), file
        statement = Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement()))
        # The bindings take no empty predicate, which is what `cosign sign` writes.
        if len(statement.pb.predicate):
            statement.validate()
        print(statement.pb.predicate_type)


def make(digest):
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    open("other.pub", "wb").write(public)
    subject = dsse.Subject(name="image", digest={"sha256": digest.split(":")[1]})
    statement = dsse.StatementBuilder([subject], "https://example.com/reviewed/v1", {"by": "Zoë"}).build()
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "any"}, "tlogEntries": []},
        "dsseEnvelope": json.loads(dsse._sign(key, statement).to_json()),
    }
    print(Bundle.from_json(json.dumps(bundle)).to_json())


{"judge": judge, "make": make}[sys.argv[1]](*sys.argv[2:])
