"""The places where people keep AccessKey pairs, and what only looks like one.

``«id»`` and ``«secret»`` stand for a pair that is made when the tests run; ``«hex:30»`` and its like
for random characters of an alphabet of ``leakscan.ruleset.template``.
"""

# ruff: noqa: E501 (a text in one line is easier to compare with its neighbours)

from __future__ import annotations

import random
import re
import string

from leakscan.ruleset.template import ALPHABETS, random_text

_PLACE = re.compile(r"«(\w+)(?::(\d+))?»")

FORMS: dict[str, str] = {
    # Environments and shells
    "env file": "ALIBABA_CLOUD_ACCESS_KEY_ID=«id»\nALIBABA_CLOUD_ACCESS_KEY_SECRET=«secret»\n",
    "env file, quoted": "ALICLOUD_ACCESS_KEY='«id»'\nALICLOUD_SECRET_KEY='«secret»'\n",
    "env file, Windows line ends": "OSS_ACCESS_KEY_ID=«id»\r\nOSS_ACCESS_KEY_SECRET=«secret»\r\n",
    "env file without a final newline": "AK=«id»\nSK=«secret»",
    "export": 'export ALIBABACLOUD_ACCESS_KEY_ID="«id»"\nexport ALIBABACLOUD_ACCESS_KEY_SECRET="«secret»"\n',
    "export on one line": "export AK=«id» SK=«secret»; ./deploy.sh\n",
    "cmd set": "set ALIYUN_AK=«id»\r\nset ALIYUN_SK=«secret»\r\n",
    "PowerShell": '$env:ALIBABA_CLOUD_ACCESS_KEY_ID = "«id»"\n$env:ALIBABA_CLOUD_ACCESS_KEY_SECRET = "«secret»"\n',
    "fish": "set -x ACCESS_KEY_ID «id»\nset -x ACCESS_KEY_SECRET «secret»\n",
    "shell default": ': "${AK:=«id»}" "${SK:=«secret»}"\n',
    "shell fallback": "AK=${AK:-«id»}\nSK=${SK:-«secret»}\n",
    # Configuration of the provider's own tools
    "aliyun CLI": (
        '{\n\t"current": "default",\n\t"profiles": [\n\t\t{\n\t\t\t"name": "default",\n\t\t\t"mode": "AK",\n'
        '\t\t\t"access_key_id": "«id»",\n\t\t\t"access_key_secret": "«secret»",\n\t\t\t"sts_token": "",\n'
        '\t\t\t"region_id": "cn-hangzhou"\n\t\t}\n\t]\n}\n'
    ),
    "aliyun CLI command": "aliyun configure set --profile a --mode AK --access-key-id «id» --access-key-secret «secret»\n",
    "legacy aliyuncli": "[default]\naliyun_access_key_id = «id»\naliyun_access_key_secret = «secret»\n",
    "SDK credentials": "[default]\nenable = true\ntype = access_key\naccess_key_id = «id»\naccess_key_secret = «secret»\n",
    "SDK credentials, comment behind": "type = access_key\naccess_key_id = «id» # old\naccess_key_secret = «secret» # old\n",
    "ossutil configuration": "[Credentials]\nlanguage=CH\nendpoint=oss-cn-hangzhou.aliyuncs.com\naccessKeyID=«id»\naccessKeySecret=«secret»\n",
    "ossutil command": "./ossutil64 cp -r dist oss://bucket/ -e oss-cn-hangzhou.aliyuncs.com -i «id» -k «secret»\n",
    "ossutil, options joined": "./ossutil64 -i«id» -k«secret» ls\n",
    "ossfs password file": "bucket:«id»:«secret»\n",
    "MaxCompute": "project_name=etl\naccess_id=«id»\naccess_key=«secret»\nend_point=https://service.odps.aliyun.com/api\n",
    "rclone": "[oss]\ntype = s3\nprovider = Alibaba\naccess_key_id = «id»\nsecret_access_key = «secret»\nendpoint = oss-cn-hangzhou.aliyuncs.com\n",
    "DataX job": '{"parameter": {"endpoint": "http://oss.aliyuncs.com", "accessId": "«id»", "accessKey": "«secret»", "bucket": "b"}}',
    "acme.sh": 'export Ali_Key="«id»"\nexport Ali_Secret="«secret»"\n',
    "acme.sh account": "SAVED_Ali_Key='«id»'\nSAVED_Ali_Secret='«secret»'\n",
    "ddns": "dns_aliyun_access_key = «id»\ndns_aliyun_access_key_secret = «secret»\n",
    # Terraform
    "Terraform provider": 'provider "alicloud" {\n  access_key = "«id»"\n  secret_key = "«secret»"\n  region     = "cn-beijing"\n}\n',
    "Terraform variables": 'variable "ak" {\n  default = "«id»"\n}\n\nvariable "sk" {\n  default = "«secret»"\n}\n',
    "tfvars": 'alicloud_access_key = "«id»"\nalicloud_secret_key = "«secret»"\n',
    "tfstate": (
        '{"type": "alicloud_ram_access_key", "instances": [{"attributes": {"id": "«id»", "pgp_key": null,\n'
        '  "secret": "«secret»", "status": "Active", "user_name": "ci"}}]}'
    ),
    # Frameworks' configuration
    "Java properties": "aliyun.oss.accessKeyId=«id»\naliyun.oss.accessKeySecret=«secret»\n",
    "Java properties with spaces": "oss.access.id     : «id»\noss.access.secret : «secret»\n",
    "Spring properties": "spring.cloud.alicloud.access-key=«id»\nspring.cloud.alicloud.secret-key=«secret»\n",
    "Spring YAML": "alibaba:\n  cloud:\n    access-key: «id»\n    secret-key: «secret»\n",
    "Spring default in an annotation": '@Value("${oss.id:«id»}")\nprivate String id;\n@Value("${oss.secret:«secret»}")\nprivate String secret;\n',
    "YAML, double quotes": 'oss:\n  accessKeyId: "«id»"\n  accessKeySecret: "«secret»"\n',
    "YAML, single quotes": "oss:\n  accessKeyId: '«id»'\n  accessKeySecret: '«secret»'\n",
    "YAML, flow style": "oss: {accessKeyId: «id», accessKeySecret: «secret», bucket: b}\n",
    "YAML, list": "keys:\n  - «id»\n  - «secret»\n",
    "YAML, block": "credentials: |\n  «id»\n  «secret»\n",
    "TOML": '[oss]\naccess_key_id = "«id»"\naccess_key_secret = "«secret»"\n',
    "XML elements": "<oss>\n  <accessKeyId>«id»</accessKeyId>\n  <accessKeySecret>«secret»</accessKeySecret>\n</oss>\n",
    "XML attributes": '<oss accessKeyId="«id»" accessKeySecret="«secret»" bucket="b"/>\n',
    "XML beans": '<bean>\n<property name="accessKeyId" value="«id»"/>\n<property name="accessKeySecret" value="«secret»"/>\n</bean>\n',
    "XML constructor arguments": '<constructor-arg value="oss.aliyuncs.com"/>\n<constructor-arg value="«id»"/>\n<constructor-arg value="«secret»"/>\n',
    "Hadoop site": (
        "<property>\n<name>fs.oss.accessKeyId</name>\n<value>«id»</value>\n</property>\n"
        "<property>\n<name>fs.oss.accessKeySecret</name>\n<value>«secret»</value>\n</property>\n"
    ),
    "plist": "<key>AccessKeyId</key>\n<string>«id»</string>\n<key>AccessKeySecret</key>\n<string>«secret»</string>\n",
    "Android strings": '<string name="oss_key">«id»</string>\n<string name="oss_secret">«secret»</string>\n',
    "Web.config": '<add key="OssKeyId" value="«id»" />\n<add key="OssKeySecret" value="«secret»" />\n',
    # Containers and CI
    "compose, map": "services:\n  app:\n    environment:\n      OSS_ID: «id»\n      OSS_SECRET: «secret»\n",
    "compose, list": "services:\n  app:\n    environment:\n      - OSS_ID=«id»\n      - OSS_SECRET=«secret»\n",
    "Dockerfile ENV": "FROM alpine\nENV ACCESS_KEY_ID=«id» \\\n    ACCESS_KEY_SECRET=«secret»\n",
    "Dockerfile ENV, old form": "ENV ACCESS_KEY_ID «id»\nENV ACCESS_KEY_SECRET «secret»\n",
    "Dockerfile ARG": "ARG AK=«id»\nARG SK=«secret»\n",
    "Dockerfile RUN": "RUN ossutil config -e oss-cn-beijing.aliyuncs.com -i «id» -k «secret» && ossutil cp a oss://b\n",
    "docker run": "docker run -e AK=«id» -e SK=«secret» app\n",
    "GitHub Actions": "jobs:\n  a:\n    env:\n      ALIYUN_ID: «id»\n      ALIYUN_SECRET: «secret»\n",
    "GitHub Actions with": "- uses: aliyun/acr-login@v1\n  with:\n    access-key-id: '«id»'\n    access-key-secret: '«secret»'\n",
    "GitLab variables": 'variables:\n  OSS_KEY: "«id»"\n  OSS_SECRET: "«secret»"\n',
    "GitLab script": "script:\n  - aliyun configure set --access-key-id «id» --access-key-secret «secret»\n",
    "Jenkinsfile": "environment {\n  OSS_ID = '«id»'\n  OSS_SECRET = '«secret»'\n}\n",
    "Kubernetes Secret": "kind: Secret\nstringData:\n  accessKeyId: «id»\n  accessKeySecret: «secret»\n",
    "Kubernetes environment": "env:\n- name: AK\n  value: «id»\n- name: SK\n  value: «secret»\n",
    "Helm --set": "helm install a b --set oss.id=«id»,oss.secret=«secret»\n",
    "Ansible": "- ali_instance:\n    alicloud_access_key: «id»\n    alicloud_secret_key: «secret»\n",
    "systemd": 'Environment="AK=«id»" "SK=«secret»"\n',
    # HTTP
    "curl -u": 'curl -u "«id»:«secret»" https://cn-hangzhou.log.aliyuncs.com/\n',
    "curl -u, joined": "curl -u«id»:«secret» https://cn-hangzhou.log.aliyuncs.com/\n",
    "curl headers": 'curl -H "X-Ak: «id»" -H "X-Sk: «secret»" https://a/\n',
    "query": "GET /sign?accessKeyId=«id»&accessKeySecret=«secret»&region=cn-hangzhou HTTP/1.1\n",
    "encoded query": "url=https%3A%2F%2Fa%2F%3Fid%3D«id»%26secret%3D«secret»%26b%3Dc\n",
    "encoded JSON": "q=%7B%22ak%22%3A%22«id»%22%2C%22sk%22%3A%22«secret»%22%7D\n",
    "URL with user and password": "oss://«id»:«secret»@bucket.oss-cn-hangzhou.aliyuncs.com/path\n",
    "form data": "accessKeyId=«id»&accessKeySecret=«secret»",
    # JSON
    "JSON": '{\n  "accessKeyId": "«id»",\n  "accessKeySecret": "«secret»"\n}\n',
    "minified JSON": '{"a":1,"oss":{"region":"oss-cn-hangzhou","accessKeyId":"«id»","accessKeySecret":"«secret»","bucket":"b"},"z":[]}',
    "JSON in a string": '{"body": "{\\"AccessKeyId\\":\\"«id»\\",\\"AccessKeySecret\\":\\"«secret»\\"}"}',
    "JSON in a string, twice": '"{\\\\\\"ak\\\\\\":\\\\\\"«id»\\\\\\",\\\\\\"sk\\\\\\":\\\\\\"«secret»\\\\\\"}"',
    "JSON with \\u escapes": '"ak\\u003d\\u0022«id»\\u0022 sk\\u003d\\u0022«secret»\\u0022"',
    "lines in a string": '"data": "[default]\\n«id»\\n«secret»\\n"',
    "assignments in a string": 'env = "AK=«id»\\nSK=«secret»\\n"',
    "notebook": '   "source": [\n    "auth = oss2.Auth(\'«id»\', \'«secret»\')\\n",\n    "bucket = 1\\n"\n',
    "console's response": '{"AccessKey":{"AccessKeyId":"«id»","AccessKeySecret":"«secret»","CreateDate":"2026-01-01T00:00:00Z","Status":"Active"}}',
    # Tables, notes, logs
    "CSV of the console": "AccessKey ID,AccessKey Secret\n«id»,«secret»\n",
    "CSV, quoted": '"AccessKey ID","AccessKey Secret"\n"«id»","«secret»"\n',
    "CSV, semicolons": "name;id;secret\nci;«id»;«secret»\n",
    "TSV": "ci\t«id»\t«secret»\n",
    "Markdown list": "- AccessKeyId: `«id»`\n- AccessKeySecret: `«secret»`\n",
    "Markdown bold": "* **«id»**\n* **«secret»**\n",
    "Markdown table": "| Key | Value |\n|---|---|\n| AccessKeyId | «id» |\n| AccessKeySecret | «secret» |\n",
    "Markdown table, one row": "|ID|Secret|\n|---|---|\n|«id»|«secret»|\n",
    "Markdown prose": "Use `«id»` with the secret `«secret»` for staging.\n",
    "Chinese prose": "阿里云的访问密钥：AccessKeyId 为«id»，AccessKeySecret 为«secret»，请妥善保管。\n",
    "Chinese notes": "用户名：«id»\n密钥：«secret»\n",
    "Chinese brackets": "测试环境【«id»／«secret»】\n",
    "log line": "2026-01-05 INFO OssConfig(accessKeyId=«id», accessKeySecret=«secret», bucket=b)\n",
    "coloured log": "\x1b[32m«id»\x1b[0m \x1b[1;33m«secret»\x1b[0m\n",
    "HTML": "<td>«id»</td><td>«secret»</td>\n",
    "HTML entities": "id=&quot;«id»&quot; secret=&quot;«secret»&quot;\n",
    "SQL": "INSERT INTO conf VALUES (1, 'oss', '«id»', '«secret»', 'bucket');\n",
    "patch": "-    ak: '«id»'\n-    sk: '«secret»'\n+    ak: ${AK}\n+    sk: ${SK}\n",
    "joined with a colon": "key = '«id»:«secret»'\n",
    "id=secret": "«id»=«secret»\n",
    # Program code
    "Python oss2": "auth = oss2.Auth('«id»', '«secret»')\nbucket = oss2.Bucket(auth, 'oss-cn-hangzhou.aliyuncs.com', 'b')\n",
    "Python oss2, double quotes": 'bucket = oss2.Bucket(oss2.Auth("«id»","«secret»"), endpoint, "b")\n',
    "Python AcsClient": "client = AcsClient('«id»', '«secret»', 'cn-hangzhou')\n",
    "Python AcsClient, lines": "client = AcsClient(\n    '«id»',\n    '«secret»',\n    'cn-hangzhou',\n)\n",
    "Python Tea": "config = open_api_models.Config(\n    access_key_id='«id»',\n    access_key_secret='«secret»'\n)\n",
    "Python dict": "OSS = {'id': '«id»', 'secret': '«secret»'}\n",
    "Python tuple": "AK, SK = '«id»', '«secret»'\n",
    "Python environ": "os.environ['OSS_ACCESS_KEY_ID'] = '«id»'\nos.environ['OSS_ACCESS_KEY_SECRET'] = '«secret»'\n",
    "Python getenv default": "AK = os.getenv('AK', '«id»')\nSK = os.getenv('SK', '«secret»')\n",
    "Django": 'ALIYUN_ACCESS_KEY_ID = "«id»"\nALIYUN_ACCESS_KEY_SECRET = "«secret»"\n',
    "Java getProfile": 'IClientProfile profile = DefaultProfile.getProfile("cn-hangzhou", "«id»", "«secret»");\n',
    "Java OSS builder": 'OSS oss = new OSSClientBuilder().build("oss-cn-hangzhou.aliyuncs.com", "«id»", "«secret»");\n',
    "Java constants": 'private static final String ID = "«id»";\nprivate static final String SECRET = "«secret»";\n',
    "Java setters": 'config.setAccessKeyId("«id»");\nconfig.setAccessKeySecret("«secret»");\n',
    "Java properties put": 'p.put(PropertyKeyConst.AccessKey, "«id»");\np.put(PropertyKeyConst.SecretKey, "«secret»");\n',
    "Java Tea": 'new Config().setAccessKeyId("«id»").setAccessKeySecret("«secret»").setEndpoint("sts.aliyuncs.com");\n',
    "Kotlin": 'val id = "«id»"\nval secret: String = "«secret»"\n',
    "Go positional": 'client, err := oss.New("oss-cn-hangzhou.aliyuncs.com", "«id»", "«secret»")\n',
    "Go Tea": 'config := &openapi.Config{\n\tAccessKeyId:     tea.String("«id»"),\n\tAccessKeySecret: tea.String("«secret»"),\n}\n',
    "Go constants": "const (\n\tak = `«id»`\n\tsk = `«secret»`\n)\n",
    "Node.js": "const client = new OSS({\n  region: 'oss-cn-hangzhou',\n  accessKeyId: '«id»',\n  accessKeySecret: '«secret»',\n});\n",
    "Node.js environment": "process.env.AK = '«id»'; process.env.SK = '«secret»';\n",
    "JavaScript, minified": 'var c=new a.OSS({region:b,accessKeyId:"«id»",accessKeySecret:"«secret»",stsToken:d});\n',
    "PHP positional": "$oss = new OssClient('«id»', '«secret»', 'oss-cn-hangzhou.aliyuncs.com');\n",
    "PHP array": "return ['accessKeyId' => '«id»', 'accessKeySecret' => '«secret»'];\n",
    "PHP define": "define('OSS_ID', '«id»');\ndefine('OSS_SECRET', '«secret»');\n",
    "PHP AlibabaCloud": "AlibabaCloud::accessKeyClient('«id»', '«secret»')->asDefaultClient();\n",
    "C# positional": 'var client = new OssClient("oss-cn-hangzhou.aliyuncs.com", "«id»", "«secret»");\n',
    "C# properties": 'AccessKeyId = "«id»",\nAccessKeySecret = "«secret»",\n',
    "C++": '#define OSS_ID "«id»"\n#define OSS_SECRET "«secret»"\n',
    "Objective-C": 'id<OSSCredentialProvider> c = [[OSSPlainTextAKSKPairCredentialProvider alloc] initWithPlainTextAccessKey:@"«id»" secretKey:@"«secret»"];\n',
    "Swift": 'let p = OSSPlainTextAKSKPairCredentialProvider(plainTextAccessKey: "«id»", secretKey: "«secret»")\n',
    "Ruby": "Aliyun::OSS::Client.new(access_key_id: '«id»', access_key_secret: '«secret»')\n",
    "Rust": 'let c = Client::new("«id»", "«secret»");\n',
    "Lua": 'local ak, sk = "«id»", "«secret»"\n',
    "Perl": "my %oss = (id => q(«id»), secret => q(«secret»));\n",
    "call without quotes": "new Auth(«id», «secret»)\n",
    "commented out, Java": '//    accessKeyId: "«id»"\n//    accessKeySecret: "«secret»"\n',
    "commented out, Python": "# auth = oss2.Auth('«id»', '«secret»')\n",
    "commented out, SQL": "-- ak «id»\n-- sk «secret»\n",
    "commented out, XML": "<!-- <id>«id»</id><secret>«secret»</secret> -->\n",
    "commented out, block": "/*\n * «id»\n * «secret»\n */\n",
    # The other way round, and apart
    "secret first, YAML": "accessKeySecret: «secret»\naccessKeyId: «id»\n",
    "secret first, JSON": '{"secret":"«secret»","id":"«id»"}',
    "secret first, call": 'connect("«secret»", "«id»")\n',
    "nine lines apart": "accessKeyId: «id»\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\naccessKeySecret: «secret»\n",
}
"""A text with one pair, for each place where pairs were seen."""

