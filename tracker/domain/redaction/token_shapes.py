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
    # ---- code and packages
    ("GitHub", r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})"),
    ("GitLab", r"\bgl[a-z]{2,5}-[A-Za-z0-9_.-]{20,}"),
    ("Bitbucket, Atlassian, Trello", r"\b(?:ATBB|ATATT|ATCTT|ATTA)[A-Za-z0-9_=-]{20,}"),
    ("npm", r"\bnpm_[A-Za-z0-9]{20,}"),
    ("PyPI", r"\bpypi-Ag[A-Za-z0-9_-]{16,}"),
    ("RubyGems, crates.io, NuGet", r"\b(?:rubygems_|cio|oy2)[a-zA-Z0-9]{32,}\b"),
    ("Docker", r"\bdckr_[a-z]{3}_[A-Za-z0-9_-]{20,}"),
    ("CircleCI, Buildkite", r"\b(?:CCIPAT|CCIPRJ|bk[a-z]{2})_[A-Za-z0-9_]{20,}"),
    ("SonarQube", r"\bsq[apu]_[a-f0-9]{40}"),
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
    ("Netlify, Vercel", r"\b(?:nfp|vc[a-z])_[A-Za-z0-9]{20,}"),
    ("Cloudflare", r"\bv1\.0-[a-f0-9]{20,}-[a-f0-9]{60,}"),
    ("OpenShift", r"\bsha256~[A-Za-z0-9_-]{40,}"),
    ("HashiCorp Vault", r"\bhv[bsr]\.[A-Za-z0-9_-]{20,}"),
    ("HCP Terraform", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}"),
    ("Pulumi", r"\bpul-[a-f0-9]{40}"),
    ("Doppler", r"\bdp\.[a-z]{2,5}\.[A-Za-z0-9._-]{20,}"),
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
    ("Brevo", r"\bxkeysib-[a-f0-9]{30,}-[A-Za-z0-9]{8,}"),
    ("Resend", r"\bre_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}"),
    # ---- money and work
    ("webhook secrets", r"\bwhsec_[A-Za-z0-9+/=_-]{16,}"),
    ("Shopify", r"\bshp[a-z]{2}_[a-fA-F0-9]{20,}"),
    ("Square", r"\bsq0[a-z]{3}-[A-Za-z0-9_-]{20,}"),
    ("Plaid", r"\baccess-(?:sandbox|development|production)-[a-f0-9-]{30,}"),
    ("PayPal, Braintree", r"\baccess_token\$[a-z]{7,12}\$[a-z0-9]{10,}\$[a-f0-9]{20,}"),
    ("Razorpay, Duffel, Shippo", r"\b(?:rzp|duffel|shippo)_(?:live|test)_[\w-]{14,}"),
    ("Facebook", r"\bEAA[A-Za-z0-9]{60,}"),
    ("Linear, Notion", r"\b(?:lin_api|lin_oauth|ntn)_[A-Za-z0-9]{20,}"),
    ("Notion, before 2024", r"\bsecret_[A-Za-z0-9]{40,}"),
    ("Airtable", r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{40,}"),
    ("HubSpot", r"\bpat-[a-z]{2}[0-9]-[a-f0-9-]{30,}"),
    ("Dropbox", r"\bsl\.[A-Za-z0-9_-]{40,}"),
    ("Mapbox", r"\b[ps]k\.eyJ[A-Za-z0-9._-]{20,}"),
    # ---- watching
    ("Grafana", r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{30,}"),
    ("Sentry", r"\bsntry[a-z]_[A-Za-z0-9+/=_-]{20,}"),
    ("New Relic", r"\bNR(?:AK|JS|II)-[A-Za-z0-9_-]{16,}"),
    ("PostHog", r"\bph[cxs]_[A-Za-z0-9]{20,}"),
    ("Dynatrace", r"\bdt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{40,}"),
    (
        "LaunchDarkly",
        r"\b(?:sdk|api|mob)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
    ),
)

# The same, where it does not look like a word or a name: "sk-fade-in-and-out" is none.
IF_RANDOM: tuple[tuple[str, str], ...] = (
    (
        "OpenAI, Anthropic, OpenRouter, DeepSeek, Stripe, Langfuse",
        r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}",
    ),
)

# The first group is kept, so that a reader sees which kind of secret it was.
AFTER: tuple[tuple[str, str], ...] = (
    (
        "Slack's, Discord's, Teams' and Zapier's addresses for messages",
        r"(\b(?:hooks\.slack\.com/(?:services|workflows|triggers)"
        r"|discord(?:app)?\.com/api/webhooks|[a-z0-9-]{1,63}\.webhook\.office\.com"
        r"|hooks\.zapier\.com/hooks/catch)/)[A-Za-z0-9+/_@-]{16,}",
    ),
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
    ("Azure, signed addresses", r"([?&;]sig=)[A-Za-z0-9%+/]{20,}={0,2}"),
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
