"""The CDNOW example selects exactly the people that hand-written SQL does, as many as papers on them print."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

import segdsl
from segdsl.project import Project

EXAMPLE = Path(__file__).parent.parent / "examples" / "cdnow"
# Of each segment how many there are, and the SHA-256 of their keys as text, sorted as text, a line each.
MEMBERS = {
    "cd_cal_repeat_0": (1411, "179e1acd29f432984e0958cd0f4190d3e6ca368724bb255b3f3b0726cdbe63d0"),
    "cd_cal_repeat_1": (439, "f706b612aacd6517928f2af5f42b3ebf4f79650dde7663952e48015b0c9e3c57"),
    "cd_cal_repeat_2": (214, "2d210daa375ee5ee1b83c1e4bd6487acdd035babc83b363b0e4df03933c63691"),
    "cd_cal_repeat_3": (100, "dd381e6e0b1a3e94cef282667341de53aeb885cc5c7e63072fe6746b31090226"),
    "cd_cal_repeat_4": (62, "3724379336923cdd32ff2b108b4eb41cc54dddffee24d2c150034e16b05c5794"),
    "cd_cal_repeat_5": (38, "fdf5d608d935368c5cebb3c04993079a5fc79945f64dcd1c15e0a87962771f92"),
    "cd_cal_repeat_6": (29, "4a022dfe0be2bece88a0ebe5c277fe940d9df5c4b41021ccb423b8db757c7999"),
    "cd_cal_repeat_7plus": (64, "30d453205510a8011c05017396915af91d2be71a6819b32590c42144f077b2ab"),
    "cd_all": (2357, "ba9da9a5891e4cf9eec2a80f957e6631f242987a76ce25c1ef89a63591d3ffda"),
    "cd_active_cal_lost_holdout": (455, "66bde6e2475893a901b0b382eeaa5dbb15b120c33ff264233860b4c0c5d30a93"),
    "cd_reactivated": (193, "f05f4ebd4d4c64959348245a94c1b95f4f02e728ee4b645b68c52394dde0799c"),
    "cd_rows_vs_dates_trap": (13, "a804f44afbdcc914a2326039d1c572e59ff44fb8ebfde9ebe127647982bbdfb9"),
    "cdm_all": (23_570, "f8f321655a1d1225bdbbf3e400f3521758711c301a2d0d6671465f5dc742778f"),
    "cdm_single_row": (11_908, "9371f15ee1f38a70526c4ab69a21aa7458a1446677ab1121c5a41b8eaf231897"),
    "cdm_spend_ge_500": (734, "ea40f60987bca77c2cf58254c4ad690ee6d97b339b6fdd08b240c9af0b0224e7"),
    "cdm_free_only": (68, "059c82811763e0d3477266856a60782ca7597484160a7ae1c8be7aeea1e1833a"),
    "cdm_active_1998q2_3days": (3009, "d562650c739bf760be0407e0d5bc704675cec0d50e8a924490eb7ba4a7b3afbb"),
    "cdm_spend_grew_h1_h2": (2850, "eb09939f21bc320426f8c681a75c64968b16ef9fcd716d37577839efd2160396"),
    "cdm_avg_cds_gt_3": (3696, "3aae2272e390637b62f8431d428503dea3be0adbdadd434dcaa0094203983239"),
}


@pytest.fixture(scope="module")
def project() -> Project:
    return segdsl.load(EXAMPLE)


def test_the_example_has_no_findings(project: Project) -> None:
    assert list(segdsl.check(project)) == []


def test_each_segment_is_known(project: Project) -> None:
    sizes = segdsl.size(project, as_of=date(1998, 7, 1))
    assert {segment.name for segment in sizes.segments} == set(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_the_members_are_those_that_are_known(name: str, project: Project) -> None:
    target = "master" if name.startswith("cdm_") else "sample"
    members = segdsl.members(project, name, target=target, as_of=date(1998, 7, 1))
    keys = sorted(str(key) for key in members.keys)
    assert (len(keys), sha256("\n".join(keys).encode()).hexdigest()) == MEMBERS[name]


def test_who_came_back_is_assigned_once(project: Project) -> None:
    sizes = segdsl.size(project, as_of=date(1998, 7, 1))
    repeats = [segment for segment in sizes.segments if segment.name.startswith("cd_cal_repeat_")]
    assert [segment.assigned for segment in repeats] == [segment.qualifies for segment in repeats]
    assert sum(segment.assigned for segment in repeats) == sizes.customers
