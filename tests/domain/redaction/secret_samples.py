"""Harmless samples of each kind of secret: invented, and put together from pieces.

The pieces stand apart so that scanners of repositories do not take them for leaks, and
no sample is a key of anybody.
"""

from __future__ import annotations

H = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # 32 hexadecimal digits
A = "Zq7Xw2Lm9Kp4Rt6Yv1Bn3Cd8Fg5Hj0Ns"  # 32 letters and digits
U = A[:24].upper()
UUID = f"{H[:8]}-{H[:4]}-{H[4:8]}-{H[8:12]}-{H[:12]}"
PEM = "-----{} {}-----"


def _pem(kind: str) -> str:
    begin, end = PEM.format("BEGIN", kind), PEM.format("END", kind)
    return f"{begin}\nVersion: 1\n\n{A}\n{A}=\n{end}"


# kind: a text of which the secret must go, and the secret.
SAMPLES: dict[str, tuple[str, str]] = {
    kind: (text.replace("§", secret), secret)
    for kind, text, secret in (
        # ---- models
        ("OpenAI", "use § now", "sk-" + A),
        ("OpenAI project", "§", "sk-" + "proj-" + A),
        ("Anthropic", "§.", "sk-" + "ant-api03-" + A),
        ("OpenRouter", "(§)", "sk-" + "or-v1-" + H + H),
        ("DeepSeek", "'§'", "sk-" + H),
        ("Langfuse", "§", "sk-" + "lf-" + UUID),
        ("Groq", "export X=§", "gsk" + "_" + A),
        ("xAI", "key § ok", "xai" + "-" + A + A),
        ("NVIDIA", "§", "nvapi" + "-" + A + "_" + A),
        ("Cerebras", "§", "csk" + "-" + A),
        ("Perplexity", "§", "pplx" + "-" + A),
        ("Hugging Face", "§", "hf" + "_" + A),
        ("Replicate", "§", "r8" + "_" + A),
        ("Fireworks", "§", "fw" + "_" + A),
        ("Together", "§", "tgp" + "_v1_" + A),
        ("Pinecone", "§", "pcsk" + "_" + A),
        ("LangSmith", "§", "lsv2" + "_pt_" + H + "_" + H[:10]),
        ("Tavily", "§", "tvly" + "-" + "dev-" + A),
        ("Google", "§", "AIza" + "Sy" + A),
        ("Google OAuth client", "§", "GOCSPX" + "-" + A),
        ("Google OAuth access", "§", "ya29" + ".a0" + A),
        ("Google OAuth refresh", "§", "1/" + "/0" + A),
        # ---- code
        ("this product", "§", "tb" + "_" + A),
        ("GitHub", "§", "ghp" + "_" + A),
        ("GitHub, fine-grained", "§", "github" + "_pat_" + A),
        ("GitLab", "§", "glpat" + "-" + A[:20]),
        ("Bitbucket", "§", "ATBB" + A),
        ("Atlassian", "§", "ATATT" + "3xFfGF0" + A),
        ("npm", "§", "npm" + "_" + A),
        ("PyPI", "§", "pypi" + "-AgEIcHlwaS5vcmc" + A),
        ("RubyGems", "§", "rubygems" + "_" + H + H[:16]),
        ("Docker", "§", "dckr" + "_pat_" + A),
        ("CircleCI", "§", "CCIPAT" + "_" + A),
        ("Postman", "§", "PMAK" + "-" + H[:24] + "-" + H),
        # ---- clouds
        ("AWS key id", "§", "AKIA" + U[:16]),
        ("AWS secret", "aws_secret_access_key = §", A + "/" + A[:7]),
        ("AWS Bedrock", "§", "ABSK" + A + A + "="),
        ("Azure account key", "AccountName=x;AccountKey=§;Suffix=y", A + A + "=="),
        ("Azure client secret", "§", "abc" + "8Q~" + A + "ab"),
        ("Azure signed address", "https://x.example/b?sv=1&sig=§", A + "%3D"),
        ("DigitalOcean", "§", "dop" + "_v1_" + H + H),
        ("Databricks", "§", "dapi" + H),
        ("Heroku", "§", "HRKU" + "-" + A),
        ("Fly.io", "§", "fm2" + "_" + A + A),
        ("Vercel", "§", "vcp" + "_" + A),
        ("Netlify", "§", "nfp" + "_" + A),
        ("Vault", "§", "hvs" + "." + A),
        ("Terraform", "§", A[:14] + ".atlasv1." + A + A),
        ("Pulumi", "§", "pul" + "-" + H + H[:8]),
        ("Doppler", "§", "dp" + ".pt." + A),
        ("Tailscale", "§", "tskey" + "-auth-" + A),
        ("PlanetScale", "§", "pscale" + "_tkn_" + A),
        ("Supabase", "§", "sbp" + "_" + H),
        ("age", "§", "AGE-SECRET-" + "KEY-1" + U + U + U),
        # ---- messages
        ("Slack", "§", "xoxb" + "-123456789012-" + A),
        ("Slack address", "https://hooks.slack.com/services/§", "T0/B0/" + A),
        ("Telegram", "bot §", "123456789" + ":AA" + A + "x"),
        ("Discord", "§", "M" + A[:23] + "." + A[:6] + "." + A[:27]),
        ("Discord address", "https://discord.com/api/webhooks/§", "12345/" + A),
        ("Teams address", "https://x.webhook.office.com/§", "webhookb2/" + UUID),
        ("SendGrid", "§", "SG" + "." + A[:22] + "." + A),
        ("Twilio", "§", "SK" + H),
        ("Mailgun", "§", "key" + "-" + H),
        ("Mailchimp", "§", H + "-us" + "12"),
        ("Brevo", "§", "xkeysib" + "-" + H + H + "-" + A[:16]),
        # ---- money and work
        ("Stripe", "§", "sk" + "_live_" + A),
        ("webhook secret", "§", "whsec" + "_" + A),
        ("Shopify", "§", "shpat" + "_" + H),
        ("Square", "§", "sq0atp" + "-" + A[:22]),
        ("Plaid", "§", "access" + "-production-" + UUID),
        ("Linear", "§", "lin" + "_api_" + A),
        ("Notion", "§", "ntn" + "_" + A),
        ("Airtable", "§", "pat" + A[:14] + "." + H + H),
        ("HubSpot", "§", "pat" + "-na1-" + UUID),
        ("Figma", "§", "figd" + "_" + A),
        # ---- watching
        ("Grafana", "§", "glsa" + "_" + A + "_" + H[:8]),
        ("Sentry", "§", "sntrys" + "_" + A),
        ("New Relic", "§", "NRAK" + "-" + U),
        ("PostHog", "§", "phx" + "_" + A),
        ("LaunchDarkly", "§", "sdk" + "-" + UUID),
        # ---- blocks
        ("private key", "before\n§\nafter", _pem("RSA PRIVATE KEY")),
        ("OpenSSH key", "§", _pem("OPENSSH PRIVATE KEY")),
        ("PGP block", "§", _pem("PGP PRIVATE KEY BLOCK")),
        ("JSON web token", "§", "eyJ" + "hbGciOiJI." + "eyJ" + "zdWIiOiIx." + A),
        # ---- named
        ("bearer", "Authorization: Bearer §", "abcdef0123456789"),
        ("basic", "authorization: basic §", "dXNlcjpwYXNzd29yZA=="),
        ("token:", "token: §", "a81f77c2e9"),
        ("a vendor's token", "export HCLOUD_TOKEN=§", A),
        ("password=", "password=§", "correct-horse"),
        ("pwd=", "Server=db;Uid=sa;pwd=§;", "hunter22"),
        ("api_key", '{"api_key": "§"}', "0123456789"),
        ("client secret", "CLIENT_SECRET_KEY: §", "s3cr3t-value"),
        ("pass phrase", "passphrase: §", "correct horse battery staple"),
        ("pass phrase, quoted", 'pass phrase = "§"', "correct horse battery"),
        ("cookie", "Cookie: §", f"sid={A}; theme=dark"),
        ("set-cookie", "< set-cookie: §", f"session={A}; Path=/; HttpOnly"),
        ("cookie of curl", "curl -b 'JSESSIONID=§' x", A),
        ("curl", "curl -u bob:§ https://x.example", "hunter22"),
        ("password in an address", "postgres://bob:§@db/x", "hunter22"),
        ("password in an address, no user", "redis://:§@cache:6379", "hunter22"),
    )
}

# Fields whose whole text must go.
FIELDS = {
    "token": "a81f77c2e9",
    "refresh_token": "def50200aa",
    "refreshToken": "def50200aa",
    "id_token": "opaque-identity",
    "access_token": "opaque-access",
    "key": "Zq7Xw2Lm9Kp4Rt6Y",
    "pwd": "hunter2",
    "password": "hunter2",
    "credential": "let-me-in",
    "credentials": "bob/let-me-in",
    "client_secret": "abc",
    "api_key": "x-1",
    "X-Api-Key": "abc",
    "passphrase": "correct horse",
    "Authorization": "opaque",
    "Cookie": "a=b",
    "private_key": "MIIE",
}
