"""事项推荐, the matcher alone: what it reads, what it never does, and how often it is right on the labelled titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.suggestion import delivered_index, labelled, of_index, score
from governance.matching.book import delivered_book, read_book
from governance.matching.index import Index, MatterText
from governance.matching.plain import Plain, Synonyms
from governance.rules.load import read_catalogue

INDEX = delivered_index()
TITLES = [one.title for name in ("development", "rounds") for one in labelled(name)]
PIECES = [
    "关于",
    "审议",
    "2027年",
    "预算",
    "教师",
    "招聘",
    "的请示",
    "（草案）",
    "“双减”",
    "食堂",
    "今天",
    "吗",
    " ",
    "A4",
    "３万元",
    "\x00",
    "𠮷",
]
any_title = st.one_of(
    st.sampled_from(TITLES),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(max_size=200),
)
any_body = st.sampled_from(["", "party", "principal"])


def codes(title: str, body: str = "") -> list[str]:
    return [one.code for one in INDEX.suggest(title, body)]


def small(keywords: tuple[str, ...]) -> Index:
    """A catalogue of two matters about the same thing, and one about another."""
    return Index(
        [
            MatterText("P01", "party", "学校马术课程设置", "审定马术课程。", keywords, frozenset({"A01"})),
            MatterText("A01", "principal", "马术课程草案", "拟定马术课程。", keywords, frozenset({"P01"})),
            MatterText("A02", "principal", "天文台管理", "决定天文台开放。", ("天文台",), frozenset()),
        ],
        delivered_book(),
    )


# The floors stand a little below what is reached (docs/suggestion.md).
@pytest.mark.parametrize(
    ("name", "top_1", "top_3", "refusals"),
    [("development", 0.97, 0.98, 0.97), ("rounds", 0.97, 0.98, 0.97), ("held_out", 0.96, 0.98, 0.96)],
)
def test_the_labelled_titles_find_their_matter(name: str, top_1: float, top_3: float, refusals: float) -> None:
    got = score(of_index(INDEX), labelled(name))
    assert (got.top_1 >= top_1, got.top_3 >= top_3, got.refusals >= refusals) == (True, True, True), got


def test_the_sets_cover_every_matter_and_none_is_an_example_of_the_catalogue() -> None:
    examples = {example for matter in read_catalogue()["matters"] for example in matter["examples"]}
    sets = {name: list(labelled(name)) for name in ("development", "held_out")}
    known = {matter["code"] for matter in read_catalogue()["matters"]}
    for of_set in sets.values():
        first = [one.codes[0] for one in of_set if one.codes]
        assert len(first) >= 200 and min(first.count(code) for code in known) >= 4
        assert sum(not one.codes for one in of_set) >= 0.1 * len(of_set)
        assert not examples & {one.title for one in of_set}
        assert {code for one in of_set for code in one.codes} <= known
    assert not {one.title for one in sets["development"]} & {one.title for one in sets["held_out"]}


def test_the_catalogues_own_examples_find_their_matter_in_its_meeting() -> None:
    wrong = [
        (matter["code"], example)
        for matter in read_catalogue()["matters"]
        for example in matter["examples"]
        if matter["code"] not in codes(example, matter["body"])[:1]
    ]
    assert wrong == []


@given(title=any_title, body=any_body)
def test_proposals_are_at_most_five_sorted_distinct_and_of_the_meeting(title: str, body: str) -> None:
    found = INDEX.suggest(title, body)
    assert len(found) <= 5 and len({one.code for one in found}) == len(found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 for one in found)
    assert not body or all((one.code[0] == "P") == (body == "party") for one in found)


@given(title=any_title, body=any_body)
def test_every_matched_phrase_stands_in_the_title_as_it_was_typed(title: str, body: str) -> None:
    for one in INDEX.suggest(title, body):
        assert one.matched and all(phrase and phrase in title for phrase in one.matched)


@given(title=any_title, body=any_body)
def test_asking_twice_gives_the_same(title: str, body: str) -> None:
    assert INDEX.suggest(title, body) == INDEX.suggest(title, body)


@given(title=st.sampled_from(TITLES))
def test_blanks_and_width_change_nothing(title: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isdigit() else sign for sign in title)
    assert codes(" ".join(title)) == codes(wide) == codes(title)


@pytest.mark.parametrize(
    "title", ["", " ", "……", "123456", "asdf", "A4", "\x00", "你好", "国足又输了", "食堂的饭真好吃吗"]
)
def test_what_is_no_title_gets_nothing(title: str) -> None:
    assert codes(title) == []


def test_a_matter_of_the_other_meeting_is_no_reason_to_guess_in_this_one() -> None:
    assert codes("期末考试命题与监考安排", "principal")[:1] == ["A12"]
    assert codes("期末考试命题与监考安排", "party") == []


def test_the_wording_tells_a_draft_from_a_decision() -> None:
    assert codes("审定学校章程修订稿")[:2] == ["P11", "A01"]
    assert codes("讨论学校章程修订草案")[:2] == ["A01", "P11"]


def test_an_amount_tells_large_spending_from_small() -> None:
    assert codes("打印机维修费800元", "principal")[:1] == ["A18"]
    assert codes("支付三万元", "principal")[:1] == ["A07"]
    assert "A18" not in codes("支付12.5万元工程款", "principal")[:1]


def test_the_longest_phrase_wins() -> None:
    found = INDEX.suggest("重大节日图书审查", "party")
    assert found[0].code == "P07" and "图书审查" in found[0].matched, "not 图书 of the purchases"


def test_keywords_come_from_the_catalogue_that_is_given() -> None:
    with_word, without = small(("盛装舞步",)), small(())
    assert [one.code for one in with_word.suggest("研究盛装舞步的安排")] == ["P01", "A01"]
    assert with_word.suggest("研究盛装舞步的安排")[0].matched == ("盛装舞步",)
    assert without.suggest("研究盛装舞步的安排") == []
    assert [one.code for one in without.suggest("天文台管理", "principal")] == ["A02"], "titles count as well"


def test_a_keyword_shared_by_unrelated_matters_says_less_than_an_own_one() -> None:
    def alone(other: tuple[str, ...]) -> float:
        matters = [
            MatterText("P01", "party", "甲", "乙", ("盛装舞步",), frozenset()),
            MatterText("P02", "party", "丙", "丁", other, frozenset()),
        ]
        return Index(matters, delivered_book()).suggest("研究盛装舞步的安排")[0].score

    assert alone(()) > alone(("盛装舞步",))


def test_phrases_of_a_matter_that_the_catalogue_no_longer_has_are_left_aside() -> None:
    only = MatterText("A02", "principal", "天文台管理", "决定天文台开放。", (), frozenset())
    assert Index([only], delivered_book()).suggest("审定2027年学校预算") == []


def test_synonyms_are_read_as_one_word_and_shown_as_typed() -> None:
    read = Plain("新来的老师们培训", Synonyms({"教师": ["老师"]}))
    assert read.text == "新来的教师们培训"
    assert read.typed((3, 5)) == "老师" and read.typed((3, 8)) == "老师们培训"


def test_a_book_that_names_an_unknown_list_is_refused() -> None:
    content = {
        "version": "x", "synonyms": {}, "gap": 5, "large_sum_from": 1, "lists": {}, "stage": {}, "off_topic": {},
        "vague": "", "masked": "", "openers": "", "formal": "", "phrases": [{"codes": ["P01"], "sure": "甲…<nothing>"}],
    }  # fmt: skip
    with pytest.raises(ValueError, match="nothing"):
        read_book(content)


def test_every_phrase_of_the_delivered_book_speaks_for_a_matter_of_the_catalogue() -> None:
    known = {matter["code"] for matter in read_catalogue()["matters"]}
    assert {code for entry in delivered_book().entries for code in entry.codes} == known
    assert delivered_book().version == read_catalogue()["version"]
