"""Leadership teams: which seats a school has, by its size and the kind of its Party organisation."""

from dataclasses import dataclass
from random import Random

from schools.permissions import Post
from schools.services.schools import SchoolRow

# Members of the Party body and of the administrative team, least and most.
PARTY = {"branch": (3, 5), "general_branch": (5, 7), "committee": (7, 9)}
ADMINISTRATION = {"small": (4, 4), "medium": (5, 6), "large": (6, 7)}
VICE = {"small": 1, "medium": 2, "large": 3}
VICE_DUTIES = (
    ("副校长，分管教学", ("vice", "teaching")),
    ("副校长，分管德育与安全", ("vice", "moral")),
    ("副校长，分管后勤与财务", ("vice", "logistics")),
)
HEADS = (
    ("总务主任", "总务处主任", ("logistics",)),
    ("德育主任", "政教处主任", ("moral",)),
    ("教导主任", "教务处主任", ("teaching",)),
    ("办公室主任", "校办主任", ("office",)),
    ("教科室主任", "教科室主任", ("teaching",)),
    ("安全办主任", "安保处主任", ("vice",)),
)
COMMITTEE = ("组织委员", "纪检委员", "宣传委员", "青年委员", "统战委员", "群工委员", "保卫委员")
OF_SENIORS = ("senior", "vocational")


@dataclass
class Seat:
    """One place in a team: its posts with their duties, and the lines of work it answers for."""

    key: str
    posts: list[tuple[Post, str]]
    lines: set[str]
    rank: int = 0


def team(row: SchoolRow, rng: Random) -> list[Seat]:
    """The seats of a school, by rank; the last is the clerk."""
    heads = _combined() if row.leadership_mode == "combined" else _separate(row, rng)
    administration = _administration(row, rng)
    union = Seat("member", [(Post.COMMITTEE_MEMBER, "工会主席")], {"union", "member"})
    others = [*administration, union]
    least, most = PARTY[row.party_org_type]
    in_party = sum(any(post in PARTY_POSTS for post, _ in seat.posts) for seat in heads)
    wanted = max(rng.randint(least, most) - in_party, 1)
    chosen = sorted(rng.sample(range(len(administration)), min(wanted, len(administration))))
    seats = [administration[place] for place in chosen]
    if wanted > len(seats) or row.party_org_type != "branch":
        seats = [union, *seats][:wanted]
    else:
        others.remove(union)
    for seat, duty in zip(seats, COMMITTEE, strict=False):
        _elect(seat, duty)
    clerk = Seat("clerk", [(Post.CLERK, "党政办干事")], {"clerk", "office"})
    found = [*heads, *others, clerk]
    for rank, seat in enumerate(found, start=1):
        seat.rank = rank
    return found


PARTY_POSTS = (Post.SECRETARY, Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER)


def _combined() -> list[Seat]:
    """One person holds both posts; the seat of `principalNN` is the full-time deputy secretary."""
    head = [(Post.SECRETARY, "书记、校长一人担任，主持全面工作"), (Post.PRINCIPAL, "书记、校长一人担任，主持全面工作")]
    deputy = [(Post.DEPUTY_SECRETARY, "专职副书记，协助书记抓党务，负责会前沟通和确认销号")]
    return [Seat("secretary", head, {"secretary", "principal"}), Seat("principal", deputy, {"deputy", "member"})]


def _separate(row: SchoolRow, rng: Random) -> list[Seat]:
    seats = [Seat("secretary", [(Post.SECRETARY, "主持党组织全面工作")], {"secretary"})]
    principal = Seat("principal", [(Post.PRINCIPAL, "主持学校行政工作")], {"principal"})
    lot = rng.random()
    full_time = row.party_org_type == "committee" or (row.party_org_type == "general_branch" and rng.random() < 0.6)
    if lot < 0.45:
        principal.posts.append((Post.DEPUTY_SECRETARY, "兼任副书记"))
        principal.lines |= set() if full_time else {"deputy"}
    elif lot < 0.8:
        principal.posts.append((Post.COMMITTEE_MEMBER, "兼任委员"))
    seats.append(principal)
    if full_time:
        seats.append(Seat("deputy", [(Post.DEPUTY_SECRETARY, "专职副书记，分管党务和群团")], {"deputy", "member"}))
    return seats


def _administration(row: SchoolRow, rng: Random) -> list[Seat]:
    """The administrative team without the principal."""
    least, most = ADMINISTRATION[row.size]
    wanted = rng.randint(least, most) - 1
    seats = [
        Seat("vice", [(Post.VICE_PRINCIPAL, duty)], set(lines))
        for duty, lines in VICE_DUTIES[: min(VICE[row.size], wanted)]
    ]
    for plain, senior, lines in HEADS[: wanted - len(seats)]:
        duty = senior if row.stage in OF_SENIORS else plain
        seats.append(Seat("head", [(Post.ADMIN_TEAM_MEMBER, duty)], set(lines)))
    return seats


def _elect(seat: Seat, duty: str) -> None:
    """A member of the Party body with that duty."""
    seat.lines |= {"member", "discipline"} if duty == "纪检委员" else {"member"}
    if seat.key == "member":
        seat.posts = [(Post.COMMITTEE_MEMBER, f"{duty}，工会主席")]
    else:
        seat.posts.append((Post.COMMITTEE_MEMBER, duty))
