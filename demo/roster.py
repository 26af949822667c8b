"""The schools of the demonstration district: the 48 of the roster file, and as many more as are asked for."""

import csv
import random
from collections.abc import Iterator

from demo.words import DATA
from schools.models import Foundation, LeadershipMode, Location, PartyOrgType, Size, Stage
from schools.services.schools import SchoolRow

NO_OFFICE = "直属"
FIRST = "云松竹梅兰桂枫柳杉桃杏荷莲菊芦苇霜雪晴岚霞虹星月溪泉湖江海潮沙石岭峰谷原野禾麦稻茶桑田园塘桥渡"
SECOND = "影声光韵语歌舞涧湾浦洲屿滨岸畔溪泉坡岗坞岩台亭阁楼堂庐圃苑林园里坊渚汀津源头峡谷川野畈堰堤坪垟岙"
KINDS = ((Stage.PRIMARY, "小学"), (Stage.PRIMARY, "实验小学"), (Stage.JUNIOR, "初级中学"), (Stage.NINE_YEAR, "学校"))
SCHOOLS_AN_OFFICE = 16


def rows(count: int, seed: int) -> list[SchoolRow]:
    """The first `count` schools, in order of their codes FH001, FH002, …"""
    known = list(_delivered())
    return known[:count] + list(_invented(len(known), count, seed))


def _delivered() -> Iterator[SchoolRow]:
    with (DATA / "schools.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            yield SchoolRow(
                code=line["学校代码"],
                name=line["学校名称"],
                stage=_code(Stage, line["学段"]),
                office=None if line["教办"] == NO_OFFICE else line["教办"],
                location=_code(Location, line["区位"]),
                size=_code(Size, line["规模"]),
                foundation=_code(Foundation, line["基础"]),
                students=int(line["学生数"]),
                staff=int(line["教职工数"]),
                party_org_type=_code(PartyOrgType, line["党组织类型"]),
                has_committee=line["已建立党组织委员会"] == "是",
                leadership_mode=_code(LeadershipMode, line["领导配备模式"]),
            )


def _code(choices: type[Stage | Location | Size | Foundation | PartyOrgType | LeadershipMode], label: str) -> str:
    return next(str(choice.value) for choice in choices if choice.label == label)


def _invented(start: int, count: int, seed: int) -> Iterator[SchoolRow]:
    """Schools beyond the roster, for districts of another size."""
    rng = random.Random(f"roster {seed}")  # noqa: S311  reproducible on purpose
    pairs = [first + second for first in FIRST for second in SECOND if first != second]
    rng.shuffle(pairs)
    for number in range(start, count):
        stage, kind = KINDS[number % len(KINDS)]
        place = pairs[number % len(pairs)] + ("" if number < len(pairs) else f"第{number // len(pairs) + 1}")
        students = rng.choice((320, 560, 780, 1080, 1500, 1850, 2400, 3000))
        size = Size.SMALL if students < 800 else Size.MEDIUM if students < 2000 else Size.LARGE
        organisation = PartyOrgType.BRANCH if students < 1400 else PartyOrgType.GENERAL_BRANCH
        yield SchoolRow(
            code=f"FH{number + 1:03d}",
            name=place + kind,
            stage=stage,
            office=f"{pairs[-1 - number // SCHOOLS_AN_OFFICE]}教办",
            location=rng.choice(Location.values),
            size=size,
            foundation=rng.choice(Foundation.values),
            students=students,
            staff=max(students * 2 // 27, 12),
            party_org_type=organisation,
            has_committee=True,
            leadership_mode=LeadershipMode.SEPARATE,
        )
