"""How secrets, and what only looks like them, stand in files: the forms of :mod:`benchmarks.corpus`.

``{key}`` and ``{value}`` are filled in; ``{{`` is a brace. ``<base62:30>`` and the like are templates
(docs/rules.md, "Examples"), so that no file holds what a scanner would report.
"""

from __future__ import annotations

Form = tuple[str, str]
"""A path, and the text that stands there."""

ASSIGNMENTS: tuple[Form, ...] = (
    ("app/settings.py", 'DEBUG = False\n{key} = "{value}"\n'),
    ("src/client.js", "export const options = {{ retries: 3, {key}: '{value}' }};\n"),
    ("src/client.ts", "private readonly {key}: string = '{value}';\n"),
    ("src/main/java/Client.java", 'private static final String {key} = "{value}";\n'),
    ("src/main/kotlin/Client.kt", 'val {key} = "{value}"\n'),
    ("cmd/server/main.go", 'var {key} = "{value}"\n'),
    ("src/main.rs", 'const {key}: &str = "{value}";\n'),
    ("config/initializers/client.rb", "Client.{key} = '{value}'\n"),
    ("src/Client.php", "define('{key}', '{value}');\n"),
    ("src/Client.cs", 'public string {key} = "{value}";\n'),
    ("Sources/Client.swift", 'let {key} = "{value}"\n'),
    ("src/client.c", '#define {key} "{value}"\n'),
    ("deploy.sh", "#!/bin/sh\nexport {key}={value}\n"),
    ("Dockerfile", "FROM alpine\nENV {key}={value}\n"),
    ("deploy/values.yaml", "server:\n  port: 8080\n  {key}: {value}\n"),
    ("config.toml", '[server]\n{key} = "{value}"\n'),
    ("config.ini", "[server]\n{key} = {value}\n"),
    ("app.config", '<add key="{key}" value="{value}" />\n'),
    ("config.json", '{{"port": 8080, "{key}": "{value}"}}\n'),
    ("main.tf", 'resource "x" "y" {{\n  {key} = "{value}"\n}}\n'),
    ("gradle.properties", "{key}={value}\n"),
    (".env", "PORT=8080\n{key}={value}\n"),
    ("setup.ps1", '${key} = "{value}"\n'),
    ("lib/client.pl", "my ${key} = '{value}';\n"),
    ("lib/client.dart", "final {key} = '{value}';\n"),
    ("config/config.exs", 'config :app, {key}: "{value}"\n'),
    ("docker-compose.yml", "services:\n  app:\n    environment:\n      - {key}={value}\n"),
    (".travis.yml", "env:\n  global:\n    - {key}={value}\n"),
)

TOKENS: tuple[tuple[str, str | None], ...] = (
    ("ghp_<base62:30><checksum>", "github"),
    ("gho_<base62:30><checksum>", "github"),
    ("npm_<base62:30><checksum>", "npm"),
    ("glsa_<base62:32>_<checksum>", "grafana"),
    ("glpat-<base62:20>", None),
    ("sk_live_<base62:24>", None),
    ("SG.<base64url:22>.<base64url:43>", None),
    ("xoxb-<digit:12>-<digit:12>-<base62:24>", None),
    ("AIza<base64url:35>", None),
    ("dop_v1_<hex:64>", None),
    ("hvs.<base64url:95>", None),
    ("shpat_<hex:32>", None),
    ("PMAK-<hex:24>-<hex:34>", None),
    ("dapi<hex:32>", None),
    ("sk-ant-api03-<base64url:93>AA", None),
    ("hf_<alpha:34>", None),
    ("sq0csp-<base64url:43>", None),
    ("NRAK-<upalnum:27>", None),
    ("lin_api_<base62:40>", None),
    ("figd_<base64url:40>", None),
    ("<digit:10>:AA<base64url:33>", None),
    ("pypi-AgEIcHlwaS5vcmc<base64url:150>", None),
    ("<jwt>", None),
    ("AKIA<base32:16>", None),
)

