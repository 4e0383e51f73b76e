"""Static files, patients' and doctors' files, and how large one may be."""

from botocore.config import Config

from clinic.lib import s3
from clinic.settings.environment import BASE_DIR, env

# Without collected files (one machine) they are served where they lie; the image collects them.
STATIC_MANIFEST = env.bool("STATIC_MANIFEST", default=False)
S3_BUCKET = env.str("S3_BUCKET", default="clinic")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
S3_REGION = env.str("S3_REGION", default="us-east-1")
# Where browsers send uploads to and fetch pictures of pages from.
S3_ORIGIN = s3.origin(S3_ENDPOINT_URL, region=S3_REGION, bucket=S3_BUCKET)
# The key that encrypts each object (SSE-KMS: its ARN); empty: the store's own keys (SSE-S3).
S3_KMS_KEY_ID = env.str("S3_KMS_KEY_ID", default="")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "access_key": env.str("S3_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", default="") or None,
            "region_name": S3_REGION,
            "object_parameters": s3.encryption(S3_KMS_KEY_ID),
            "client_config": Config(
                s3=s3.addressing(S3_ENDPOINT_URL),
                # A store that accepts and says nothing holds a worker for seconds, not minutes.
                connect_timeout=2,
                read_timeout=3,
                retries={"total_max_attempts": 2, "mode": "standard"},
            ),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": 60,
        },
    },
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if STATIC_MANIFEST
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
# Where the head of the audit trail's seals is kept, under object lock; empty: nowhere.
AUDIT_BUCKET = env.str("AUDIT_BUCKET", default="")
# For so long nobody can remove what lies there: neither we nor the account's owner.
AUDIT_LOCK_DAYS = env.int("AUDIT_LOCK_DAYS", default=365)

# Where `publish_static` puts the collected files for a CDN, and where pages then find them if that
# is another origin ("https://static.example"); empty: we serve our own copy, by the same names.
STATIC_BUCKET = env.str("STATIC_BUCKET", default="")
STATIC_ORIGIN = env.str("STATIC_ORIGIN", default="").rstrip("/")
STATIC_URL = f"{STATIC_ORIGIN}/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles" if STATIC_MANIFEST else None
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
WHITENOISE_MAX_AGE = env.int("STATIC_MAX_AGE", default=3600)

DOCUMENT_MAX_BYTES = env.int("DOCUMENT_MAX_BYTES", default=25 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Files are not counted by Django's own limit. Where they are sent, how large one may be: staff send
# doctors' photos, and what they scan; patients without JavaScript documents. Both are counted
# as they come.
UPLOAD_PATHS = {
    "/admin/accounts/doctor/": 10 * 1024 * 1024,
    "/documents/upload/": DOCUMENT_MAX_BYTES,
    "/admin/documents/scan/": DOCUMENT_MAX_BYTES,
}
