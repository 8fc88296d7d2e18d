"""Every one of today's provinces has an office row that says nothing unsourced; mistakes of staff are named."""

from __future__ import annotations

import datetime
import unicodedata
from pathlib import Path

import pytest

from assistant.content.offices import PORTAL, Offices, read_offices
from assistant.content.topics import ContentError

FILE = Path(__file__).parents[2] / "data" / "offices" / "offices.yml"

# Nghị quyết 202/2025/QH15
CITIES = ["Hà Nội", "Hồ Chí Minh", "Hải Phòng", "Đà Nẵng", "Huế", "Cần Thơ"]
PROVINCES = [
    "Lai Châu", "Điện Biên", "Sơn La", "Lạng Sơn", "Quảng Ninh", "Thanh Hóa", "Nghệ An", "Hà Tĩnh", "Cao Bằng",
    "Tuyên Quang", "Lào Cai", "Thái Nguyên", "Phú Thọ", "Bắc Ninh", "Hưng Yên", "Ninh Bình", "Quảng Trị",
    "Quảng Ngãi", "Gia Lai", "Khánh Hòa", "Lâm Đồng", "Đắk Lắk", "Đồng Nai", "Tây Ninh", "Vĩnh Long", "Đồng Tháp",
    "Cà Mau", "An Giang",
]  # fmt: skip

ROW = """\
- province: Huế
  name: BHXH thành phố Huế
  site: https://baohiemxahoi.gov.vn
  note: "Bạn gọi hỏi 1900 9068."
  source: ["Quyết định 2286/QĐ-BTC"]
  checked_on: 2026-11-22
"""


@pytest.fixture(scope="module")
def offices() -> Offices:
    return read_offices(FILE)


def written(folder: Path, text: str) -> Path:
    path = folder / "offices.yml"
    path.write_text(text, encoding="utf-8")
    return path


class TestTheFileWeShip:
    def test_has_a_row_for_each_of_the_34(self, offices: Offices) -> None:
        assert len(offices) == 34
        assert {office.province for office in offices} == {*CITIES, *PROVINCES}

    @pytest.mark.parametrize("province", CITIES)
    def test_names_the_cities(self, offices: Offices, province: str) -> None:
        assert offices.find(province).name == f"BHXH thành phố {province}"

    @pytest.mark.parametrize("province", PROVINCES)
    def test_names_the_provinces(self, offices: Offices, province: str) -> None:
        assert offices.find(province).name == f"BHXH tỉnh {province}"

    def test_gives_every_row_a_source_and_a_day(self, offices: Offices) -> None:
        for office in offices:
            assert office.source
            assert office.checked_on >= datetime.date(2026, 11, 22)

    def test_sends_people_without_an_address_to_the_portal_and_the_hotline(self, offices: Offices) -> None:
        for office in offices:
            if not office.address:
                assert PORTAL in office.note
                assert "1900 9068" in office.note

    def test_cites_a_source_for_every_site_of_a_province(self, offices: Offices) -> None:
        own = [office for office in offices if office.has_own_site]
        assert own
        for office in own:
            assert any("địa chỉ trang" in each for each in office.source)


class TestFinding:
    @pytest.mark.parametrize(
        "asked",
        [
            "Thanh Hóa",
            "Thanh Hoá",
            "thanh hoa",
            "  THANH   HÓA ",
            "tỉnh Thanh Hóa",
            unicodedata.normalize("NFD", "Tỉnh Thanh Hóa"),
        ],
    )
    def test_takes_any_spelling_of_the_name(self, offices: Offices, asked: str) -> None:
        assert offices.find(asked).province == "Thanh Hóa"

    @pytest.mark.parametrize("asked", ["Hồ Chí Minh", "thành phố Hồ Chí Minh", "TP. Hồ Chí Minh", "tp ho chi minh"])
    def test_takes_the_city_with_and_without_its_title(self, offices: Offices, asked: str) -> None:
        assert offices.find(asked).site == "https://tphcm.baohiemxahoi.gov.vn"

    @pytest.mark.parametrize("asked", ["", "tỉnh", "Bình Dương", "Đắk Nông", "Hà", "Paris"])
    def test_returns_nothing_for_what_is_no_province_of_today(self, offices: Offices, asked: str) -> None:
        assert offices.find(asked) is None


