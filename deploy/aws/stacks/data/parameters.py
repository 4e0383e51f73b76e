"""How PostgreSQL is set, each line for a reason; what is not here is as RDS sets it by the size of
the machine (shared buffers, connections, WAL) or as PostgreSQL does."""

from __future__ import annotations

SECOND = 1000  # milliseconds

PARAMETERS = {
    # -- Who speaks to it, and how --
    "rds.force_ssl": "1",  # nobody in clear
    "ssl_min_protocol_version": "TLSv1.2",
    "rds.accepted_password_auth_method": "scram",  # no MD5
    # As the application wants it: else it says so on each connection, and RDS Proxy then ties that
    # connection to one client.
    "timezone": "UTC",
    # -- Short transactions, and nobody waits long for another --
    # As clinic.lib.databases asks for itself; RDS Proxy refuses to pass that on.
    "lock_timeout": f"{3 * SECOND}",
    # No I/O happens inside a transaction: one that is silent for so long has lost its process, and
    # holds locks that others wait for.
    "idle_in_transaction_session_timeout": f"{60 * SECOND}",
    "deadlock_timeout": f"{SECOND}",
    # -- The outbox, holds and free cells: rows that change three times and are then history --
    # At the usual fifth of a table, millions of dead rows would lie before those that are due.
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.05",  # the audit trail only grows: index-only scans
    "autovacuum_analyze_scale_factor": "0.02",  # "due now" is a small part, and plans depend on it
    "autovacuum_naptime": "15",  # seconds; sweeps look every fifteen
    "autovacuum_vacuum_cost_limit": "1000",  # SSDs bear five times the usual pace
    # -- Plans --
    "random_page_cost": "1.1",  # SSDs: an index costs hardly more than reading on
    "jit": "0",  # statements take a millisecond; compiling one takes fifty
    "work_mem": "16384",  # KiB, a sort; RDS Proxy bounds how many there are at once
    # -- Logs say that and where, never whose: a statement's text has names in it --
    "log_statement": "none",
    "log_min_duration_statement": "-1",  # slow ones by pg_stat_statements, which knows no values
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",  # details of a broken constraint quote the row
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "1",  # process ids and relations
    "log_temp_files": "10240",  # KiB: where work_mem was too little
    "log_autovacuum_min_duration": f"{10 * SECOND}",
    # -- Looking --
    "shared_preload_libraries": "pg_stat_statements,pgaudit",
    # Who changed tables and roles: passwords in such statements are blotted out, which
    # log_statement would not do. Reading and writing of rows is the audit trail's.
    "pgaudit.log": "ddl,role",
    "pgaudit.log_parameter": "0",
    "pgaudit.log_catalog": "0",
    "track_io_timing": "1",
}
