"""What Python inside the image is told to do."""

WRITES = """
import os, tempfile
for place in ("/", "/app", "/app/staticfiles", "/opt/venv", "/etc", "/var/tmp", "/home", "/root"):
    try:
        open(os.path.join(place, "written"), "w").close()
    except OSError:
        continue
    print("written in", place)
tempfile.TemporaryFile().close()
print("uid", os.getuid(), os.getgid())
"""

# One thing of each package that something was taken out of, or whose libraries were stripped.
PARTS = """
import io, os
os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
import django; django.setup()
import boto3, celery.bin.celery, holidays, lxml.etree, phonenumbers
import pikepdf, psycopg, pycurl, pypdfium2
from PIL import Image
from allauth import urls
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext, override
ec.generate_private_key(ec.SECP256R1())
page, pdf = io.BytesIO(), pikepdf.new()
pdf.add_blank_page(); pdf.save(page)
picture = pypdfium2.PdfDocument(page.getvalue())[0].render().to_pil()
for kind in ("JPEG", "PNG", "WEBP"):
    picture.save(io.BytesIO(), kind)
for name in ("s3", "ses", "sesv2", "sns", "sqs", "sts", "secretsmanager"):
    boto3.client(name, region_name="us-east-1")
assert phonenumbers.is_possible_number(phonenumbers.parse("+34 612 345 678"))
assert holidays.country_holidays("ES", years=2026)
with override("es"):
    assert gettext("Sign in") != "Sign in" or gettext("Password") != "Password"
print("all there")
"""

MESSAGE = """
from django.utils import timezone
from notifications import outbox
outbox.enqueue(
    template="booked", recipient="maria@example.org", dedupe_key="{mark}", now=timezone.now(),
    context=dict(patient_name="{mark}", when="Tuesday", clinic_name="Riverside"),
)
"""
