"""The digest of one link of the audit trail's chain, as SQL: used to seal and to verify.

A row is the JSON array of its columns in a fixed order, times as UTC to the microsecond; rows are
joined by line feeds in the order of their ids, after the previous link's digest. Computed in the
database, so that millions of rows never travel.
"""

ROW = """jsonb_build_array(
    e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.action, e.actor,
    e.user_id, e.subject_type, e.subject_id, e.patient_id, e.address, e.request_id, e.data
)::text"""

LINK_DIGEST = (
    "encode(sha256(convert_to({previous} || E'\\n' || "
    f"string_agg({ROW}, E'\\n' ORDER BY e.id), 'UTF8')), 'hex')"
)
