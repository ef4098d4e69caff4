"""Region profiles: the shipped ones say what the seeds say, and a broken one is refused with its reason."""

import json
from pathlib import Path

import pytest

from core.errors import InvalidAmount
from core.money import Money
from performance.errors import ClassUnknown, ProfileInvalid, RegionUnknown
from performance.regions import PROFILES, RegionProfiles, reporting_duty


@pytest.mark.parametrize(
    ("class_code", "threshold"), [("government_procurement", "300000.00"), ("key_works_tendering", "600000.00")]
)
def test_a_threshold_includes_its_own_figure(class_code: str, threshold: str) -> None:
    """以上 includes the figure (民法典 §1259)."""
    profile = RegionProfiles().current("yulin")
    at = Money.parse(threshold)
    assert reporting_duty(profile, class_code, at).is_required
    assert not reporting_duty(profile, class_code, Money(at.minor - 1)).is_required
    assert reporting_duty(profile, class_code, None).is_required


def test_bulk_supply_and_all_of_baoji_know_no_threshold() -> None:
    profiles = RegionProfiles()
    assert reporting_duty(profiles.current("yulin"), "bulk_supply", Money(1)).is_required
    assert len(profiles.current("baoji").classes) == 8
    assert all(found.threshold is None for found in profiles.current("baoji").classes)


def test_yulin_says_what_its_policy_says_of_late_performance() -> None:
    rules = RegionProfiles().current("yulin").rules
    seed = rules["met_after_supervision"].zh
    assert "不作为失信信息记入信用记录" in seed
    assert "逾期执行库" in rules["overdue"].zh


def test_an_unknown_region_or_class_is_named() -> None:
    profiles = RegionProfiles()
    with pytest.raises(RegionUnknown):
        profiles.current("atlantis")
    with pytest.raises(RegionUnknown):
        profiles.version("yulin", 99)
    with pytest.raises(ClassUnknown):
        profiles.current("yulin").contract_class("lottery")
    assert profiles.for_organisation_in("atlantis").region == "yulin"


def test_a_new_version_leaves_the_old_one_readable(tmp_path: Path) -> None:
    first = json.loads((PROFILES / "yulin.v1.json").read_text())
    (tmp_path / "yulin.v1.json").write_text(json.dumps(first))
    first["version"] = 2
    first["classes"][0]["threshold"] = "500000.00"
    (tmp_path / "yulin.v2.json").write_text(json.dumps(first))

    profiles = RegionProfiles(tmp_path)

    assert profiles.current("yulin").version == 2
    assert profiles.version("yulin", 1).contract_class("government_procurement").threshold == "300000.00"


@pytest.mark.parametrize(
    "damage", [{"version": 7}, {"surprise": 1}, {"rules": {}}, {"classes": "none"}], ids=lambda d: next(iter(d))
)
def test_a_broken_profile_is_refused(tmp_path: Path, damage: dict[str, object]) -> None:
    data = json.loads((PROFILES / "yulin.v1.json").read_text())
    (tmp_path / "yulin.v1.json").write_text(json.dumps({**data, **damage}))
    with pytest.raises(ProfileInvalid):
        RegionProfiles(tmp_path).current("yulin")


def test_a_threshold_that_is_no_amount_is_refused(tmp_path: Path) -> None:
    data = json.loads((PROFILES / "yulin.v1.json").read_text())
    data["classes"][0]["threshold"] = "30万"
    (tmp_path / "yulin.v1.json").write_text(json.dumps(data))
    with pytest.raises(InvalidAmount):
        RegionProfiles(tmp_path).current("yulin")