PAIRS: tuple[Form, ...] = (
    ("aws.yml", "aws_access_key_id: AKIA<base32:16>\naws_secret_access_key: {value}\n"),
    ("credentials", "[default]\naws_access_key_id=AKIA<base32:16>\naws_secret_access_key={value}\n"),
    ("s3.py", 'client("s3", aws_access_key_id="AKIA<base32:16>", aws_secret_access_key="{value}")\n'),
    ("oss.yml", "accessKeyId: LTAI5t<base62:18>\naccessKeySecret: {value}\n"),
    ("Oss.java", 'new DefaultCredentials("LTAI5t<base62:18>", "{value}");\n'),
    ("oss.go", 'oss.New("oss-cn-hangzhou.aliyuncs.com", "LTAI5t<base62:18>", "{value}")\n'),
    ("oss.env", "ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5t<base62:18>\nALIBABA_CLOUD_ACCESS_KEY_SECRET={value}\n"),
)

URLS: tuple[Form, ...] = (
    ("app.yml", "url: postgres://svc:{value}@db.internal.corp:5432/app\n"),
    (".env", "DATABASE_URL=mysql://root:{value}@10.0.3.7/shop\n"),
    ("index.js", 'mongoose.connect("mongodb+srv://svc:{value}@cluster0.ab1cd.mongodb.net/app");\n'),
    ("cache.py", 'cache = redis.from_url("redis://:{value}@cache.internal.corp:6379/0")\n'),
    ("broker.properties", "broker.url=amqp://worker:{value}@mq.internal.corp/jobs\n"),
    ("build.sh", "git clone https://deploy:{value}@git.internal.corp/team/app.git\n"),
    ("mail.rb", "Mail.deliver 'smtp://robot:{value}@mail.internal.corp:587'\n"),
)

AUTHORIZATION: tuple[Form, ...] = (
    ("sync.sh", "curl -u svc:{value} https://api.internal.corp/v1/items\n"),
    ("sync.py", "headers = {{'Authorization': 'Bearer {value}'}}\n"),
    ("sync.http", "GET /v1/items HTTP/1.1\nAuthorization: Bearer {value}\n"),
    ("fetch.js", 'fetch(url, {{ headers: {{ "X-Api-Key": "{value}" }} }});\n'),
    ("run.sh", "mysql -u root -p{value} shop < dump.sql\n"),
    ("login.ps1", '$pw = ConvertTo-SecureString "{value}" -AsPlainText -Force\n'),
    ("users.sql", "CREATE USER svc IDENTIFIED BY '{value}';\n"),
)

KEYS_IN_FILES: tuple[Form, ...] = (
    ("id_rsa", "{lines}\n"),
    ("key.json", '{{"type": "service", "private_key": "{escaped}"}}\n'),
    ("tls.yaml", "tls:\n  key: |\n    {indented}\n"),
    ("Key.java", 'String key = "{joined}";\n'),
)

REFERENCES: tuple[Form, ...] = (
    ("app.py", 'password = os.environ["{key}"]\n'),
    ("app.py", "{key} = getpass.getpass('Password: ')\n"),
    ("app.py", "token = settings.get('{key}', default=None)\n"),
    ("app.py", "secret = self.vault.read(path).data['{key}']\n"),
    ("app.js", "const token = process.env.{key};\n"),
    ("app.js", "const {{ {key} }} = await loadSecrets(stage);\n"),
    ("app.ts", "this.password = this.form.controls.{key}.value;\n"),
    ("App.java", 'String password = System.getenv("{key}");\n'),
    ("App.java", "config.setPassword(credentials.getPassword());\n"),
    ("main.go", 'secret := os.Getenv("{key}")\n'),
    ("main.go", "token, err := client.RefreshToken(ctx, {key})\n"),
    ("app.rb", "password = ENV.fetch('{key}')\n"),
    ("app.php", "$password = $_POST['{key}'];\n"),
    ("run.sh", 'export PASSWORD="$({key} get db)"\n'),
    ("run.sh", 'curl -H "Authorization: Bearer ${key}" "$URL"\n'),
    ("app.properties", "spring.datasource.password=${{{key}}}\n"),
    ("values.yaml", "password: {{{{ .Values.{key} }}}}\n"),
    ("ci.yml", "token: ${{{{ secrets.{key} }}}}\n"),
    ("main.tf", "password = var.{key}\n"),
    ("stack.yml", "MasterUserPassword: !Ref {key}\n"),
    ("pod.yml", "secretKeyRef: {{name: db, key: {key}}}\n"),
    ("play.yml", "password: \"{{{{ lookup('env', '{key}') }}}}\"\n"),
    ("url.yml", "url: postgres://${{USER}}:${{{key}}}@db/app\n"),
    ("App.cs", 'var password = Configuration["{key}"];\n'),
)

