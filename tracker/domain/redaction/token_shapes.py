"""Secrets that are known by their shape: each vendor marks its keys in its own way.

Prefixes and lengths are those that the vendors document or that the rules of gitleaks
(https://github.com/gitleaks/gitleaks, MIT) name. All are patterns of RE2, whose time
is linear in the text: no look-around, no back reference.
"""

from __future__ import annotations

# Shapes of which the whole match is a secret.
WHOLE: tuple[tuple[str, str], ...] = (
    (
        "private keys and PGP blocks",
        r"-----BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|PGP MESSAGE)-----"
        r"(?:[^-]|-{1,4}[^-])*"
        r"(?:-----END (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|PGP MESSAGE)-----)?",
    ),
    (
        "JSON web tokens",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    ),
    ("this product", r"\btb_[A-Za-z0-9_-]{20,}"),
    # ---- models
    ("Google", r"\bAIza[A-Za-z0-9_-]{30,}"),
    ("Google OAuth", r"\b(?:GOCSPX-|ya29\.)[A-Za-z0-9_.-]{20,}"),
    ("Google OAuth, refresh", r"\b1//0[A-Za-z0-9_-]{20,}"),
    ("Groq, Figma, Hugging Face", r"\b(?:gsk|figd|hf)_[A-Za-z0-9-]{16,}"),
    ("xAI, Cerebras, Perplexity", r"\b(?:xai|csk|pplx)-[A-Za-z0-9]{20,}"),
    ("NVIDIA", r"\bnvapi-[A-Za-z0-9_-]{20,}"),
    ("Replicate, Fireworks", r"\b(?:r8|fw)_[A-Za-z0-9]{20,}"),
    ("Together, Pinecone, Jina", r"\b(?:tgp_v1|pcsk|jina)_[A-Za-z0-9_-]{20,}"),
    ("Anyscale, LangSmith", r"\b(?:esecret|lsv2_pt|lsv2_sk)_[A-Za-z0-9_]{20,}"),
    ("Tavily, Firecrawl, Voyage", r"\b(?:tvly-|fc-|pa-)[A-Za-z0-9_-]{28,}"),
    ("E2B", r"\be2b_[a-f0-9]{20,}"),
    ("Mem0, LlamaCloud, You.com", r"\b(?:m0|llx|ydc-sk)-[A-Za-z0-9-]{30,}"),
    ("Browserbase, Apify", r"\b(?:bb_live|apify_api)_[A-Za-z0-9_-]{20,}"),
    ("Cursor, Retell", r"\b(?:crsr|key)_[a-f0-9]{28,}"),
    ("RunPod, Kaggle, Coze", r"\b(?:rpa|KGAT|pat)_[A-Za-z0-9]{32,}"),
    ("Luma", r"\bluma-[a-f0-9]{8}-[a-f0-9-]{30,}"),
    ("Zhipu, Ollama", r"\b[a-f0-9]{32}\.[A-Za-z0-9_-]{16,24}\b"),
    ("Logfire, Weights & Biases", r"\b(?:pylf|wandb)_v[0-9]_[A-Za-z0-9_]{20,}"),
    ("Azure's models", r"\b[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,}"),
    # ---- code and packages
    ("GitHub", r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})"),
    ("GitLab", r"\bgl[a-z]{2,5}-[A-Za-z0-9_.-]{20,}"),
    ("Bitbucket, Atlassian, Trello", r"\b(?:ATBB|ATATT|ATCTT|ATTA)[A-Za-z0-9_=-]{20,}"),
    ("npm", r"\bnpm_[A-Za-z0-9]{20,}"),
    ("PyPI", r"\bpypi-Ag[A-Za-z0-9_-]{16,}"),
    ("RubyGems, crates.io, NuGet", r"\b(?:rubygems_|cio|oy2)[a-zA-Z0-9]{32,}\b"),
    ("Docker", r"\bdckr_[a-z]{3}_[A-Za-z0-9_-]{20,}"),
    ("CircleCI, Buildkite", r"\b(?:CCIPAT|CCIPRJ|bk[a-z]{2})_[A-Za-z0-9_]{20,}"),
    ("SonarQube, Sourcegraph", r"\b(?:sq[apu]|sgp)_[a-f0-9_]{40,}"),
    ("JFrog", r"\b(?:AKC[pP]|cmVmd)[A-Za-z0-9]{50,}"),
    (
        "JetBrains",
        r"\bperm[:-][A-Za-z0-9+/=]{4,}\.[A-Za-z0-9+/=]{2,}\.[A-Za-z0-9+/=]{20,}",
    ),
    ("Octopus", r"\bAPI-[A-Z0-9]{26}\b"),
    ("Clojars", r"\bCLOJARS_[a-z0-9]{60}"),
    ("Postman", r"\bPMAK-[a-f0-9]{20,}-[a-f0-9]{20,}"),
    # ---- clouds
    ("AWS", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("AWS Bedrock", r"\bABSK[A-Za-z0-9+/]{40,}={0,2}"),
    ("Alibaba, Tencent", r"\b(?:LTAI|AKID)[A-Za-z0-9]{16,}"),
    ("Azure, client secrets", r"\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{30,}"),
    ("DigitalOcean", r"\bdo[opr]_v1_[a-f0-9]{20,}"),
    ("Databricks", r"\bdapi[a-f0-9]{30,}(?:-[0-9])?"),
    ("Heroku, Render", r"\b(?:HRKU-|rnd_)[A-Za-z0-9_-]{20,}"),
    ("Fly.io", r"\bfm[12][a-z]?_[A-Za-z0-9+/=_-]{40,}"),
    ("Netlify, Vercel", r"\b(?:nfp|vc[a-z]|vercel_blob_rw)_[A-Za-z0-9_]{20,}"),
    ("Neon", r"\bnapi_[A-Za-z0-9]{40,}"),
    ("Yandex", r"\b(?:AQVN[A-Za-z0-9_-]{35,}|y[0-3]_[A-Za-z0-9_-]{50,})"),
    ("Cloudflare", r"\bv1\.0-[a-f0-9]{20,}-[a-f0-9]{60,}"),
    ("OpenShift", r"\bsha256~[A-Za-z0-9_-]{40,}"),
    ("HashiCorp Vault", r"\bhv[bsr]\.[A-Za-z0-9_-]{20,}"),
    ("HCP Terraform", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}"),
    ("Pulumi", r"\bpul-[a-f0-9]{40}"),
    ("Doppler", r"\bdp\.[a-z]{2,5}\.[A-Za-z0-9._-]{20,}"),
    (
        "Infisical",
        r"\bst\.[a-f0-9-]{24,36}\.[a-f0-9]{32}\.[a-f0-9]{32}",
    ),
    ("1Password", r"\bops_eyJ[A-Za-z0-9+/=_-]{40,}"),
    ("Tailscale", r"\btskey-[a-z]{2,12}-[A-Za-z0-9-]{16,}"),
    ("PlanetScale", r"\bpscale_[a-z]{2,6}_[A-Za-z0-9_.-]{20,}"),
    ("Supabase", r"\bsb(?:p|_secret)_[A-Za-z0-9_-]{20,}"),
    ("age", r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    # ---- messages and mail
    ("Slack", r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9.-]{10,}"),
    ("Telegram", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("Discord", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"),
    ("SendGrid", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("Twilio", r"\bSK[a-f0-9]{32}\b"),
    ("Mailgun, Mailchimp", r"\b(?:key-[a-f0-9]{32}\b|[a-f0-9]{32}-us[0-9]{1,2}\b)"),
    ("Brevo", r"\bx(?:key|smtp)sib-[a-f0-9]{30,}-[A-Za-z0-9]{8,}"),
    ("Resend", r"\bre_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}"),
    # ---- money and work
    ("webhook secrets", r"\bwhsec_[A-Za-z0-9+/=_-]{16,}"),
    ("Shopify", r"\bshp[a-z]{2}_[a-fA-F0-9]{20,}"),
    ("Square", r"\bsq0[a-z]{3}-[A-Za-z0-9_-]{20,}"),
    ("Plaid", r"\baccess-(?:sandbox|development|production)-[a-f0-9-]{30,}"),
    ("PayPal, Braintree", r"\baccess_token\$[a-z]{7,12}\$\w{10,}\$[a-f0-9]{20,}"),
    ("Paddle", r"\bpdl_[a-z]{4}_apikey_[A-Za-z0-9_]{20,}"),
    ("Flutterwave, EasyPost", r"\b(?:FLWSECK[A-Z_]*-|EZ[AT]K)[A-Za-z0-9]{32,}"),
    ("Salesforce", r"\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9_.]{60,}"),
    ("Razorpay, Duffel, Shippo", r"\b(?:rzp|duffel|shippo)_(?:live|test)_[\w-]{14,}"),
    ("Facebook", r"\bEAA[A-Za-z0-9]{60,}"),
    ("Linear, Notion", r"\b(?:lin_api|lin_oauth|ntn)_[A-Za-z0-9]{20,}"),
    ("Asana", r"\b[12]/[0-9]{12,}(?:/[0-9]{12,})?:[a-f0-9]{32}"),
    ("Contentful", r"\bCFPAT-[A-Za-z0-9_-]{40,}"),
    ("Typeform, dbt, Prefect", r"\b(?:tfp|dbt[cu]|pn[uab])_[A-Za-z0-9_-]{30,}"),
    ("Notion, before 2024", r"\bsecret_[A-Za-z0-9]{40,}"),
    ("Airtable", r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{40,}"),
    ("HubSpot", r"\bpat-[a-z]{2}[0-9]-[a-f0-9-]{30,}"),
    ("Dropbox", r"\bsl\.[A-Za-z0-9_-]{40,}"),
    ("Mapbox", r"\b[ps]k\.eyJ[A-Za-z0-9._-]{20,}"),
    # ---- watching
    ("Grafana", r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{30,}"),
    ("Sentry", r"\bsntry[a-z]_[A-Za-z0-9+/=_-]{20,}"),
    ("New Relic", r"\b(?:NR(?:AK|JS|II)-[A-Za-z0-9_-]{16,}|[a-f0-9]{36}NRAL)"),
    ("Honeycomb", r"\bhc[a-z]{2,3}_[a-z0-9]{40,}"),
    ("Axiom", r"\bxa[a-z]t-[a-f0-9]{8}-[a-f0-9-]{20,}"),
    ("PostHog", r"\bph[cxs]_[A-Za-z0-9]{20,}"),
    ("Dynatrace", r"\bdt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{40,}"),
    (
        "LaunchDarkly",
        r"\b(?:sdk|api|mob)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
    ),
    # ---- what passwords are kept as
    (
        "hashes of passwords",
        r"\$2[abxy]\$[0-9]{2}\$[A-Za-z0-9./]{50,}"
        r"|\$(?:1|5|6|7|y|gy)\$(?:[A-Za-z0-9./=,]{1,40}\$){1,3}[A-Za-z0-9./]{22,}"
        r"|\$argon2(?:id|i|d)\$[A-Za-z0-9+/=,$]{30,}"
        r"|\bpbkdf2_sha[0-9]{1,3}\$[0-9]{1,9}\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/=]{20,}",
    ),
)

# The same, where it does not look like a word or a name: "sk-fade-in-and-out" is none.
IF_RANDOM: tuple[tuple[str, str], ...] = (
    (
        "OpenAI, Anthropic, OpenRouter, DeepSeek, Stripe, Langfuse",
        r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}",
    ),
    ("Composio, Devin, Resend, Zep", r"\b(?:ak|apk|apk_user|re|z)_[A-Za-z0-9]{20,}"),
    ("Modal, Dify", r"\b(?:ak|as|app)-[A-Za-z0-9]{22,}"),
    ("Brave", r"\bBSA[A-Za-z0-9_-]{28}"),
)

# The first group is kept, so that a reader sees which kind of secret it was.
AFTER: tuple[tuple[str, str], ...] = (
    (
        "Slack's, Discord's, Teams' and Zapier's addresses for messages",
        r"(\b(?:hooks\.slack\.com/(?:services|workflows|triggers)"
        r"|discord(?:app)?\.com/api/webhooks|[a-z0-9-]{1,63}\.webhook\.office\.com"
        r"|hooks\.zapier\.com/hooks/catch)/)[A-Za-z0-9+/_@-]{12,}",
    ),
    ("Mattermost's addresses", r"(://[^\s/]{3,128}/hooks/)[a-z0-9]{26}\b"),
    ("passwords in addresses", r"(://[^\s/:@\"']{0,128}:)[^\s/@\"']{1,256}@"),
    (
        "passwords of curl",
        r"(\bcurl\b[^\n]{0,200}\s(?:-u|--user)[ =][\"']?[^\s:\"'/]{1,64}:)"
        r"[^\s\"'/]{3,256}",
    ),
    (
        "Azure, storage and queues",
        r"(\b(?i:account|sharedaccess|access)(?i:key)=)[A-Za-z0-9+/]{20,}={0,2}",
    ),
    (
        "signed addresses",
        r"((?:[?&;](?:sig|[Ss]ignature)|\b(?i:x-(?:amz|goog)-(?:signature|security-token)))=)"
        r"[A-Za-z0-9%+/_~-]{20,}={0,2}",
    ),
    ("zones of Bright Data", r"(\bbrd-customer-[A-Za-z0-9_-]{3,80}:)[^\s\"'@]{6,}"),
    (
        "PuTTY's keys",
        r"(\bPrivate-Lines: [0-9]{1,3}\r?\n)(?:[A-Za-z0-9+/=]+(?:\r?\n|$))+",
    ),
    (
        ".netrc",
        r"(\bmachine\s{1,8}\S{1,128}\s{1,8}login\s{1,8}\S{1,128}\s{1,8}password\s{1,8})\S{3,}",
    ),
    ("passwords of sshpass", r"(\bsshpass\s{1,4}-p\s{0,4}[\"']?)[^\s\"'$<]{3,}"),
    (
        "cookies",
        r"(\b(?i:set-)?(?i:cookie)\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?)"
        r"[^\s=;:,\"'(){}\[\]]{1,128}=[^\r\n\"'\\]{4,}",
    ),
    (
        "cookies of sessions",
        r"(\b(?:JSESSIONID|PHPSESSID|ASPSESSIONID[A-Z]{0,8}|sessionid|csrftoken"
        r"|connect\.sid)=)[^\s;,\"'&]{8,}",
    ),
)

# The same, where letters and digits or signs follow: not in `--password stdin`.
AFTER_IF_MIXED: tuple[tuple[str, str], ...] = (
    (
        "passwords and tokens of commands",
        r"(\s--?(?:[a-z]{2,12}-)?(?:password|passwd|pass|token|secret|api-?key)\s{1,4}[\"']?)"
        r"[^\s\"'`$<>\[{(-][^\s\"'`]{5,}",
    ),
    (
        "passwords of databases' and registries' commands",
        r"(\b(?:mysql(?:dump|admin)?|mariadb)\b[^\n|;]{0,200}\s-p|\bredis-cli\b[^\n|;]{0,200}\s-a\s"
        r"|\b(?:docker|podman|helm|az)\b[^\n|;]{0,40}\blogin\b[^\n|;]{0,200}\s-p\s)"
        r"[\"']?[^\s\"'`$<>\[{(-][^\s\"'`]{5,}",
    ),
    (
        "other schemes of HTTP",
        r"((?i:authorization)\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?"
        r"(?i:apikey|splunk|geniekey|ssws|bot|dpop|token|snowflake|negotiate|key)"
        r"\s{1,4}(?:token=)?\\?[\"']?)[^\s\"'$<{\\]{8,}",
    ),
    (
        "docker's and npm's files",
        r"((?:\\?\"auth\\?\"\s{0,4}:\s{0,4}\\?\"|\b_auth\s{0,4}=\s{0,4}\"?))"
        r"[A-Za-z0-9+/]{12,}={0,2}",
    ),
    ("codes of OAuth", r"([?&](?:code|client_assertion|SAMLResponse)=)[\w.~/%+-]{16,}"),
)
