"""What looks like a secret and is none: nothing of it is reported."""

from __future__ import annotations

import hashlib
import random
import uuid

import pytest

from leakscan import scan_text

HEX = "0123456789abcdef"


def _hex(length: int) -> str:
    return "".join(random.choices(HEX, k=length))


def _digest64() -> str:
    import base64

    return base64.b64encode(hashlib.sha512(random.randbytes(9)).digest()).decode()


LOOK_ALIKES = {
    "environment read in Python": ("app.py", 'password = os.environ["DB_PASSWORD"]'),
    "environment read in Node": ("app.js", "const token = process.env.GITHUB_TOKEN;"),
    "environment read in Go": ("app.go", 'secret := os.Getenv("CLIENT_SECRET")'),
    "environment read in Java": ("App.java", 'String password = System.getenv("PASSWORD");'),
    "shell variable": ("run.sh", 'PASSWORD="$DB_PASSWORD"'),
    "shell default": ("run.sh", "PASSWORD=${DB_PASSWORD:-}"),
    "Spring placeholder": ("app.properties", "spring.datasource.password=${DB_PASSWORD}"),
    "Helm template": ("secret.yaml", "password: {{ .Values.db.password | b64enc }}"),
    "Jinja template": ("config.yml", 'api_key: "{{ vault_api_key }}"'),
    "Ansible vault reference": ("play.yml", 'password: \'{{ lookup("env", "PW") }}\''),
    "GitHub Actions secret": ("ci.yml", "token: ${{ secrets.GITHUB_TOKEN }}"),
    "Terraform variable": ("main.tf", "password = var.db_password"),
    "Terraform random": ("main.tf", "password = random_password.db.result"),
    "CloudFormation reference": ("stack.yml", "MasterUserPassword: !Ref DBPassword"),
    "kubernetes secret reference": ("pod.yml", "secretName: mysql-credentials"),
    "kubernetes key reference": ("pod.yml", "secretKeyRef: {name: db, key: password}"),
    "masked": ("app.yml", "password: ********"),
    "angle brackets": ("README.md", "password = <your-password>"),
    "your-something": ("README.md", 'api_key = "your-api-key-here"'),
    "upper-case placeholder": ("README.md", "API_KEY=YOUR_API_KEY"),
    "change me": ("app.yml", 'password: "changeme"'),
    "xxxx": ("README.md", "token: xxxxxxxxxxxxxxxxxxxxxxxx"),
    "dots": ("README.md", 'secret: "abc..."'),
    "documentation AWS key": ("README.md", "aws_access_key_id = AKIAIOSFODNN7" + "EXAMPLE"),
    "documentation AWS secret": (
        "README.md",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    ),
    "masked AccessKey": ("README.md", "accessKeyId: LTAI****************"),
    "AccessKey placeholder": ("README.md", "accessKeySecret: <yourAccessKeySecret>"),
    "interface string": ("en.json", '"password": "Enter your password"'),
    "interface word": ("en.json", '"password": "Password"'),
    "translated word": ("fr.json", '"password": "Motdepasse"'),
    "validation message": ("form.js", 'password: "Password must be at least 8 characters"'),
    "form field": ("form.html", '<input type="password" name="password" id="user_password">'),
    "selector": ("test.js", 'cy.get("#password").type(password)'),
    "type": ("user.ts", "password: string;"),
    "schema": ("schema.json", '"password": {"type": "string"}'),
    "function call": ("app.py", "token = generate_token(user)"),
    "attribute": ("app.py", "password = self.config.password"),
    "parameter": ("app.py", "connect(password=password)"),
    "header name": ("app.py", 'TOKEN_HEADER = "X-Auth-Token"'),
    "token URL": ("app.py", 'token_url = "https://login.example.com/oauth2/token"'),
    "constant name": ("App.java", 'static final String SECRET_KEY = "secret.key.path";'),
    "lexer token": ("lexer.js", '{token: "keyword.operator.new"}'),
    "enum token": ("parser.go", 'TOKEN_STRING = "TOKEN_STRING"'),
    "method name": ("client.go", 'buildClientToken("CreateIpv6Gateway")'),
    "method name with a digit": ("gateway.go", 'buildClientToken("EnableVpcIpv4Gateway")'),
    "client token": ("a.go", 'request["ClientToken"] = buildClientToken("CreateVpc")'),
    "null": ("app.yml", "password: null"),
    "boolean": ("app.yml", "password_required: true"),
    "number": ("app.yml", "token_expiry: 2592000"),
    "date": ("app.yml", "token_created: 2024-01-31T10:00:00Z"),
    "file of a secret": ("compose.yml", "POSTGRES_PASSWORD_FILE: /run/secrets/db_password"),
    "public key": ("id.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB" + "A" * 60 + " me@host"),
    "certificate header": (
        "cert.pem",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa",
    ),
    "private key header only": ("README.md", 'if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):'),
    "URL without password": ("app.yml", "url: postgres://localhost:5432/app"),
    "URL with variables": ("app.yml", "url: postgres://${USER}:${PASS}@db/app"),
    "URL with placeholder": ("README.md", "url: postgres://user:password@localhost/app"),
    "commit id": ("sub.txt", lambda: f"commit {_hex(40)}"),
    "git hash as revision": ("repos.yml", lambda: f"revision: {_hex(40)}"),
    "SHA-256 sum": ("SHA256SUMS", lambda: f"{_hex(64)}  app.tar.gz"),
    "sha256 field": ("lock.json", lambda: f'"sha256": "{_hex(64)}"'),
    "integrity": ("package-lock.json", lambda: f'"integrity": "sha512-{_digest64()}"'),
    "go.sum": ("go.sum", lambda: f"github.com/a/b v1.2.3 h1:{_digest64()[:43]}="),
    "etag": ("meta.json", lambda: f'"etag": "{_hex(32)}"'),
    "UUID": ("app.yml", lambda: f"id: {uuid.uuid4()}"),
    "tenant UUID": ("app.yml", lambda: f"tenant_id: {uuid.uuid4()}"),
    "docker digest": ("compose.yml", lambda: f"image: nginx@sha256:{_hex(64)}"),
    "md5": ("list.txt", lambda: f"md5: {_hex(32)}"),
    "colour": ("style.css", "--token-color: #a1b2c3d4;"),
    "version": ("app.yml", "token_version: 1.2.3-beta.4"),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_is_not_reported(name: str) -> None:
    path, text = LOOK_ALIKES[name]
    content = text if isinstance(text, str) else text()
    found = scan_text(content.encode(), f"src/{path}")
    assert not found, (
        f"{[(f.rule, f.confidence, [(r.feature, r.value, r.weight) for r in f.reasons]) for f in found]}"
    )
