"""The steps that databases took before the first release.

A new database never loads them: `0001_first_release` makes the tables they lead to.
`manage.py migrate` loads them in place of tracker/migrations for a database that took
some, until it has taken all (tracker/management/commands/migrate.py). No step is added
here.
"""

from __future__ import annotations

# Commit a52e16c has these. Their files are gone; the first of STEPS replaces them.
FIRST_STEPS = (
    "0001_initial",
    "0002_default_policy",
    "0003_sourceactivity",
    "0004_audit_and_redaction",
    "0005_catalogue_and_calibrations",
    "0006_hourly_rollups",
    "0007_event_keys_without_rowid",
    "0008_policy_scope_by_relation",
    "0009_policy_counts_by_own_tokenizers",
    "0010_suspected_compressions",
    "0011_samples_without_foreign_keys",
    "0012_fill_hourly_rollups",
    "0013_partition_samples_by_week",
    "0014_project_beside_every_session",
    "0015_api_key_by_name",
)
STEPS = (
    "0001_initial_schema",
    "0002_count_by_script",
    "0003_calibrations_by_client",
    "0004_implausible_samples",
    "0005_stored_cuts",
    "0006_upstreams",
    "0007_gateway_calls",
    "0008_client_windows",
    "0009_partial_samples",
    "0010_active_sessions",
    "0011_alerts",
    "0012_read_files",
    "0013_deleted_files",
    "0014_due_reviews",
    "0015_session_search",
    "0016_project_deletion",
    "0017_alert_digests",
    "0018_cache_hour_tokens",
    "0019_budget_rules",
    "0020_log_exports",
    "0021_hard_budgets",
    "0022_share_links",
    "0023_session_tags",
    "0024_compositions",
    "0025_saved_views",
    "0026_plan_limits",
    "0027_comments",
    "0028_missing_files",
    "0029_added_members",
    "0030_reviewable_compressions",
    "0031_audit_actions",
    "0032_cache_reason",
    "0033_alert_kinds",
    "0034_packed_keys",
    "0035_tags_by_project",
)