class TestReading:
    def test_reads_a_full_row(self, tmp_path: Path) -> None:
        row = ROW + '  address: "12 Bà Huyện Thanh Quan, phường Thuận Hóa, thành phố Huế"\n  phone: "0234 123 4567"\n'
        (office,) = read_offices(written(tmp_path, row))
        assert office.address.startswith("12 Bà Huyện Thanh Quan")
        assert office.phone == "0234 123 4567"
        assert not office.has_own_site
        assert office.source_line == "(Nguồn: Quyết định 2286/QĐ-BTC. Kiểm tra ngày 22/11/2026.)"

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (("  checked_on: 2026-11-22\n", ""), "dòng 1: thiếu mục checked_on"),
            (('["Quyết định 2286/QĐ-BTC"]', "[]"), "thiếu mục source"),
            (('["Quyết định 2286/QĐ-BTC"]', "[1]"), "ít nhất một nguồn"),
            (("  note:", "  notes:"), "không có mục tên notes"),
            (("2026-11-22", "22/11/2026"), "checked_on phải là ngày"),
            (("2026-11-22", "2026-11-31"), "ngày tháng"),
            (("2026-11-22", "2026-11-22 10:00:00"), "checked_on phải là ngày"),
            (("province: Huế", "province: 46"), "province phải là chữ"),
            (('  note: "Bạn gọi hỏi 1900 9068."\n', ""), "note phải nói"),
            (("- province: Huế", "province: Huế"), "không đọc được YAML"),
            (("Bạn gọi", 'Bạn "gọi'), "dòng 4: không đọc được YAML"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, tmp_path: Path, change: tuple[str, str], says: str) -> None:
        path = written(tmp_path, ROW.replace(*change))
        with pytest.raises(ContentError, match=says) as caught:
            read_offices(path)
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize(
        "site",
        [
            "http://hue.baohiemxahoi.gov.vn",
            "hue.baohiemxahoi.gov.vn",
            "https://hue-baohiemxahoi.gov.vn",
            "https://xbaohiemxahoi.gov.vn",
            "https://baohiemxahoi.gov.vn.vnagov.com",
            "https://baohiemxahoi.gov.vn@bhxh.co",
            "https://baohiemxahoi.biz",
            "https://[",
        ],
    )
    def test_takes_official_sites_only(self, tmp_path: Path, site: str) -> None:
        with pytest.raises(ContentError, match="phải bắt đầu bằng https://"):
            read_offices(written(tmp_path, ROW.replace(PORTAL, f'"{site}"')))

    @pytest.mark.parametrize("address", ["1 Lê Lợi, quận Phú Xuân, Huế", "Thị trấn Phú Đa", "2 Lê Lợi,Huyện Phú Vang"])
    def test_refuses_an_address_older_than_the_mergers(self, tmp_path: Path, address: str) -> None:
        with pytest.raises(ContentError, match="1/7/2025"):
            read_offices(written(tmp_path, f'{ROW}  address: "{address}"\n'))

    @pytest.mark.parametrize(
        "phone", ['"gọi 1900 9068"', '"84 234 123"', "02341234567", '"1800 9068"', '"1900 25 25 10"']
    )
    def test_refuses_what_is_no_phone_number(self, tmp_path: Path, phone: str) -> None:
        with pytest.raises(ContentError, match="phone"):
            read_offices(written(tmp_path, f"{ROW}  phone: {phone}\n"))

    def test_refuses_a_province_twice_however_it_is_spelt(self, tmp_path: Path) -> None:
        with pytest.raises(ContentError, match="dòng 7: “thành phố Hue” đã có ở dòng 1"):
            read_offices(written(tmp_path, ROW + ROW.replace("province: Huế", "province: thành phố Hue")))

    def test_notices_a_row_that_lost_its_dash(self, tmp_path: Path) -> None:
        with pytest.raises(ContentError, match="ghi hai lần; có thể thiếu dấu"):
            read_offices(written(tmp_path, ROW + ROW.replace("- province", "  province")))

    @pytest.mark.parametrize("text", ["", "[]", "huế: 1\n", "- Huế\n", "- null\n", "just words"])
    def test_refuses_what_is_no_list_of_rows(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ContentError):
            read_offices(written(tmp_path, text))

    def test_says_when_there_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ContentError, match="không mở được tệp"):
            read_offices(tmp_path / "offices.yml")