DIGESTS: tuple[Form, ...] = (
    ("package.json", '"integrity": "sha512-<bytes64:64>"\n'),
    ("repos.yml", "revision: <hex:40>\n"),
    ("SHA256SUMS", "<hex:64>  app.tar.gz\n"),
    ("meta.json", '{{"etag": "<hex:32>", "size": 1043}}\n'),
    ("compose.yml", "image: nginx@sha256:<hex:64>\n"),
    ("build.gradle", 'checksum = "<hex:64>"\n'),
    ("cache.py", 'CACHE_KEY_HASH = "<hex:40>"\n'),
    ("users.sql", "INSERT INTO users (password_hash) VALUES ('$2b$12$<base62:53>');\n"),
    ("version.h", '#define GIT_COMMIT "<hex:40>"\n'),
    ("index.html", '<lt>script src="a.js" integrity="sha384-<bytes64:48>"></script>\n'),
)

IDENTIFIERS: tuple[Form, ...] = (
    ("app.yml", "tenant_id: <uuid>\n"),
    ("Project.csproj", "<lt>ProjectGuid>{{<uuid>}}</ProjectGuid>\n"),
    ("trace.log", "2024-03-01 12:00:01 request_id=<uuid> status=200\n"),
    ("app.js", 'const trackingId = "UA-<digit:8>-1";\n'),
    ("arn.tf", 'role = "arn:aws:iam::<digit:12>:role/deploy"\n'),
    ("page.html", '<lt>div data-id="<hex:24>"></div>\n'),
    ("model.py", 'revision = "<hex:12>"\ndown_revision = "<hex:12>"\n'),
    ("a.csv", "id,name\n<hex:24>,widget\n<hex:24>,gadget\n"),
)

LOCKS: tuple[Form, ...] = (
    ("package-lock.json", '"resolved": "https://host/a.tgz",\n"integrity": "sha512-<bytes64:64>",\n'),
    ("yarn.lock", 'resolved "https://host/a.tgz#<hex:40>"\nintegrity sha1-<bytes64:20>\n'),
    ("poetry.lock", '{{file = "a.whl", hash = "sha256:<hex:64>"}},\n'),
    ("Cargo.lock", 'name = "token"\nchecksum = "<hex:64>"\n'),
    ("go.sum", "example.org/secret/key v1.2.3 h1:<bytes64:32>\n"),
    ("composer.lock", '"reference": "<hex:40>",\n"shasum": "<hex:40>"\n'),
    ("pnpm-lock.yaml", "/auth-token/2.0.0:\n  resolution: {{integrity: sha512-<bytes64:64>}}\n"),
)

PUBLIC: tuple[Form, ...] = (
    ("id.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB<base64:340> me@host\n"),
    ("known_hosts", "git.internal.corp ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI<base64:43>\n"),
    ("key.pem", "<pem:PUBLIC KEY>\n"),
    ("cert.pem", "<pem:CERTIFICATE>\n"),
    ("release.asc", "<pem:PGP PUBLIC KEY BLOCK>\n"),
    ("verify.go", 'const publicKey = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A<base64:360>"\n'),
    ("pins.xml", '<lt>pin digest="SHA-256"><bytes64:32></pin>\n'),
    ("apk.yml", "signing_public_key: <base64:43>=\n"),
)

