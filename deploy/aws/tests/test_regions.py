"""What has to be known of each region beforehand, because nobody is asked for it."""

from __future__ import annotations

from deploy.aws import regions
from deploy.aws.stacks.app.environment import RDS_AUTHORITIES
from deploy.aws.tests.test_settings import ROOT

AUTHORITIES = ROOT / RDS_AUTHORITIES.removeprefix("/app/")


def test_the_database_can_prove_who_it_is_in_every_region() -> None:
    text = AUTHORITIES.read_text()

    for region in regions.CLOUDFRONT:
        assert f"# {region}\n-----BEGIN CERTIFICATE-----" in text


def test_the_image_brings_the_authorities_along() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert f"!{AUTHORITIES.relative_to(ROOT)}" in lines


def test_a_volume_at_tmp_has_the_rights_that_the_image_gives_it() -> None:
    """Else Fargate mounts it as root's, and nobody but root writes to it."""
    assert 'VOLUME ["/tmp"]' in (ROOT / "Dockerfile").read_text().splitlines()
