-- Makes the tables ready to be distributed by project, and distributes them with Citus.
-- docs/operations.md says what of this was tried. Stop the servers, take a backup, then
--   psql -v ON_ERROR_STOP=1 -f docs/distributed.sql DATABASE
-- over a schema that is migrated to this release. Each part is one transaction.

-- Keys: every unique index of a distributed table holds project_id. Works on any
-- PostgreSQL, and the product works over it: this part can be had beforehand.
BEGIN;

-- The index for searching sessions is kept by triggers, which Citus does not allow on a
-- distributed table. Without it a search looks at each session.
DROP TRIGGER session_search_new ON tracker_llmsession;
DROP TRIGGER session_search_changed ON tracker_llmsession;
DROP TABLE tracker_sessionsearch;

-- Rows of before the column was kept.
UPDATE tracker_eventkey SET project_id = s.project_id
  FROM tracker_llmsession s
 WHERE s.id = session_id AND tracker_eventkey.project_id IS NULL;
DELETE FROM tracker_eventkey WHERE project_id IS NULL;  -- of sessions that are gone
UPDATE tracker_compressiontext SET project_id = c.project_id
  FROM tracker_compression c
 WHERE c.id = compression_id AND tracker_compressiontext.project_id IS NULL;

-- References that a distributed store cannot check: they name a session or compression
-- by its id alone, or a table that stays local. The product deletes what hangs on a row
-- itself, as it does for samples. Those to tracker_project stay.
DO $$
DECLARE
  reference record;
  distributed regclass[] := ARRAY[
    'tracker_llmsession', 'tracker_sessionlane', 'tracker_comparison',
    'tracker_thresholdevent', 'tracker_compression', 'tracker_compressiontext',
    'tracker_learntcalibration', 'tracker_hourlyrollup', 'tracker_eventkey',
    'tracker_packedkeys', 'tracker_usagesample'];
BEGIN
  FOR reference IN
    SELECT conrelid::regclass AS holder, conname FROM pg_constraint
     WHERE contype = 'f' AND conparentid = 0
       AND (confrelid = ANY (distributed)
            OR conrelid = ANY (distributed) AND confrelid <> 'tracker_project'::regclass)
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I',
                   reference.holder, reference.conname);
  END LOOP;
END $$;

ALTER TABLE tracker_llmsession DROP CONSTRAINT tracker_llmsession_pkey,
  ADD PRIMARY KEY (id, project_id);
ALTER TABLE tracker_sessionlane DROP CONSTRAINT tracker_sessionlane_pkey,
  ADD PRIMARY KEY (id, project_id);
ALTER TABLE tracker_comparison DROP CONSTRAINT tracker_comparison_pkey,
  ADD PRIMARY KEY (id, project_id);
ALTER TABLE tracker_thresholdevent DROP CONSTRAINT tracker_thresholdevent_pkey,
  ADD PRIMARY KEY (id, project_id);
ALTER TABLE tracker_compression DROP CONSTRAINT tracker_compression_pkey,
  ADD PRIMARY KEY (id, project_id);
ALTER TABLE tracker_compressiontext DROP CONSTRAINT tracker_compressiontext_pkey,
  ADD PRIMARY KEY (compression_id, project_id);
ALTER TABLE tracker_learntcalibration DROP CONSTRAINT tracker_learntcalibration_pkey,
  ADD PRIMARY KEY (id, project_id);
ALTER TABLE tracker_eventkey DROP CONSTRAINT tracker_eventkey_pkey,
  ADD PRIMARY KEY (session_id, digest, project_id);
ALTER TABLE tracker_packedkeys DROP CONSTRAINT tracker_packedkeys_pkey,
  ADD PRIMARY KEY (session_id, first, project_id);
-- tracker_usagesample and tracker_hourlyrollup hold it already.

COMMIT;

-- Citus from here on.
BEGIN;

SELECT create_reference_table('tracker_project');
SELECT create_reference_table('tracker_policy');
SELECT create_reference_table('tracker_cataloguemodel');
SELECT create_reference_table('tracker_configversion');
SELECT create_reference_table('tracker_apikey');

SELECT create_distributed_table('tracker_llmsession', 'project_id');
SELECT create_distributed_table('tracker_usagesample', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_eventkey', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_packedkeys', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_sessionlane', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_comparison', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_thresholdevent', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_compression', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_compressiontext', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_learntcalibration', 'project_id',
  colocate_with => 'tracker_llmsession');
SELECT create_distributed_table('tracker_hourlyrollup', 'project_id',
  colocate_with => 'tracker_llmsession');

COMMIT;
