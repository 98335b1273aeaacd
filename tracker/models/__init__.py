"""One file per table. `tracker.ingest` and `tracker.changes` write the rows."""

from __future__ import annotations

from tracker.models.access.api_keys import ApiKey
from tracker.models.access.audit import AuditEntry
from tracker.models.access.login_links import LoginLink
from tracker.models.access.share_links import ShareLink
from tracker.models.calibrations import Comparison, LearntCalibration
from tracker.models.compositions import CompressionComposition, LaneComposition
from tracker.models.compressions import Compression, CompressionText
from tracker.models.cuts import StoredCut
from tracker.models.due_reviews import DueReview
from tracker.models.events import ThresholdEvent
from tracker.models.gateway_calls import GatewayCall
from tracker.models.notes.comments import CompressionAssignment, CompressionComment
from tracker.models.notes.saved_views import SavedView
from tracker.models.notes.session_tags import SessionTag
from tracker.models.outgoing.alerts import AlertChannel, AlertDelivery, AlertRule
from tracker.models.outgoing.log_exports import LogExport
from tracker.models.projects import Project, ProjectMember
from tracker.models.rollups import HourlyRollup
from tracker.models.samples import EventKey, PackedKeys, UsageSample
from tracker.models.sessions import LLMSession, SessionLane
from tracker.models.settings.catalogue import CatalogueModel
from tracker.models.settings.config_version import ConfigVersion
from tracker.models.settings.policies import Policy
from tracker.models.settings.upstreams import Upstream
from tracker.models.sources.deleted_files import DeletedFile
from tracker.models.sources.plan_limits import PlanLimitState
from tracker.models.sources.read_files import ReadFile
from tracker.models.sources.source_activity import SourceActivity