TWO_PAIRS: dict[str, str] = {
    "one after the other": "[a]\nid = «id»\nsecret = «secret»\n[b]\nid = «id2»\nsecret = «secret2»\n",
    "secrets first": "[a]\nsecret = «secret»\nid = «id»\n[b]\nsecret = «secret2»\nid = «id2»\n",
    "CSV": "name,AccessKey ID,AccessKey Secret\na,«id»,«secret»\nb,«id2»,«secret2»\n",
    "minified JSON": '[{"ak":"«id»","sk":"«secret»"},{"ak":"«id2»","sk":"«secret2»"}]',
    "calls": "a = oss2.Auth('«id»', '«secret»')\nb = oss2.Auth('«id2»', '«secret2»')\n",
    "calls, secret first": "f('«secret»', '«id»')\nf('«secret2»', '«id2»')\n",
    "profiles": (
        '{"profiles":[\n{"name":"a","mode":"AK","access_key_id":"«id»","access_key_secret":"«secret»","region_id":"r"},\n'
        '{"name":"b","mode":"AK","access_key_id":"«id2»","access_key_secret":"«secret2»","region_id":"r"}]}\n'
    ),
    "old value in a comment": "id: «id»\nsecret: «secret»\n# id: «id2»\n# secret: «secret2»\n",
    "YAML lists": "keys:\n- - «id»\n  - «secret»\n- - «id2»\n  - «secret2»\n",
    "a line between": "ak1 = «id»\nregion = cn-hangzhou\nsk1 = «secret»\nak2 = «id2»\nregion = cn-beijing\nsk2 = «secret2»\n",
    "first pair on one line, second on two": "x «id» «secret»\nak=«id2»\nsk=«secret2»\n",
}
"""Texts with two pairs, in which a hasty match would take the neighbour's secret."""

