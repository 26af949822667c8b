"""Who may do what with a community: the notes of the row "Community agreement" and of the lists."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from accounts.models import User
from attachments.models import Attachment
from audit.services import subject_of
from common import history
from common.dates import local_day
from common.transitions import Transition
from communities.models import Activity, Agreement, Community, CommunityStatus, Consent, Membership, Purpose
from communities.models.community import member_ids
from communities.states import COMMUNITY
from schools import access
from schools.permissions import SchoolPerm

ENDED = "共同体协议已经终止，只能查看，不能再改。"
BY_LEAD = "{}由牵头校书记办理。"
END_BY = "终止协议由组织科办理；全体成员校书记都同意终止后，牵头校书记也可以办理。"


def open_actions(community: Community, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    return [step for step in COMMUNITY.open_from(community.status) if refusal(community, step, user) is None]


def refusal(community: Community, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.name in ("sign", "renew"):
        return None if signs_for(user, community.lead_school_id) else BY_LEAD.format(step.label)
    if step.name == "join":
        return None if _may_admit(community, user) else "加入由牵头校书记或组织科办理，筹备中时党政办也可以办理。"
    if step.name == "leave":
        return None if may_dismiss(community, user, None) else "退出由退出学校的书记或组织科办理。"
    return None if _may_end(community, user) else END_BY


def is_bureau(user: User, community: Community) -> bool:
    """组织科: reviews for every school."""
    return access.can(user, SchoolPerm.REVIEW, community.lead_school_id)


def signs_for(user: User, school_id: UUID) -> bool:
    """书记 of that school."""
    return access.can(user, SchoolPerm.SUBMIT_PLAN, school_id)


def edits_for(user: User, school_id: UUID) -> bool:
    """书记、校长、党政办 of that school."""
    return access.can(user, SchoolPerm.EDIT_PLAN, school_id)


def may_found(user: User, school_id: UUID) -> bool:
    """发起: 组织科, or 书记、校长、党政办 of the would-be lead school."""
    return access.can(user, SchoolPerm.REVIEW, school_id) or edits_for(user, school_id)


def may_prepare(user: User, community: Community) -> bool:
    """Write the terms of the agreement and upload its text."""
    return may_found(user, community.lead_school_id)


def _may_admit(community: Community, user: User) -> bool:
    if community.status == CommunityStatus.DRAFT:
        return may_prepare(user, community)
    return is_bureau(user, community) or signs_for(user, community.lead_school_id)


def may_dismiss(community: Community, user: User, school_id: UUID | None) -> bool:
    """Whether the account may let that member go (None: any of them). The lead school stays."""
    if is_bureau(user, community):
        return True
    if community.status == CommunityStatus.DRAFT and may_prepare(user, community):
        return True
    mine = set(own_members(community, user, SchoolPerm.SUBMIT_PLAN)) - {community.lead_school_id}
    return bool(mine) if school_id is None else school_id in mine


def own_members(community: Community, user: User, perm: SchoolPerm) -> list[UUID]:
    """Members that have not left for which the account holds the permission."""
    scope = access.school_ids(user, perm)
    if not scope:
        return []
    return sorted(pk for pk in member_ids(community, today()) if pk in scope)


def _may_end(community: Community, user: User) -> bool:
    if is_bureau(user, community):
        return True
    return signs_for(user, community.lead_school_id) and not missing_consents(community, Purpose.END)


def today() -> date:
    """The day by which rights are asked."""
    return local_day(history.now())


def agreement_of(community: Community) -> Agreement | None:
    """What members consent to: the proposed version, else the latest signed one."""
    return Agreement.objects.filter(community=community).order_by("-number").first()


def latest_signed(community: Community) -> Agreement | None:
    """The latest signed version."""
    return Agreement.objects.filter(community=community, signed_at__isnull=False).order_by("-number").first()


def missing_consents(community: Community, purpose: Purpose) -> Collection[UUID]:
    """Members whose 书记 has not consented: to the proposed version, or to the end. The lead school's 书记 consents by acting."""
    agreement = agreement_of(community) if purpose == Purpose.SIGN else latest_signed(community)
    if agreement is None:
        return member_ids(community, today())
    given = Consent.objects.filter(agreement=agreement, purpose=purpose).values_list("school_id", flat=True)
    return member_ids(community, today()) - set(given) - {community.lead_school_id}


def has_text(agreement: Agreement) -> bool:
    """Whether the text of the agreement is there."""
    return Attachment.objects.filter(subject=subject_of(agreement)).exists()


def may_read_agreement(user: User, pk: UUID) -> bool:
    """Files of an agreement: who sees the community."""
    return Agreement.objects.filter(pk=pk, community__in=Community.objects.visible_to(user)).exists()


def may_read_activity(user: User, pk: UUID) -> bool:
    """Files of an activity: who sees the community."""
    return Activity.objects.visible_to(user).filter(pk=pk).exists()


def is_member(community: Community, school_id: UUID) -> bool:
    """Whether the school has not left."""
    return Membership.objects.filter(community=community, school=school_id).staying(today()).exists()
