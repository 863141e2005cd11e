#!/usr/bin/env python3
"""A SAML identity provider for the browser tests, on pysaml2: an implementation that is not ours.

    saml_idp.py SERVICE_PROVIDER_URL

Prints the address of its metadata, and serves until its standard input ends. People sign in by a button with their name.
Needs pysaml2, xmlsec1 and openssl: Debian's python3-pysaml2, xmlsec1 and openssl.
"""

import html
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, xmldsig
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.s_utils import success_status_factory
from saml2.saml import NAME_FORMAT_BASIC, NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server

PEOPLE = {
    "ana": {"email": "ana@example.org", "fullname": "Ana Example"},
    "béa": {"email": "bea@example.org", "fullname": "Béa <& Co>"},
}

SERVICE_PROVIDER = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{url}">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <SingleLogoutService Binding="{redirect}" Location="{url}/v1/auth/saml/sls"/>
    <NameIDFormat>{name_id_format}</NameIDFormat>
    <AssertionConsumerService Binding="{post}" Location="{url}/v1/auth/saml/acs" index="0" isDefault="true"/>
  </SPSSODescriptor>
</EntityDescriptor>"""

ATTRIBUTES = """MAP = {
    "identifier": "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
    "fro": {"email": "email", "fullname": "fullname"},
    "to": {"email": "email", "fullname": "fullname"},
}
"""


def configure(folder, base, service_provider):
    """The provider at an address, with a key of its own."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=idp.example"]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    (folder / "attributes").mkdir()
    (folder / "attributes/basic.py").write_text(ATTRIBUTES)
    known = SERVICE_PROVIDER.format(
        url=service_provider,
        redirect=BINDING_HTTP_REDIRECT,
        post=BINDING_HTTP_POST,
        name_id_format=NAMEID_FORMAT_EMAILADDRESS,
    )
    (folder / "service_provider.xml").write_text(known)
    return IdPConfig().load(
        {
            "entityid": f"{base}/metadata",
            "key_file": str(key),
            "cert_file": str(certificate),
            "xmlsec_binary": shutil.which("xmlsec1"),
            "attribute_map_dir": str(folder / "attributes"),
            "metadata": {"local": [str(folder / "service_provider.xml")]},
            "service": {
                "idp": {
                    "name_id_format": [NAMEID_FORMAT_EMAILADDRESS],
                    "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_BASIC}},
                    "endpoints": {
                        "single_sign_on_service": [(f"{base}/in", BINDING_HTTP_REDIRECT)],
                        "single_logout_service": [(f"{base}/out", BINDING_HTTP_REDIRECT)],
                    },
                }
            },
        }
    )


class Handler(BaseHTTPRequestHandler):
    """Answers browsers, and who asks for the metadata."""

    provider = None

    def do_GET(self):  # noqa: N802, the library's name
        """Shows the metadata, the page to sign in, or signs out."""
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/metadata":
            self.answer(200, str(entity_descriptor(self.provider.config)), "application/samlmetadata+xml")
        elif url.path == "/in" and "user" in query:
            self.vouch(query)
        elif url.path == "/in":
            self.choose(query)
        elif url.path == "/out":
            self.sign_out(query)
        else:
            self.answer(404 if url.path != "/favicon.ico" else 204, "", "text/plain")

    def choose(self, query):
        """Asks who is there."""
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in query.items()
        )
        buttons = "".join(f'<button name="user" value="{name}">Sign in as {name}</button>' for name in PEOPLE)
        self.page(f"<h1>Identity provider</h1><form>{hidden}{buttons}</form>")

    def vouch(self, query):
        """Makes the browser post who has signed in."""
        request = self.provider.parse_authn_request(query["SAMLRequest"], BINDING_HTTP_REDIRECT).message
        person = PEOPLE[query["user"]]
        response = self.provider.create_authn_response(
            identity=dict(person),
            userid=query["user"],
            name_id=NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=person["email"]),
            authn={"class_ref": request.requested_authn_context.authn_context_class_ref[0].text},
            sign_response=True,
            sign_assertion=True,
            sign_alg=xmldsig.SIG_RSA_SHA256,
            digest_alg=xmldsig.DIGEST_SHA256,
            **self.provider.response_args(request, [BINDING_HTTP_POST]),
        )
        form = self.provider.apply_binding(
            BINDING_HTTP_POST,
            str(response),
            request.assertion_consumer_service_url,
            query.get("RelayState", ""),
            response=True,
        )
        self.answer(200, form["data"], "text/html; charset=utf-8")

    def sign_out(self, query):
        """Sends the browser back, signed out."""
        request = self.provider.parse_logout_request(query["SAMLRequest"], BINDING_HTTP_REDIRECT).message
        if request.name_id.text not in [person["email"] for person in PEOPLE.values()]:
            self.answer(400, "nobody of that name is signed in", "text/plain")
            return
        response = self.provider.create_logout_response(
            request, [BINDING_HTTP_REDIRECT], status=success_status_factory(), sign=False
        )
        answer = self.provider.apply_binding(
            BINDING_HTTP_REDIRECT,
            str(response),
            response.destination,
            query.get("RelayState", ""),
            response=True,
            sign=True,
            sigalg=xmldsig.SIG_RSA_SHA256,
        )
        self.answer(302, "", "text/plain", dict(answer["headers"]))

    def page(self, body):
        """Shows a page."""
        text = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Identity provider</title>{body}</html>'
        self.answer(200, text, "text/html; charset=utf-8")

    def answer(self, status, text, kind, headers=None):
        """Sends an answer."""
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


def main():
    """Serves until nobody reads any longer."""
    with tempfile.TemporaryDirectory() as folder:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # By another name than the service provider's, so that browsers take them for different sites.
        base = f"http://localhost:{server.server_port}"
        Handler.provider = Server(config=configure(Path(folder), base, sys.argv[1]))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"{base}/metadata", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
