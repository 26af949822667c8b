"""等我处理 of the communities: consents that are wanted of 书记, and agreements of the lead school to be renewed."""

from datetime import date

from django.urls import reverse

from accounts.models import User
from communities.selectors import wanted_of
from reports.waiting import Waiting, due_words
from schools.models import School


def from_communities(user: User, school: School, today: date) -> list[Waiting]:
    """What waits for 书记 of that school: one query, none for anybody else."""
    found = []
    for one in wanted_of(user, school.pk, today):
        note = "牵头校已上传协议书，看过后表示同意" if one.proposed else "加入后还没有对协议表示同意"
        item = {
            "icon": "signature",
            "title": f"续签协议：{one.name}" if one.renewal else f"同意协议：{one.name}",
            "url": reverse("communities:community", args=[one.community]),
            "note": "先拟定续签的期限，上传协议书，请成员校书记表示同意" if one.renewal else note,
            **(due_words(one.day, today) if one.renewal else {"due": "", "due_kind": ""}),
        }
        found.append(Waiting(3, one.day, item))
    return found
