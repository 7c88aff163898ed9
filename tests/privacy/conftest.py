from __future__ import annotations

import pytest

from tests.privacy.planting import plant


@pytest.fixture
def files(settings, tmp_path):
    """Files go to a folder of this test's."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.DATA_DIR = tmp_path


@pytest.fixture
def alice(mailbox, aiko, ben):
    return plant("alice", aiko=aiko, ben=ben, mailbox=mailbox)


@pytest.fixture
def bob(mailbox, aiko, ben):
    return plant("bobby", aiko=aiko, ben=ben, mailbox=mailbox)
