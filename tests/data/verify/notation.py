"""Envelopes of Notation by other implementations: PyJWT signs, `cryptography` makes the certificates. Argument: the digest
of an image. Writes an envelope for each case into NAME.json, and the authorities into root.pem and stranger.pem."""

import base64, datetime, json, sys

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

digest = sys.argv[1]
now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
day = datetime.timedelta(days=1)
PREFIX = "io.cncf.notary."
UNLIKE = "sha256:" + "0" * 64


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, signer, ca, usage=ExtendedKeyUsageOID.CODE_SIGNING, before=-2, after=2):
    made = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now + before * day).not_valid_after(now + after * day)
    made = made.add_extension(x509.BasicConstraints(ca, None), critical=True)
    bits = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    bits += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    allowed = {"key_cert_sign"} if ca else {"digital_signature"}
    made = made.add_extension(x509.KeyUsage(**{bit: bit in allowed for bit in bits}), critical=True)
    if not ca and usage:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return made.sign(signer, hashes.SHA256())


def curve(of=ec.SECP256R1):
    return ec.generate_private_key(of())


def write(file, value):
    open(file, "wb").write(value.public_bytes(serialization.Encoding.PEM))


root, stranger, middle = curve(), curve(), curve(ec.SECP384R1)
roots = {key: certificate(text, key, text, key, True) for key, text in [(root, "root"), (stranger, "stranger")]}
write("root.pem", roots[root])
write("stranger.pem", roots[stranger])
between = certificate("middle", middle, "root", root, True)


def envelope(file, alg="ES256", key=None, chain=None, about=digest, scheme="notary.x509", more={}, crit=(), payload=None, **leaf):
    key = key or curve()
    chain = chain or [certificate("leaf", key, "middle", middle, False, **leaf), between, roots[root]]
    time = {"signingTime": now} if scheme == "notary.x509" else {"authenticSigningTime": now - day}
    headers = {"cty": "application/vnd.cncf.notary.payload.v1+json", PREFIX + "signingScheme": scheme, "typ": None}
    headers |= {PREFIX + one: value.isoformat() for one, value in {**time, **more}.items() if value}
    critical = ["signingScheme", *(["authenticSigningTime"] if scheme != "notary.x509" else []), *crit]
    headers["crit"] = [one if "." in one else PREFIX + one for one in critical]
    target = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": about, "size": 2}
    signed = jwt.api_jws.PyJWS().encode(json.dumps({"targetArtifact": target}).encode(), key, alg, headers)
    protected, body, signature = signed.split(".")
    x5c = [base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode() for one in chain]
    made = {"payload": payload or body, "protected": protected, "header": {"x5c": x5c}, "signature": signature}
    json.dump(made, open(file + ".json", "w"))


envelope("good-es256")
envelope("good-es384", "ES384", curve(ec.SECP384R1))
envelope("good-ps256", "PS256", rsa.generate_private_key(65537, 2048))
envelope("good-authority", scheme="notary.x509.signingAuthority")
envelope("good-expiry", more={"expiry": now + day}, crit=["expiry"])
envelope("other-image", about=UNLIKE)
other = curve()
envelope("stranger", key=other, chain=[certificate("leaf", other, "stranger", stranger, False), roots[stranger]])
envelope("expired-certificate", before=-3, after=-1)
# The signer says when it signed, and the certificate was valid at that time.
envelope("backdated", scheme="notary.x509.signingAuthority", before=-3, after=-0.5)
envelope("expired", more={"expiry": now - day}, crit=["expiry"])
envelope("server", usage=ExtendedKeyUsageOID.SERVER_AUTH)
envelope("no-usage", usage=None)
envelope("early", before=1)
envelope("critical", crit=["com.example.plugin"])
envelope("not-critical", more={"expiry": now + day})
envelope("no-time", scheme="notary.x509.signingAuthority", more={"authenticSigningTime": None})
envelope("future", scheme="notary.x509.signingAuthority", more={"authenticSigningTime": now + day})
envelope("symmetric", "HS256", b"secret-secret-secret-secret-secret", [certificate("leaf", other, "middle", middle, False), between])
envelope("another-key", key=curve(), chain=[certificate("leaf", other, "middle", middle, False), between])
forged = base64.urlsafe_b64encode(json.dumps({"targetArtifact": {"digest": digest}}).encode()).decode().rstrip("=")
envelope("payload", about=UNLIKE, payload=forged)
