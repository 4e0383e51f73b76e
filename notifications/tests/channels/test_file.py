"""Text messages of one machine: whole, private files in the mailbox."""

from __future__ import annotations

import json
import stat
import uuid

import pytest

from notifications import channels
from notifications.channels import Accepted, Letter, ProviderAway, Refused, Untried, file
from notifications.models import Channel


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.TEMPLATES = [{**settings.TEMPLATES[1], "DIRS": [tmp_path]}]
    words = tmp_path / "notifications" / "told"
    words.mkdir(parents=True)
    (words / "sms.txt").write_text("{{ patient_name }}: {{ when }}")
    box = tmp_path / "box"
    box.mkdir()
    settings.SMS_OUTLET, settings.MAILBOX_DIR = "file", str(box)
    return box


def letter(*, template: str = "told") -> Letter:
    return Letter(
        id=uuid.uuid4(),
        template=template,
        recipient="+14155550123",
        language="en",
        context={"patient_name": "Ana Żak", "when": "9:30 am"},
    )


def test_each_text_is_a_file_with_its_parts_that_only_its_owner_may_read(folder):
    sent = letter()
    (result,) = channels.outlet_for(Channel.SMS).send([sent])
    assert isinstance(result, Accepted) and result.segments == 1 and result.cost
    (path,) = folder.iterdir()
    assert path.suffix == ".sms" and result.provider_id in path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "to": "+14155550123",
        "text": "Ana Żak: 9:30 am",
        "parts": 1,
        "message": str(sent.id),
    }


def test_one_that_cannot_be_written_is_refused_alone(folder):
    results = file.FileOutlet().send([letter(), letter(template="nothing"), letter()])
    assert [type(result) for result in results] == [Accepted, Refused, Accepted]
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_is_gone_is_a_provider_that_is_away(folder):
    outlet = file.FileOutlet()
    folder.rmdir()
    with pytest.raises(ProviderAway, match="FileNotFoundError"):
        outlet.send([letter()])


def test_a_disk_that_fills_up_leaves_the_others_for_later(folder, monkeypatch):
    written = []

    def write(path, content):
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)

    monkeypatch.setattr(file, "_write_private", write)
    results = file.FileOutlet().send([letter(), letter(), letter()])
    assert [type(result) for result in results] == [Accepted, Untried, Untried]


def test_many_are_cut_into_calls_in_their_order():
    letters = [letter() for _number in range(120)]
    calls = file.FileOutlet().calls(letters)
    assert [len(call) for call in calls] == [50, 50, 20]
    assert [each for call in calls for each in call] == letters