LOOK_ALIKES: dict[str, str] = {
    "x for the ID": "accessKeyId: LTAIxxxxxxxxxxxx\naccessKeySecret: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
    "X for the ID": 'access_key = "LTAIXXXXXXXXXXXXXXXXXXXX"\nsecret_key = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"\n',
    "stars": "AccessKeyId: LTAI****************\nAccessKeySecret: ****************************\n",
    "a head and stars": "AccessKeyId: LTAI5t«base58:6»************\nAccessKeySecret: «base62:4»**************************\n",
    "twelve characters and stars": "AccessKeyId: LTAI«alnum:12»********\n",
    "a hash beside a masked ID": "AccessKeyId: LTAI****************\nrequest: «hex:30»\ntrace: «upalnum:30»\n",
    "angle brackets": "accessKeyId: <your-access-key-id>\naccessKeySecret: <your-access-key-secret>\n",
    "angle brackets, prefix": "accessKeyId: LTAI<your-id>\naccessKeySecret: <secret>\n",
    "your id, dashes": "accessKeyId: LTAI-your-access-key-id\naccessKeySecret: your-access-key-secret\n",
    "your id, camel case": "accessKeyId: LTAIyourAccessKeyIdHere1\naccessKeySecret: yourAccessKeySecretGoesHere123\n",
    "your id, capitals": "ACCESS_KEY_ID=LTAIYOURACCESSKEYID00000\nACCESS_KEY_SECRET=YOUR_ACCESS_KEY_SECRET\n",
    "example words": "accessKeyId: LTAI4FnExampleAccessKey1\naccessKeySecret: ExampleAccessKeySecret12345678\n",
    "digits in order": "ak: LTAI12345678901234567890\nsk: 123456789012345678901234567890\n",
    "letters in order": "ak: LTAIabcdefghijklmnopqrst\nsk: abcdefghijklmnopqrstuvwxyz1234\n",
    "Chinese placeholder": "accessKeyId: 你的AccessKeyId\naccessKeySecret: 你的AccessKeySecret\n",
    "dots": "accessKeyId: LTAI5t...\naccessKeySecret: abc...\n",
    "dots after a head": "accessKeyId: LTAI5t«base58:10»...\n",
    "shell variables": "accessKeyId: ${ALIBABA_CLOUD_ACCESS_KEY_ID}\naccessKeySecret: ${ALIBABA_CLOUD_ACCESS_KEY_SECRET}\n",
    "shell variables with defaults": "AK=${AK:-}\nSK=${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-none}\n",
    "os.environ": "auth = oss2.Auth(os.environ['OSS_ACCESS_KEY_ID'], os.environ['OSS_ACCESS_KEY_SECRET'])\n",
    "os.getenv": 'secret = os.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")\n',
    "System.getenv": 'config.setAccessKeySecret(System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));\n',
    "process.env": "accessKeySecret: process.env.ALIYUN_OSS_ACCESS_KEY_SECRET,\n",
    "GitHub secrets": "access-key-secret: ${{ secrets.ALIYUN_ACCESS_KEY_SECRET }}\n",
    "Terraform variables": 'provider "alicloud" {\n  access_key = var.access_key\n  secret_key = var.secret_key\n}\n',
    "Helm values": "accessKeySecret: {{ .Values.oss.accessKeySecret | quote }}\n",
    "Vault": "accessKeySecret: vault:secret/data/aliyun#access_key_secret\n",
    "Ansible": "alicloud_secret_key: \"{{ lookup('env', 'ALICLOUD_SECRET_KEY') }}\"\n",
    "jasypt": "aliyun.access-key-secret: ENC(«base64:43»=)\n",
    "KMS reference": "accessKeySecret: kms:alias/oss-access-key-secret\n",
    "identifiers": "String accessKeySecret = ossProperties.getAccessKeySecret();\n",
    "long identifier": "accessKeySecret = loadAccessKeySecretFromVault01()\n",
    "constant": 'ACCESS_KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"\n',
    "documentation": "The `AccessKeySecret` is 30 characters long and the `AccessKeyId` starts with `LTAI`.\n",
    "regular expression": r"LTAI[A-Za-z0-9]{20} and [A-Za-z0-9]{30}" "\n",
    "test of a scanner": "pattern = re.compile(r'LTAI[a-zA-Z0-9]{12,20}')\n",
    "hash under the provider's name": "aliyun_image_sha1: «hex:40»\naliyun_secret_md5: «hex:32»\n",
    "integrity": '"integrity": "sha512-«base64:86»=="\n"aliyun-sdk": "secret"\n',
    "inside base64": "data: «base64:40»LTAI«base64:40»==\n",
    "inside a longer word": "MULTAI«alnum:20» LTAI«alnum:30» xLTAI«alnum:20»\n",
    "too short": "LTAI«alnum:6» LTAI«alnum:10» LTAI5t«base58:4»\n",
    "all digits": "accessKeyId: LTAI«digit:20»\n",
    "all capitals": "LTAI«upper:20»\n",
    "path": "https://oss.aliyuncs.com/secret/«base62:30»/a.png\n",
    "git ids": "aliyun-oss-secret-sync: commit «hex:40»\n",
    "UUID": "aliyun_request_id: «hex:8»-«hex:4»-«hex:4»-«hex:4»-«hex:12»\n",
    "STS placeholder": '{"AccessKeyId": "STS.L4aB******************", "AccessKeySecret": "****", "SecurityToken": "CAIS***"}\n',
    "STS words": '{"AccessKeyId": "STS.yourTemporaryAccessKeyId", "SecurityToken": "CAISyourSecurityToken"}\n',
    "signed link that ran out": "https://b.oss-cn-hangzhou.aliyuncs.com/a?Expires=1546300800&OSSAccessKeyId=TMP.«base58:94»&Signature=«alnum:27»%3D\n",
    "Model Studio placeholder": "DASHSCOPE_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
    "Model Studio variable": 'api_key=os.getenv("DASHSCOPE_API_KEY"), base_url="https://dashscope.aliyuncs.com/compatible-mode/v1"\n',
    "DingTalk placeholder": "https://oapi.dingtalk.com/robot/send?access_token=XXXXXX\nsecret = 'SECxxxxxxxx'\n",
    "DingTalk hash": "dingtalk-sdk sha256:«hex:64»\n",
    "docker login with variables": "docker login -u $U -p $P registry.cn-hangzhou.aliyuncs.com\n",
    "docker login, standard input": "echo $P | docker login --username=u --password-stdin registry.cn-hangzhou.aliyuncs.com\n",
    "image": "image: registry.cn-hangzhou.aliyuncs.com/acs/app:v1@sha256:«hex:64»\n",
    "database with variables": "spring.datasource.url=jdbc:mysql://rm-a.mysql.rds.aliyuncs.com/db\nspring.datasource.password=${DB_PASSWORD}\n",
    "database from the environment": 'host="rm-a.mysql.rds.aliyuncs.com", password=os.environ["DB_PASSWORD"]\n',
    "AppCode placeholder": 'headers.put("Authorization", "APPCODE " + appcode); // 你自己的AppCode\n',
}
"""Texts without a credential in them."""