CODE: tuple[Form, ...] = (
    ("user.ts", "password: string;\n{key}: number;\n"),
    ("parser.go", 'TOKEN_STRING = "TOKEN_STRING"\nTOKEN_EOF = "eof"\n'),
    ("lexer.js", '{{token: "keyword.operator.new", regex: "new"}}\n'),
    ("form.html", '<lt>input type="password" name="{key}" id="user_password">\n'),
    ("views.py", 'def reset_password(request, token="", {key}="/login/"):\n'),
    ("test.js", 'cy.get("#password").type(password)\n'),
    ("Auth.java", 'static final String TOKEN_HEADER = "X-Auth-Token";\n'),
    ("schema.graphql", "type Login {{ password: String! token: String }}\n"),
    ("routes.rb", "get '/password/reset', to: 'passwords#edit'\n"),
    ("api.py", 'TOKEN_URL = "https://login.example.com/oauth2/token"\n'),
    ("style.css", ".password-field {{ --token-color: #a1b2c3d4; }}\n"),
    ("errors.js", "const err = {{ code: 'auth/wrong-password', key: '{key}' }};\n"),
    ("keys.cs", "public const string CacheKey = nameof(UserToken);\n"),
    ("Makefile", "SECRET_FILE = /run/secrets/db_password\nKEY_SIZE = 4096\n"),
    ("i18n.dart", "String get password => Intl.message('Password', name: 'password');\n"),
    ("validator.php", "'password' => 'required|min:8|confirmed',\n"),
)

BLOBS: tuple[Form, ...] = (
    ("icon.css", "background: url(data:image/png;base64,iVBORw0KGgo<base64:400>);\n"),
    ("bundle.min.js", '!function(e,t){{var n={{key:"a",token:t}};e.exports="<base64:60>"}}(this);\n'),
    ("app.js.map", '{{"version":3,"mappings":"AAAA,CAAC,SAASA,<base64:80>"}}\n'),
    ("path.svg", '<lt>path d="M<digit:3>.<digit:2>L<digit:3> <digit:3>Z"/>\n'),
    ("palette.json", '["#<hex:6>", "#<hex:6>", "#<hex:6>"]\n'),
    ("vectors.txt", "0.<digit:8> -0.<digit:8> 0.<digit:8> 1.<digit:8>\n"),
    ("dump.hex", "00000010  <hex:2> <hex:2> <hex:2> <hex:2> <hex:2> <hex:2> <hex:2> <hex:2>\n"),
    ("notebook.ipynb", '{{"image/png": "iVBORw0KGgoAAAANSUhEUg<base64:300>"}}\n'),
)

DOCUMENTATION: tuple[Form, ...] = (
    ("README.md", "Set `{key}` to your key: `{key}=<lt>your-key>`.\n"),
    ("README.md", "    curl -H 'Authorization: Bearer YOUR_TOKEN' https://api.example.com\n"),
    ("docs/setup.md", "url: postgres://user:password@localhost/app\n"),
    ("docs/setup.md", "export {key}=xxxxxxxxxxxxxxxxxxxxxxxx\n"),
    ("docs/keys.md", "A key looks like `AKIAXXXXXXXXXXXXXXXX`, a token like `ghp_xxxx...`.\n"),
    ("docs/api.rst", ':param {key}: the secret, such as "abc123..."\n'),
    (".env.example", "{key}=changeme\nPASSWORD=\n"),
    ("CHANGELOG.md", "- The password is no longer logged (`{key}`), and the token expires in 3600 seconds\n"),
)

NUMBERS: tuple[Form, ...] = (
    ("app.yml", "token_expiry: 2592000\npassword_min_length: 12\n"),
    ("app.yml", "token_version: 1.2.3-beta.4\nkey_rotation: 90d\n"),
    ("app.yml", "token_created: 2024-01-31T10:00:00Z\n"),
    ("limits.py", "MAX_TOKENS = 4096\nKEY_BITS = 2048\n"),
    ("phone.json", '{{"secret_line": "+44 20 7946 0958", "key_count": 17}}\n'),
    ("mask.c", "#define KEY_MASK 0x<hex:8>UL\n"),
    ("grid.json", '{{"key": "<digit:6>", "tokens": [<digit:4>, <digit:4>]}}\n'),
)