OTHERS: dict[str, tuple[str, str]] = {
    "OSS signed link": (
        "alibaba-oss-signed-url",
        "https://b.oss-cn-hangzhou.aliyuncs.com/a?Expires=1999999999&OSSAccessKeyId=TMP.3K«base58:92»&Signature=«alnum:27»%3D",
    ),
    "OSS signed link in HTML, another parameter between": (
        "alibaba-oss-signed-url",
        '<a href="https://b.oss-cn-hangzhou.aliyuncs.com/a?OSSAccessKeyId=TMP.3K«base58:92»&amp;Expires=1999999999'
        '&amp;response-content-type=text%2Fplain&amp;Signature=«alnum:27»%3D">',
    ),
    "Model Studio": ("alibaba-model-studio-key", "DASHSCOPE_API_KEY=sk-«hex:32»"),
    "Model Studio by its endpoint": (
        "alibaba-model-studio-key",
        'OpenAI(api_key="sk-«hex:32»",\n  base_url="https://dashscope.aliyuncs.com/compatible-mode/v1")',
    ),
    "DingTalk robot": ("dingtalk-robot-token", "https://oapi.dingtalk.com/robot/send?access_token=«hex:64»"),
    "DingTalk secret": ("dingtalk-robot-secret", 'secret = "SEC«hex:64»"'),
    "registry": (
        "alibaba-registry-password",
        "docker login -u me -p «alnum:14» registry.cn-hangzhou.aliyuncs.com",
    ),
    "registry in config.json": (
        "alibaba-registry-password",
        '{"auths": {"registry.cn-hangzhou.aliyuncs.com": {"auth": "«alnum:32»"}}}',
    ),
    "database": ("alibaba-database-password", "mysql://app:«alnum:14»@rm-a.mysql.rds.aliyuncs.com:3306/db"),
    "database in Chinese": (
        "alibaba-database-password",
        "地址：rm-a.mysql.rds.aliyuncs.com\n密码：«alnum:14»",
    ),
    "AppCode": ("alibaba-api-gateway-app-code", "Authorization: APPCODE «hex:32»"),
    "AppSecret": ("alibaba-api-gateway-app-secret", "X-Ca-Key: 203«digit:6»\nAppSecret: «alnum:32»"),
    "CLI token": ("alibaba-cli-token", '{"mode": "OAuth", "oauth_refresh_token": "«base64url:90»"}'),
    "Yunxiao": (
        "alibaba-yunxiao-token",
        "x-yunxiao-token: pt-«alnum:24»_«hex:8»-«hex:4»-«hex:4»-«hex:4»-«hex:12»",
    ),
    "secret alone": ("alibaba-access-key-secret", "aliyun.oss.accessKeySecret=«secret»"),
    "secret alone in Terraform": (
        "alibaba-access-key-secret",
        'provider "alicloud" {\n  access_key = var.ak\n  secret_key = "«secret»"\n}',
    ),
    "secret alone in Chinese": ("alibaba-access-key-secret", "阿里云密钥：«secret»"),
    "MaxCompute with an old ID": (
        "alibaba-maxcompute-access-key",
        "project_name=etl\naccess_id=«alnum:16»\naccess_key=«secret»\nend_point=http://service.odps.aliyun.com/api\n",
    ),
}
"""Other credentials: the rule that has to find the text's only secret."""


def fresh(template: str, seed: str) -> tuple[str, dict[str, str]]:
    """The template with its places filled, and what each named place became; the same for the same seed."""
    dice = random.Random(seed)
    named = {"id": access_key_id(dice), "id2": access_key_id(dice)}
    named |= {"secret": access_key_secret(dice), "secret2": access_key_secret(dice)}

    def fill(place: re.Match[str]) -> str:
        return named[place[1]] if place[2] is None else random_text(ALPHABETS[place[1]], int(place[2]), dice)

    return _PLACE.sub(fill, template), named


def access_key_id(dice: random.Random, shape: str = "LTAI5t") -> str:
    """An ID as they are issued now: 24 characters, those after the prefix of base58."""
    return shape + random_text(ALPHABETS["base58"], 24 - len(shape), dice)


def access_key_secret(dice: random.Random) -> str:
    return random_text(string.ascii_letters + string.digits, 30, dice)
